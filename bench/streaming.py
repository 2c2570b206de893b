"""Streaming: from the provider's write to the viewer's read, through Salon, the bare relay and the bare client."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.clients import Job, Outcome
from bench.report import quantile, table
from bench.servers import ROOT, Served, app, environment, free_port, relay, served

STREAMS = (1, 16, 64, 256)
VIEWERS = (1, 10, 100, 500)
READY = "/healthz"

Scenario = tuple[int, int]
"""Streams, and viewers of each."""


def measure(quick: bool) -> str:
    """Run every scenario on every program; return the tables."""
    scenarios: list[Scenario] = [(streams, 1) for streams in STREAMS[: 2 if quick else None]]
    scenarios += [(1, viewers) for viewers in VIEWERS[1 : 2 if quick else None]]
    provider = free_port()
    found: dict[str, dict[Scenario, Outcome]] = {}
    starts: list[list[str]] = []
    with served([sys.executable, "-m", "bench.provider", str(provider)], provider, environment(Path(), provider)):
        found["bare client"] = {
            (streams, 1): load(Job(port=provider, names=names(streams), start="/v1/responses"))
            for streams, viewers in scenarios
            if viewers == 1
        }
        for server in ("uvicorn", "daphne"):
            found[f"bare relay, {server}"] = run_relay(server, provider, scenarios)
            found[f"Salon, {server}"], row = run_app(server, provider, scenarios)
            starts.append([f"Salon, {server}", *row])
    return "\n\n".join(
        [
            "One viewer a stream:",
            streams_table(found, [scenario for scenario in scenarios if scenario[1] == 1]),
            "One stream, many viewers:",
            viewers_table(found, [scenario for scenario in scenarios if scenario[0] == 1]),
            "The server process:",
            table(["", "cold start s", "first token of all ms", "idle MB", "peak MB (streams x viewers)"], starts),
        ]
    )


def names(number: int) -> list[str]:
    return [f"stream{place}" for place in range(number)]


def run_relay(server: str, provider: int, scenarios: list[Scenario]) -> dict[Scenario, Outcome]:
    port = free_port()
    environ = environment(Path(), provider) | {"PROVIDER": f"http://127.0.0.1:{provider}/v1/"}
    with served(relay(server, port), port, environ) as program:
        return {
            (streams, viewers): load(
                Job(
                    port=port,
                    names=[f"{name}of{streams}x{viewers}" for name in names(streams)],
                    start="/start/{}",
                    watch="/watch/{}",
                    viewers=viewers,
                    pid=program.pid,
                )
            )
            for streams, viewers in scenarios
        }


def run_app(server: str, provider: int, scenarios: list[Scenario]) -> tuple[dict[Scenario, Outcome], list[str]]:
    """Return the outcomes; and cold start, first answer, idle memory and peaks as cells."""
    with tempfile.TemporaryDirectory(prefix="salon-bench-") as folder:
        environ = environment(Path(folder), provider)
        program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
        people = json.loads(program(["-m", "bench.people", str(1 + sum(streams for streams, _ in scenarios))], environ))
        conversations: list[str] = people["conversations"]
        port = free_port()
        origin = {"Origin": f"http://127.0.0.1:{port}"}
        outcomes, peaks = {}, []
        with served(app(server, port), port, environ, path=READY) as salon:
            idle = salon.memory()
            warm, conversations = conversations[:1], conversations[1:]
            first = load(app_job(salon, warm, 1, people["headers"] | origin)).first[0]
            for streams, viewers in scenarios:
                chosen, conversations = conversations[:streams], conversations[streams:]
                job = app_job(salon, chosen, viewers, people["headers"] | origin)
                salon.forget_peak()
                outcomes[streams, viewers] = load(job)
                peaks.append(f"{salon.memory('VmHWM'):.0f} ({streams} x {viewers})")
        return outcomes, [f"{salon.cold_start:.1f}", f"{first:.0f}", f"{idle:.0f}", ", ".join(peaks)]


def app_job(salon: Served, conversations: list[str], viewers: int, headers: dict[str, str]) -> Job:
    return Job(
        port=salon.port,
        names=conversations,
        start="/conversations/{}/messages/",
        watch="/ws/conversations/{}/",
        viewers=viewers,
        headers=headers,
        pid=salon.pid,
    )


def program(arguments: list[str], environ: dict[str, str]) -> str:
    """Run a Python program to its end and return what it printed."""
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, check=False, capture_output=True, text=True
    )
    if ended.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{ended.stderr}")
    return ended.stdout


def load(job: Job) -> Outcome:
    """Run the load in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-m", "bench.clients"],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    outcome: dict[str, Any] = json.loads(said)
    return Outcome(**outcome)


def cpu(outcome: Outcome) -> float:
    """CPU seconds of the server for a thousand deltas that reached a viewer."""
    return outcome.cpu / max(1, len(outcome.delays)) * 1000


def streams_table(found: dict[str, dict[Scenario, Outcome]], scenarios: list[Scenario]) -> str:
    rows = []
    for scenario in scenarios:
        bare = quantile(found["bare client"][scenario].first, 0.5)
        for name, outcomes in found.items():
            outcome = outcomes[scenario]
            server = name.partition(", ")[2]
            floor = outcomes if not server else found[f"bare relay, {server}"]
            rows.append(
                [
                    name,
                    str(scenario[0]),
                    *(f"{quantile(outcome.first, part) - bare:.1f}" for part in (0.5, 0.95)),
                    *(f"{quantile(outcome.asked, part):.1f}" for part in (0.5, 0.95)),
                    *(f"{quantile(outcome.delays, part):.1f}" for part in (0.5, 0.95, 0.99)),
                    f"{cpu(outcome):.3f}" if outcome.cpu else "",
                    f"{cpu(outcome) / cpu(floor[scenario]):.1f}" if outcome.cpu else "",
                    str(outcome.refused),
                    f"{outcome.lost} / {outcome.doubled} / {outcome.unequal}",
                ]
            )
    titles = ["", "streams", "first token + p50 ms", "p95", "request out p50 ms", "p95", "delta p50 ms", "p95", "p99"]
    titles += ["CPU s / 1k", "x relay", "refused", "lost / doubled / unequal"]
    return table(titles, rows)


def viewers_table(found: dict[str, dict[Scenario, Outcome]], scenarios: list[Scenario]) -> str:
    rows = []
    for scenario in scenarios:
        for name, outcomes in found.items():
            if name == "bare client":
                continue
            outcome = outcomes[scenario]
            floor = found[f"bare relay, {name.partition(', ')[2]}"][scenario]
            rows.append(
                [
                    name,
                    str(scenario[1]),
                    *(f"{quantile(outcome.delays, part):.1f}" for part in (0.5, 0.95, 0.99)),
                    f"{quantile(outcome.delays, 0.95) / quantile(floor.delays, 0.95):.1f}",
                    f"{cpu(outcome):.3f}",
                    f"{cpu(outcome) / cpu(floor):.1f}",
                    f"{outcome.lost} / {outcome.doubled} / {outcome.unequal}",
                ]
            )
    titles = ["", "viewers", "delta p50 ms", "p95", "p99", "p95 x relay", "CPU s / 1k", "x relay"]
    return table([*titles, "lost / doubled / unequal"], rows)
