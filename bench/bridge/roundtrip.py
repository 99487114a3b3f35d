"""The way there and back alone: launch.py with a launch module that does nothing. Prints milliseconds by body size, as JSON.

Usage: roundtrip.py UPLOAD ROUNDS
"""
import json
import logging
import statistics
import sys
import time

sys.path.insert(0, sys.argv[1])
import launch  # noqa: E402

logger = logging.getLogger("bench")
model = launch.loadmodel(logger)
result = {}
for size in (60, 40_000, 580_000):
    data = "x" * size
    for _ in range(50):
        launch.predict(data, model, logger)
    times = []
    for _ in range(int(sys.argv[2])):
        started = time.perf_counter()
        launch.predict(data, model, logger)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    result[size] = {"p50": statistics.median(times), "p99": times[int(len(times) * 0.99)]}
print(json.dumps(result))
