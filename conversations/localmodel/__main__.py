"""`python -m conversations.localmodel --data DIR [--port 0] [--key K] [--model-file GGUF] [--no-engine] [--fast]`.

Prints one line of JSON, `{"base_url": ..., "key": ...}`, when it listens.
"""

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from pathlib import Path

from aiohttp import web

from conversations.egress.addresses import Allowance

from .engine import Engine, bundled_weights
from .files import Files
from .launcher import try_lock
from .lifetime import until_unneeded
from .responses import Responses
from .scripts import Scripts
from .server import make_app
from .state import State

DAY = 86400
PACE = 0.025
NICENESS = 10
# Seconds for streams that hang on purpose.
SHUTDOWN = 1


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conversations.localmodel", description="The embedded provider.")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds its state")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default=os.environ.get("LOCALMODEL_KEY"), help="the API key (default: a new one)")
    parser.add_argument("--model-file", type=Path, help="any GGUF instead of the small model that comes along")
    parser.add_argument("--no-engine", action="store_true", help="without the small model")
    parser.add_argument("--fast", action="store_true", help="the demo model does not wait between deltas")
    parser.add_argument("--keep", type=int, default=30 * DAY, help="seconds after which a response expires")
    parser.add_argument("--leave-after", type=float, help="end after so many seconds without clients (default: never)")
    return parser.parse_args()


async def serve(arguments: argparse.Namespace, data: Path) -> None:
    """Serve until a signal comes or nobody needs us."""
    key = arguments.key or secrets.token_urlsafe(32)
    state = State(data / "localmodel.sqlite3", keep_seconds=arguments.keep)
    files = Files(data / "localmodel-files", state)
    files.drop(await state.sweep())
    engine = choose_engine(arguments)
    scripts = Scripts(engine=engine, allowance=Allowance.from_environment())
    responses = Responses(state, files, choose_script=scripts.choose, pace=0 if arguments.fast else PACE)
    runner = web.AppRunner(
        make_app(responses, key=key), handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", arguments.port).start()
    if engine:
        engine.start()
    await responses.resume_interrupted()
    announce({"base_url": f"http://127.0.0.1:{runner.addresses[0][1]}/v1", "key": key})
    ended = asyncio.create_task(until_unneeded(data, responses, leave_after=arguments.leave_after))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.cancel)
    await asyncio.wait([ended])
    await responses.close()
    await runner.cleanup()
    await state.close()
    if engine:
        await engine.close()


def choose_engine(arguments: argparse.Namespace) -> Engine | None:
    """The engine for the given or the bundled model file, if there is any and it is wanted."""
    model_file = arguments.model_file or bundled_weights()
    return None if arguments.no_engine or model_file is None else Engine(model_file)


def announce(endpoint: dict[str, str]) -> None:
    """Print where we listen, and nothing more ever: the reader of our output goes away."""
    sys.stdout.write(json.dumps(endpoint) + "\n")
    sys.stdout.flush()
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - stays open as long as the process


def main() -> None:
    """Take the folder for ourselves, then serve."""
    arguments = read_arguments()
    data = arguments.data.resolve()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    running = try_lock(data / "localmodel.running")
    if running is None:
        sys.exit(f"Another provider uses {data} already.")
    os.ftruncate(running, 0)
    os.write(running, str(os.getpid()).encode())
    logging.basicConfig(level=logging.WARNING)
    os.nice(NICENESS)
    asyncio.run(serve(arguments, data))


if __name__ == "__main__":
    main()
