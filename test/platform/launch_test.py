"""Drives an unpacked upload through launch.py alone, with the standard library. Prints one JSON object.

Usage: python3 launch_test.py FOLDER. Node is taken from KATONIC_NODE.
"""
import concurrent.futures
import json
import logging
import os
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
import launch  # noqa: E402

lines = []


class Keep(logging.Handler):
    def emit(self, record):
        lines.append([record.levelname, record.getMessage()])


logger = logging.getLogger("test")
logger.addHandler(Keep())
logger.setLevel(logging.DEBUG)


def attempt(data, model):
    started = time.monotonic()
    try:
        outcome = {"answer": launch.predict(data, model, logger)}
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        outcome = {"kinds": kinds, "message": str(error)}
    outcome["seconds"] = time.monotonic() - started
    return outcome


model = launch.loadmodel(logger)
given = launch._environment()
report = {"preprocessing": launch.preprocessing("x", logger) is False}
report["environment"] = {name: given.get(name) for name in launch.THRIFT}
report["plain"] = {name: attempt(data, model) for name, data in {
    "text": "hello", "unicode": "é☃😀", "object": {"a": [1, None]}, "bytes": b"\xff\xd8\xff", "number": 7,
    "refuse": "refuse", "surrogate": "half of a \ud83d", "throw": "throw", "log": "log", "print": "print",
    "unserializable": object(),
}.items()}

words = ["word %d" % index for index in range(200)]
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    answers = list(pool.map(lambda word: launch.predict(word, model, logger), words))
report["threads"] = [json.loads(answer)["said"] for answer in answers] == words

big = "x" * 900000
report["big"] = json.loads(launch.predict(big, model, logger))["said"] == big

# A child that is killed: the call in flight fails, the next one works, in a new process.
first = json.loads(launch.predict("pid", model, logger))["pid"]
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    flying = pool.submit(attempt, "slow", model)
    time.sleep(0.5)
    os.kill(first, 9)
    report["killed"] = flying.result()
report["after_kill"] = attempt("pid", model)
report["replaced"] = json.loads(report["after_kill"]["answer"])["pid"] != first
report["exit"] = attempt("exit", model)
report["after_exit"] = attempt("hello", model)

# One that hangs: the call times out, the child is replaced. Each call has two seconds.
os.environ["KATONIC_TIMEOUT"] = "2s"
hasty = launch.loadmodel(logger)
report["hang"] = attempt("hang", hasty)
deadline = time.monotonic() + 20
while True:
    report["after_hang"] = attempt("hello", hasty)
    if "answer" in report["after_hang"] or time.monotonic() > deadline:
        break
hasty.close()

report["pid"] = json.loads(launch.predict("pid", model, logger))["pid"]
report["logs"] = lines
report["threads_alive"] = threading.active_count()
print(json.dumps(report))
