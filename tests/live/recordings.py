"""Recorded exchanges with the real service, read from the folder that RECORDED_STREAMS names."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.live.server import ROOT

FOLDER = Path(os.environ.get("RECORDED_STREAMS") or ROOT.parent / "shared" / "traces")
TERMINAL = {"response.completed", "response.incomplete", "response.failed"}


@dataclass
class Recording:
    """One answer of the service to `POST responses`: `body` is what came over the wire, `final` what it ended with."""

    name: str
    body: bytes
    streamed: bool
    events: list[dict[str, Any]] = field(default_factory=list)
    final: dict[str, Any] | None = None

    def __str__(self) -> str:
        return self.name


def read_recordings() -> list[Recording]:
    """Return every recorded answer that ends a turn: all streams, and the whole answers that are final.

    A stream that was recorded from its middle on (`starting_after`) repeats the one before it, and is left out.
    """
    found: list[Recording] = []
    for path in sorted(FOLDER.rglob("*")):
        for number, (method, address, body) in enumerate(_exchanges(path)):
            name = f"{path.parent.name}/{path.name}[{number}]"
            if body.lstrip().startswith(("event:", "data:")):
                events = _events(body)
                if events[0]["type"] == "response.created":
                    found.append(_streamed(name, body, events))
            elif method == "POST" and address.split("?")[0].endswith("/responses"):
                answer = json.loads(body)
                if answer.get("status") in {"completed", "incomplete", "failed"}:
                    found.append(Recording(name, body.encode(), streamed=False, final=answer))
    return found


def _streamed(name: str, body: str, events: list[dict[str, Any]]) -> Recording:
    final = next((event["response"] for event in events if event["type"] in TERMINAL), None)
    return Recording(name, body.encode(), streamed=True, events=events, final=final)


def _exchanges(path: Path) -> list[tuple[str, str, str]]:
    """Return method, address and answer of each exchange in a file."""
    if path.suffix == ".yaml":
        cassette = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        return [
            (entry["request"]["method"], entry["request"]["uri"], _text(entry["response"]["body"]["string"]))
            for entry in cassette["interactions"]
        ]
    if path.suffix == ".json":
        return [
            (entry["RequestMethod"], entry["RequestUri"], _text(entry["ResponseBody"]))
            for entry in json.loads(path.read_text())["Entries"]
        ]
    if path.name.endswith(".chunks.txt"):
        events = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        frames = [f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events]
        return [("POST", "/responses", "".join(frames))]
    return []


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()
    if isinstance(body, list):
        return "".join(body)
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _events(body: str) -> list[dict[str, Any]]:
    lines = [line[5:].strip() for line in body.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]
