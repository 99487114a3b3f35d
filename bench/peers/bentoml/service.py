from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType
from classifier import Classifier


@bentoml.service(workers=2, traffic={"timeout": 60})
class Serving:
    def __init__(self) -> None:
        self.classifier = Classifier()

    @bentoml.api
    def predict(self, data: str) -> dict:
        return self.classifier.answer_base64(data)

    @bentoml.api(route="/predict-file")
    def predict_file(self, file: Annotated[Path, ContentType("image/*")]) -> dict:
        return self.classifier.answer(file.read_bytes())
