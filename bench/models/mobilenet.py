"""Writes MobileNetV2 1.0 (Sandler et al. 2018, table 2; batch norm folded, 224 x 224, 1000 logits) with random weights as ONNX.

mobilenet.py FILE takes normalised float32, NCHW; mobilenet.py FILE uint8 takes pixels, NHWC, and normalises inside.
"""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

random = numpy.random.default_rng(1)
nodes, weights = [], []


def convolution(x, inputs, outputs, kernel, stride=1, groups=1, relu6=True):
    name = f"conv{len(nodes)}"
    fan_in = inputs // groups * kernel * kernel
    values = random.standard_normal((outputs, inputs // groups, kernel, kernel)) * (2 / fan_in) ** 0.5
    weights.append(numpy_helper.from_array(values.astype(numpy.float32), name + "_w"))
    weights.append(numpy_helper.from_array(numpy.zeros(outputs, numpy.float32), name + "_b"))
    pad = kernel // 2
    nodes.append(
        helper.make_node(
            "Conv", [x, name + "_w", name + "_b"], [name], kernel_shape=[kernel, kernel],
            strides=[stride, stride], pads=[pad] * 4, group=groups,
        )
    )
    if not relu6:
        return name
    nodes.append(helper.make_node("Clip", [name, "zero", "six"], [name + "_r"]))
    return name + "_r"


def block(x, inputs, outputs, stride, expansion):
    hidden = inputs * expansion
    y = x if expansion == 1 else convolution(x, inputs, hidden, 1)
    y = convolution(y, hidden, hidden, 3, stride, groups=hidden)
    y = convolution(y, hidden, outputs, 1, relu6=False)
    if stride != 1 or inputs != outputs:
        return y
    nodes.append(helper.make_node("Add", [x, y], [y + "_sum"]))
    return y + "_sum"


weights.append(numpy_helper.from_array(numpy.float32(0), "zero"))
weights.append(numpy_helper.from_array(numpy.float32(6), "six"))
x, kind, shape = "input", TensorProto.FLOAT, ["batch", 3, 224, 224]
if sys.argv[2:] == ["uint8"]:
    kind, shape = TensorProto.UINT8, ["batch", 224, 224, 3]
    mean, std = numpy.float32([0.485, 0.456, 0.406]) * 255, numpy.float32([0.229, 0.224, 0.225]) * 255
    weights.append(numpy_helper.from_array(mean.reshape(1, 1, 1, 3), "mean"))
    weights.append(numpy_helper.from_array((1 / std).reshape(1, 1, 1, 3), "scale"))
    nodes.append(helper.make_node("Cast", ["input"], ["floats"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Sub", ["floats", "mean"], ["centred"]))
    nodes.append(helper.make_node("Mul", ["centred", "scale"], ["normal"]))
    nodes.append(helper.make_node("Transpose", ["normal"], ["planes"], perm=[0, 3, 1, 2]))
    x = "planes"
x, channels = convolution(x, 3, 32, 3, 2), 32
for expansion, outputs, repeats, stride in [
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
]:
    for index in range(repeats):
        x = block(x, channels, outputs, stride if index == 0 else 1, expansion)
        channels = outputs
x = convolution(x, channels, 1280, 1)
weights.append(numpy_helper.from_array((random.standard_normal((1280, 1000)) * 0.02).astype(numpy.float32), "fc_w"))
weights.append(numpy_helper.from_array(numpy.zeros(1000, numpy.float32), "fc_b"))
nodes.append(helper.make_node("GlobalAveragePool", [x], ["pooled"]))
nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
nodes.append(helper.make_node("Gemm", ["flat", "fc_w", "fc_b"], ["logits"]))
graph = helper.make_graph(
    nodes, "mobilenet_v2",
    [helper.make_tensor_value_info("input", kind, shape)],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1000])],
    weights,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, sys.argv[1])
