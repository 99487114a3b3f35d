"""Asks a server through tritonclient; prints what came as one JSON object. Usage: triton_client.py HOST:PORT"""
import json
import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])


def infer(elements, binary, outputs=None):
    data = triton.InferInput("data", [len(elements)], "BYTES")
    data.set_data_from_numpy(np.array(elements, dtype=np.object_), binary_data=binary)
    return client.infer("plain", [data], outputs=outputs)


def texts(result, name="answer"):
    return [text if isinstance(text, str) else text.decode("utf-8") for text in result.as_numpy(name).tolist()]


answer = [triton.InferRequestedOutput("answer", binary_data=False)]
try:
    infer(["refuse"], True)
    refused = None
except triton.InferenceServerException as error:
    refused = error.message()
print(json.dumps({
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model_ready": client.is_model_ready("plain"),
    "other_ready": client.is_model_ready("other"),
    "inputs": [one["name"] for one in client.get_model_metadata("plain")["inputs"]],
    "json": texts(infer(["one", "two"], False, answer)),
    "binary": texts(infer([b"one", b"two"], True)),
    "picture": json.loads(texts(infer([b"\xff\xd8\xff\x00\x01"], True))[0])["said"],
    "label": infer(["classify"], True).as_numpy("predicted_label").tolist(),
    "refused": refused,
}))
