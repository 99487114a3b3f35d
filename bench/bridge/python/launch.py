"""The same model and picture in pure Python: what the bridge is measured against."""
import base64
import json

from classifier import Classifier


def loadmodel(logger):
    return Classifier()


def preprocessing(data, logger):
    return False


def predict(features, model, logger):
    return json.dumps(model.answer(base64.b64decode(features)))
