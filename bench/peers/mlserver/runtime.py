from classifier import Classifier
from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class Runtime(MLModel):
    async def load(self) -> bool:
        self.classifier = Classifier()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        answer = self.classifier.answer_base64(payload.inputs[0].data[0])
        outputs = [
            ResponseOutput(name="predicted_label", shape=[1], datatype="INT64", data=[answer["predicted_label"]]),
            ResponseOutput(name="confidence", shape=[1], datatype="FP64", data=[answer["confidence"]]),
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
