"""Asks a server through the KServe SDK; the last line printed is one JSON object. Usage: kserve_client.py URL"""
import asyncio
import json
import sys

from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

URL = sys.argv[1]


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    data = InferInput(name="data", shape=[2], datatype="BYTES", data=["one", "two"])
    response = await client.infer(URL, InferRequest(model_name="plain", infer_inputs=[data]), model_name="plain")
    outputs = {output.name: output.data for output in response.outputs}
    print(json.dumps({
        "live": await client.is_server_live(URL),
        "ready": await client.is_server_ready(URL),
        "model_ready": await client.is_model_ready(URL, "plain"),
        "answers": outputs["answer"],
    }))


asyncio.run(main())
