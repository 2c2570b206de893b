"""The gateway beside a bare client: deltas of many streams, and what a whole answer costs more."""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import time
from pathlib import Path

from bench.clients import Job, Outcome
from bench.report import quantile, table
from bench.servers import app, environment, free_port, served
from bench.streaming import READY, cpu, load, names, program

STREAMS = (1, 16, 64)
REQUESTS = 200
"""Whole answers, one after the other."""
PATH = "/openai/v1/responses"


def measure(quick: bool) -> str:
    """Return the tables."""
    paced, prompt = free_port(), free_port()
    provider = [sys.executable, "-m", "bench.provider"]
    streams = STREAMS[: 2 if quick else None]
    with (
        served([*provider, str(paced)], paced, environment(Path(), paced)),
        served([*provider, str(prompt), "--deltas", "20", "--interval", "0"], prompt, environment(Path(), prompt)),
    ):
        bare = {n: load(Job(port=paced, names=names(n), start="/v1/responses")) for n in streams}
        bare_whole = whole_answers(prompt, "/v1/responses", {}, stream=True, number=20 if quick else REQUESTS)
        ours = {}
        with tempfile.TemporaryDirectory(prefix="salon-bench-") as folder:
            environ = environment(Path(folder), paced)
            headers = prepared(environ)
            port = free_port()
            with served(app("daphne", port), port, environ, path=READY) as salon:
                job = Job(port=port, names=["warm"], start=PATH, headers=headers, pid=salon.pid)
                load(job)
                for n in streams:
                    job = Job(port=port, names=names(n), start=PATH, headers=headers, pid=salon.pid)
                    ours[n] = load(job)
            environ = environment(Path(folder), prompt)
            with served(app("daphne", port), port, environ, path=READY):
                whole_answers(port, PATH, headers, stream=False, number=5)
                whole = whole_answers(port, PATH, headers, stream=False, number=20 if quick else REQUESTS)
    return "\n\n".join(
        ["Streams:", streams_table(bare, ours), "Whole answers, one after the other:", whole_table(bare_whole, whole)]
    )


def prepared(environ: dict[str, str]) -> dict[str, str]:
    """Make the database with one person in it; return the headers of their program."""
    program(["manage.py", "migrate", "--no-input", "--verbosity", "0"], environ)
    program(["-m", "bench.people", "0"], environ)
    key = program(["manage.py", "issuekey", "alice@example.com"], environ).split()[-1]
    return {"Authorization": f"Bearer {key}"}


def whole_answers(port: int, path: str, headers: dict[str, str], *, stream: bool, number: int) -> list[float]:
    """Ask for answers on one connection; return what each took to its last byte, in milliseconds.

    The bare client streams: that is how the answer can be had from the provider in the same steps.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for _ in range(number):
        body = json.dumps({"model": "gpt-5", "input": "Go on.", "stream": stream})
        began = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        said = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or b'"completed"' not in said:
            sys.exit(f"{path} answered {answer.status}: {said[:300]!r}")
    return times


def streams_table(bare: dict[int, Outcome], ours: dict[int, Outcome]) -> str:
    rows = []
    for n, floor in bare.items():
        for name, outcome in (("bare client", floor), ("gateway", ours[n])):
            ratio = quantile(outcome.delays, 0.95) / quantile(floor.delays, 0.95)
            rows.append(
                [
                    name,
                    str(n),
                    *(f"{quantile(outcome.first, part) - quantile(floor.first, part):.1f}" for part in (0.5, 0.95)),
                    *(f"{quantile(outcome.delays, part):.2f}" for part in (0.5, 0.95, 0.99)),
                    f"{ratio:.2f}",
                    f"{cpu(outcome):.3f}" if outcome.cpu else "",
                    f"{outcome.lost} / {outcome.doubled} / {outcome.unequal}",
                ]
            )
    titles = ["", "streams", "first token + p50 ms", "p95", "delta p50 ms", "p95", "p99", "p95 x bare", "CPU s / 1k"]
    return table([*titles, "lost / doubled / unequal"], rows)


def whole_table(bare: list[float], ours: list[float]) -> str:
    rows = [
        [name, *(f"{quantile(times, part):.1f}" for part in (0.5, 0.95)), f"{quantile(times, 0.5) - floor:.1f}"]
        for floor in (quantile(bare, 0.5),)
        for name, times in (("bare client", bare), ("gateway", ours))
    ]
    return table(["", "p50 ms", "p95", "overhead at p50"], rows)
