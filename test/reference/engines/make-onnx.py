"""Makes the tiny ONNX models that the engine tests open.

    pip install onnx==1.23.2 numpy && python3 make-onnx.py     (writes *.onnx beside itself)
"""
from pathlib import Path

import onnx
from onnx import TensorProto as T
from onnx import helper as h

HERE = Path(__file__).parent


def save(name, nodes, inputs, outputs, initializers=()):
    graph = h.make_graph(list(nodes), name, inputs, outputs, list(initializers))
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


def mean(name, dtype, shape, axes, out=T.FLOAT, cast=None):
    """The mean of each channel, so that a test can tell what each should be."""
    x = h.make_tensor_value_info("pixels", dtype, shape)
    y = h.make_tensor_value_info("logits", out, [shape[0], 3])
    nodes = [h.make_node("Cast", ["pixels"], ["real"], to=cast)] if cast else []
    nodes.append(h.make_node("ReduceMean", ["real" if cast else "pixels"], ["logits"], axes=axes, keepdims=0))
    save(name, nodes, [x], [y])


mean("nchw", T.FLOAT, ["N", 3, 4, 4], [2, 3])
mean("nhwc-fixed", T.FLOAT, [1, 4, 4, 3], [1, 2])
mean("bytes", T.UINT8, [1, 4, 4, 3], [1, 2], cast=T.FLOAT)
mean("half", T.FLOAT16, [1, 3, 4, 4], [2, 3], out=T.FLOAT16)
mean("double", T.DOUBLE, [1, 3, 4, 4], [2, 3], out=T.DOUBLE)

a, b = (h.make_tensor_value_info(name, T.FLOAT, [1, 3]) for name in "ab")
save("two-inputs", [h.make_node("Add", ["a", "b"], ["c"])], [a, b], [h.make_tensor_value_info("c", T.FLOAT, [1, 3])])

x = h.make_tensor_value_info("pixels", T.FLOAT, [1, 3, 4, 4])
nodes = [
    h.make_node("ReduceMean", ["pixels"], ["scores"], axes=[2, 3], keepdims=0),
    h.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
]
save("two-outputs", nodes, [x], [h.make_tensor_value_info("label", T.INT64, [1]), h.make_tensor_value_info("scores", T.FLOAT, [1, 3])])
