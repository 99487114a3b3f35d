import os

import litserve
from classifier import Classifier


class API(litserve.LitAPI):
    def setup(self, device):
        self.classifier = Classifier()

    def decode_request(self, request):
        return request["data"]

    def predict(self, data):
        return self.classifier.answer_base64(data)

    def encode_response(self, output):
        return output


if __name__ == "__main__":
    server = litserve.LitServer(API(), accelerator="cpu", workers_per_device=2)
    server.run(host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), log_level="warning", generate_client_file=False)
