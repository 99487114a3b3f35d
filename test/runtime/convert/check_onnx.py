"""Every .onnx file of a folder through onnx.checker with full shape inference: python check_onnx.py FOLDER"""
import sys
from pathlib import Path

import onnx

files = sorted(Path(sys.argv[1]).glob("*.onnx"))
for file in files:
    try:
        model = onnx.load(file)
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:
        sys.exit(f"{file.name}: {error}")
print(f"{len(files)} models")
