from classifier import Classifier
from fastapi import FastAPI, UploadFile
from pydantic import BaseModel

app = FastAPI()
classifier = Classifier()


class Body(BaseModel):
    data: str


@app.post("/predict")
def predict(body: Body):
    return classifier.answer_base64(body.data)


@app.post("/predict-file")
def predict_file(file: UploadFile):
    return classifier.answer(file.file.read())


@app.post("/empty")
def empty(body: Body):
    return {"predicted_label": 0, "confidence": 1.0}
