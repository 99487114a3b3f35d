"""A stand-in for the Katonic platform: imports the four files of an upload and serves them with FastAPI.

Run in the folder of an unpacked upload:  uvicorn --app-dir <this folder> app:app
Each assumption carries its label: [C] confirmed in the platform's public material, [L] likely, [O] our own choice.
"""
import importlib
import json
import logging
import os
import sys
import threading
from typing import Any, List, Optional

from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

# [C] launch.py and schema.py are modules at the root of the repository, which is the working directory.
sys.path.insert(0, os.getcwd())
launch = importlib.import_module("launch")
schema = importlib.import_module("schema")

# [C] a logger with Python's logging names is handed to each function.
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
logger = logging.getLogger("katonic")

# [C] the raw token is the whole Authorization header. [O] no token configured: none is asked for.
TOKEN = os.environ.get("PLATFORM_TOKEN")

# [C] {"labels": [...]}; needed for feedback of binary and multi-class models.
with open("labels_file.json", encoding="utf-8") as file:
    LABELS = json.load(file)["labels"]

# [L] loadmodel is called once, at start-up.
model = launch.loadmodel(logger)

app = FastAPI()
feedback_lock = threading.Lock()
feedback_so_far = {"predicted": [], "true": []}


class Feedback(BaseModel):
    # [C] equal lengths, integer codes (strings are accepted too).
    predicted_label: List[Any]
    true_label: List[Any]


def authorise(authorization: Optional[str]) -> None:
    if TOKEN is not None and authorization != TOKEN:
        raise HTTPException(status_code=401, detail="the token is not the right one")  # [O] the code is not published


@app.post("/api/v1/predict")  # [L] the path
def predict(body: schema.PredictSchema, authorization: Optional[str] = Header(None)):  # noqa: B008
    authorise(authorization)
    data = body.data  # [L] the value of `data`, not the whole body
    try:
        features = launch.preprocessing(data, logger)  # [C]
        if features is False:  # [L] compared by identity
            features = data
        result = launch.predict(features, model, logger)  # [C]
    except ValueError as error:
        raise HTTPException(status_code=422, detail=str(error)) from error  # [O] the error bodies are not published
    except Exception as error:
        logger.exception("predict failed")
        raise HTTPException(status_code=500, detail="%s: %s" % (type(error).__name__, error)) from error  # [O]
    # [C] real samples return a JSON string. [O] the envelope is not published: the text is the body.
    if isinstance(result, str):
        return Response(content=result, media_type="application/json")
    return result


@app.post("/api/v1/feedback")  # [C] predict's URL with `feedback` in its place
def feedback(body: Feedback, authorization: Optional[str] = Header(None)):  # noqa: B008
    authorise(authorization)
    if len(body.predicted_label) != len(body.true_label):
        raise HTTPException(status_code=422, detail="predicted_label and true_label differ in length")
    unknown = [label for label in body.predicted_label + body.true_label if label not in LABELS]
    if unknown:
        raise HTTPException(status_code=422, detail="not in labels_file.json: %s" % unknown)
    with feedback_lock:
        feedback_so_far["predicted"] += body.predicted_label
        feedback_so_far["true"] += body.true_label
        right = sum(p == t for p, t in zip(feedback_so_far["predicted"], feedback_so_far["true"]))
        return {"received": len(feedback_so_far["true"]), "accuracy": right / max(1, len(feedback_so_far["true"]))}
