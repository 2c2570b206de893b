"""The request as a command and as a program: both run, send what was sent, and hold no key."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conversations.models import Response
from conversations.upstream.config import ProviderConfig
from tests.inspector.conftest import Answered, ScriptedProvider
from tests.inspector.test_panel import address
from tests.items.gallery import MCP_TOOL, TOOL
from tests.upstream.script import answer_events, sse, streaming

pytestmark = pytest.mark.django_db
Scripted = Callable[..., ScriptedProvider]
HOSTILE = 'It\'s "quoted" $(exit 7) `id` \\ ${HOME}\nJSON\n\'\'\' """ – ✓'


def snippet(client: Client, response: Response, form: str) -> str:
    return str(client.get(address(response, f"as/{form}/")).json()["text"])


def sample(answered: Answered) -> Response:
    parameters = {"model": "gpt-5", "store": True, "temperature": 0.5, "tools": [TOOL], "novelty": {"on": None}}
    return answered(HOSTILE, "b", instructions=HOSTILE, parameters=parameters)


def run(command: list[str], given: str, variables: dict[str, str]) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **variables}
    done = subprocess.run(
        command, input=given, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COMMANDS = {"curl": ["bash", "-s"], "python": [sys.executable, "-"]}


@pytest.mark.parametrize("form", COMMANDS)
def test_a_snippet_sends_what_was_sent(form: str, as_alice: Client, answered: Answered, scripted: Scripted) -> None:
    if form == "curl" and shutil.which("curl") is None:
        pytest.skip("no curl here")
    upstream = scripted(streaming(sse(*answer_events("Hello there"))))
    response = sample(answered)
    written = snippet(as_alice, response, form)
    assert "key-of-the-test" not in written
    said = run(COMMANDS[form], written, {"OPENAI_API_KEY": "key-of-mine", "no_proxy": "*"})
    assert "there" in said
    sent = upstream.sent()
    assert upstream.requests[0].headers["Authorization"] == "Bearer key-of-mine"
    assert sent["instructions"] == HOSTILE
    assert sent["input"][0]["content"][0]["text"] == HOSTILE
    assert {name: sent[name] for name in response.parameters} == response.parameters
    assert sent["stream"] is True


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {
                "kind": "azure",
                "base_url": "https://r.example/openai/v1/",
                "api_key": "hush",
                "image_deployment": "gpt-image-1",
            },
            {"AZURE_OPENAI_API_KEY", "https://r.example/openai/v1/", "x-ms-oai-image-generation-deployment"},
        ),
        ({"kind": "azure", "base_url": "https://r.example/openai/v1/", "api_key": None}, {"https://ai.azure.com"}),
        (
            {
                "kind": "azure-dated",
                "base_url": "https://r.example/openai/",
                "api_key": "hush",
                "api_version": "2025-04-01-preview",
            },
            {"2025-04-01-preview", "AZURE_OPENAI_API_KEY"},
        ),
        ({"kind": "openai", "base_url": "https://api.openai.com/v1/", "api_key": "hush"}, {"OPENAI_API_KEY"}),
    ],
)
def test_a_snippet_fits_the_provider(
    config: dict[str, Any], words: set[str], as_alice: Client, answered: Answered, settings: Any
) -> None:
    settings.SALON_PROVIDER = ProviderConfig(**config)
    response = sample(answered)
    for form in COMMANDS:
        written = snippet(as_alice, response, form)
        assert "hush" not in written
        assert not {word for word in words if word not in written}
    ast.parse(snippet(as_alice, response, "python"))


def test_with_the_built_in_provider_a_snippet_asks_the_gateway(as_alice: Client, answered: Answered) -> None:
    for form in COMMANDS:
        written = snippet(as_alice, sample(answered), form)
        assert "http://testserver/openai/v1/" in written
        assert "SALON_API_KEY" in written


def test_secrets_of_tools_are_taken_out_and_that_is_said(as_alice: Client, answered: Answered) -> None:
    response = answered("a", "b", parameters={"model": "gpt-5", "tools": [MCP_TOOL]})
    for form in COMMANDS:
        written = snippet(as_alice, response, form)
        assert "hush" not in written
        assert written.startswith("# Secrets of tools were taken out")


def test_what_was_never_sent_has_no_snippet(as_alice: Client, answered: Answered) -> None:
    response = answered("a", "b", parameters={})
    assert as_alice.get(address(response, "as/curl/")).status_code == 409
    assert as_alice.get(address(sample(answered), "as/cobol/")).status_code == 404
