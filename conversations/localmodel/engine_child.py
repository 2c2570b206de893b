"""The engine's process: `python -m conversations.localmodel.engine_child MODEL_FILE`, its key on standard input.

Prints one line of JSON, `{"url": ...}`, when it listens, and ends when its input closes.
"""

import json
import os
import signal
import sys
import threading
from types import FrameType

import xllamacpp

SLOTS = 4
SLOT_TOKENS = 2048


def die(number: int = 0, frame: FrameType | None = None) -> None:
    """End at once: an orderly end hangs while a text is being generated."""
    os._exit(0)


def watch_parent() -> None:
    """End when the parent is gone: then this input comes to its end."""
    sys.stdin.buffer.read()
    die()


def serve(model_file: str, key: str) -> None:
    """Load the model and serve it on a free port of the loopback."""
    params = xllamacpp.CommonParams()
    params.model.path = model_file
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * SLOT_TOKENS
    # On busy cores, threads that wait for each other collapse: leave one to the rest of the machine.
    params.cpuparams.n_threads = max(1, (os.cpu_count() or 2) - 1)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.use_jinja = True
    params.ui = False
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"url": server.listening_address}) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, die)
    own_key = sys.stdin.buffer.readline().decode().strip()
    threading.Thread(target=watch_parent, daemon=True).start()
    serve(sys.argv[1], own_key)
