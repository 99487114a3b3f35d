"""What must not go wrong around the Node.js process of an unpacked upload. Prints one JSON object.

Usage: python3 supervision_test.py FOLDER. Node is taken from KATONIC_NODE. Linux: children are looked up in /proc.
"""
import concurrent.futures
import json
import logging
import os
import resource
import signal
import sys
import threading
import time
import warnings

sys.path.insert(0, sys.argv[1])
import launch  # noqa: E402

# From 3.12 on Python warns of os.fork() beside threads, which is what is tried here.
warnings.filterwarnings("ignore", message=".*fork\\(\\)", category=DeprecationWarning)
# Threads take turns as often as they can: what depends on who comes first shows.
sys.setswitchinterval(1e-6)

lines = []


class Keep(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())


logger = logging.getLogger("test")
logger.addHandler(Keep())
logger.setLevel(logging.DEBUG)
logger.propagate = False


def attempt(data, model):
    started = time.monotonic()
    try:
        outcome = {"answer": json.loads(launch.predict(data, model, logger))}
    except Exception as error:
        outcome = {"kind": type(error).__name__, "message": str(error)}
    outcome["seconds"] = time.monotonic() - started
    return outcome


def children():
    """Process ids of the children that are not dead."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % name) as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if name.isdigit() and int(parent) == os.getpid() and state != "Z":
            found.append(int(name))
    return found


def until(true):
    deadline = time.monotonic() + 20
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def while_node_cannot_start(model, begin, end, said):
    """Kills the child while no other can be started: what is called then, and whether it goes on afterwards."""
    lines.clear()
    begin()
    try:
        os.kill(model._child.process.pid, signal.SIGKILL)
        told = until(lambda: any(said in line for line in lines))
        during = attempt("hello", model)
    finally:
        end()
    return {"told": told, "during": during, "after": until(lambda: "answer" in attempt("hello", model))}


def ask_at_once(model, count):
    """From `count` threads that begin together."""
    barrier = threading.Barrier(count)

    def ask(index):
        word = "word %d of %d" % (index, os.getpid())
        barrier.wait()
        outcome = attempt([word], model)
        said = outcome.get("answer", {}).get("said")
        return None if said == [word] else outcome

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [wrong for wrong in pool.map(ask, range(count)) if wrong is not None]


def in_a_fork(model):
    """What goes wrong for the threads of a process that a server forked."""
    reader, writer = os.pipe()
    forked = os.fork()
    if forked == 0:
        try:
            wrong = ask_at_once(model, 12)
            own = attempt("pid", model).get("answer", {}).get("pid")
            model.close()
            os.write(writer, json.dumps({"wrong": wrong, "own": own}).encode("utf-8"))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = json.loads(pipe.read() or '{"wrong": "it ended"}')
    os.waitpid(forked, 0)
    return told


report = {}

# A start that takes too long leaves no process behind, and may be tried again.
os.environ["KATONIC_START_TIMEOUT"] = "20ms"
try:
    launch.loadmodel(logger)
    report["late_start"] = "it was in time"
except launch.StartError as error:
    report["late_start"] = str(error)
report["left_by_late_start"] = len(children())
del os.environ["KATONIC_START_TIMEOUT"]
model = launch.loadmodel(logger)
report["children"] = len(children())

# Forks of a process with busy threads: each gets a child of its own, and no frame is mixed with the parent's.
busy = threading.Event()
wrong_in_parent = []


def keep_asking(index):
    while not busy.is_set():
        outcome = attempt(["parent %d" % index], model)
        if outcome.get("answer", {}).get("said") != ["parent %d" % index]:
            wrong_in_parent.append(outcome)


threads = [threading.Thread(target=keep_asking, args=(index,)) for index in range(4)]
for thread in threads:
    thread.start()
own = attempt("pid", model)["answer"]["pid"]
told = [in_a_fork(model) for _ in range(3)]
busy.set()
for thread in threads:
    thread.join()
report["wrong_in_forks"] = [one["wrong"] for one in told if one["wrong"]]
report["wrong_in_parent"] = wrong_in_parent
report["different"] = len({own} | {one.get("own") for one in told})

# No Node.js, then no file descriptors, for a while.
node = os.environ["KATONIC_NODE"]
report["no_node"] = while_node_cannot_start(
    model,
    lambda: os.environ.update(KATONIC_NODE="/nowhere/node"),
    lambda: os.environ.update(KATONIC_NODE=node),
    "/nowhere/node",
)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
report["no_descriptors"] = while_node_cannot_start(
    model,
    lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard)),
    lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
    "Too many open files",
)


# An answer that comes in the moment in which its caller stops waiting.
class LateFuture(concurrent.futures.Future):
    def result(self, timeout=None):
        if timeout is not None:
            self.set_result(b'"late"')
            raise concurrent.futures.TimeoutError
        return super().result()


send, model._send = model._send, lambda content, body, deadline: (model._child, 0, LateFuture())
report["late_answer"] = attempt("x", model)
model._send = send

model.close()
report["closed"] = attempt("x", model)
report["left"] = len(children())
print(json.dumps(report))
