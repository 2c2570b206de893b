"""Streams that others recorded of the real service, read from the folder that RECORDED_STREAMS names."""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(os.environ.get("RECORDED_STREAMS") or Path(__file__).parents[2] / "../shared/traces")


@dataclass(frozen=True)
class Recording:
    """One recorded answer: its file and place in it, the bytes of the stream, and its events."""

    name: str
    body: bytes
    events: list[dict[str, Any]]


def recordings() -> list[Recording]:
    """All recorded streams, in the order of the files; none where the folder is absent."""
    found = []
    for path in sorted(FOLDER.glob("*/*")):
        for number, text in enumerate(_streams(path)):
            events = [
                json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")
            ]
            found.append(Recording(f"{path.parent.name}/{path.name}#{number}", text.encode(), events))
    return found


def _streams(path: Path) -> Iterator[str]:
    if path.name.endswith(".chunks.txt"):
        yield "".join(f"data: {line}\n\n" for line in path.read_text(encoding="utf-8").splitlines())
    elif path.suffix == ".json":
        for entry in json.loads(path.read_text(encoding="utf-8"))["Entries"]:
            if isinstance(entry["ResponseBody"], list):
                yield "".join(entry["ResponseBody"])
    elif path.suffix == ".yaml":
        for interaction in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["interactions"]:
            body = interaction["response"]["body"]["string"]
            if isinstance(body, bytes):
                body = (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()
            if body.startswith("event:"):
                yield body
