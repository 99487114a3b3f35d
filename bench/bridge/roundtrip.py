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
texts = {size: "x" * size for size in (60, 40_000, 580_000)}
times = {size: [] for size in texts}
# In turn, so that what else the machine does meanwhile falls on all of them.
for _ in range(50 + int(sys.argv[2])):
    for size, data in texts.items():
        started = time.perf_counter()
        launch.predict(data, model, logger)
        times[size].append((time.perf_counter() - started) * 1000)
result = {}
for size, taken in times.items():
    measured = sorted(taken[50:])  # the first warm up
    result[size] = {"p50": statistics.median(measured), "p99": measured[int(len(measured) * 0.99)]}
print(json.dumps(result))
