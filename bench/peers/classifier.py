"""What every Python peer does with a picture: decode, resize, crop, normalise, infer. Written once: they differ in serving only."""

import base64
import io
import os

import numpy
import onnxruntime
from PIL import Image

MEAN = numpy.array([0.485, 0.456, 0.406], dtype=numpy.float32) * 255
STD = numpy.array([0.229, 0.224, 0.225], dtype=numpy.float32) * 255
DRAFT = os.environ.get("BENCH_DRAFT") == "1"


class Classifier:
    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def answer(self, picture: bytes) -> dict:
        (output,) = self.session.run(None, {self.input: tensor(picture)})
        scores = output[0]
        probabilities = numpy.exp(scores - scores.max())
        probabilities /= probabilities.sum()
        label = int(probabilities.argmax())
        return {"predicted_label": label, "confidence": float(probabilities[label])}

    def answer_base64(self, text: str) -> dict:
        return self.answer(base64.b64decode(text))


def tensor(picture: bytes) -> numpy.ndarray:
    image = Image.open(io.BytesIO(picture))
    if DRAFT:
        image.draft("RGB", (256, 256))
    image = image.convert("RGB")
    scale = 256 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.BILINEAR)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    pixels = numpy.asarray(image.crop((left, top, left + 224, top + 224)), dtype=numpy.float32)
    return numpy.ascontiguousarray(((pixels - MEAN) / STD).transpose(2, 0, 1)[None])
