"""Clients of the gateway of a live server: the official ones, in each form that the documentation shows, and curl."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

from tests.live.server import Server

FORMS = ("v1", "azure preview", "azure dated")
DATED = "2025-04-01-preview"


def key_for(server: Server, name: str) -> str:
    """Return a key of this person's, the same one for each server."""
    if name not in server.keys:
        server.keys[name] = server.inside("issue_key", name=name)
    return server.keys[name]


def client_for(server: Server, name: str = "Alice", form: str = "v1", **options: Any) -> Any:
    """Return a client of the package in one of `FORMS`."""
    base, key = f"{server.urls[0]}/openai", key_for(server, name)
    if form == "v1":
        return OpenAI(base_url=f"{base}/v1/", api_key=key, max_retries=0, **options)
    if form == "azure preview":
        return AzureOpenAI(base_url=f"{base}/v1/", api_key=key, api_version="preview", max_retries=0, **options)
    return AzureOpenAI(azure_endpoint=server.urls[0], api_key=key, api_version=DATED, max_retries=0, **options)


def async_client_for(server: Server, name: str = "Alice", form: str = "v1") -> Any:
    base, key = f"{server.urls[0]}/openai", key_for(server, name)
    if form == "v1":
        return AsyncOpenAI(base_url=f"{base}/v1/", api_key=key, max_retries=0)
    if form == "azure preview":
        return AsyncAzureOpenAI(base_url=f"{base}/v1/", api_key=key, api_version="preview", max_retries=0)
    return AsyncAzureOpenAI(azure_endpoint=server.urls[0], api_key=key, api_version=DATED, max_retries=0)


@pytest.fixture(params=FORMS)
def client(request: pytest.FixtureRequest, server: Server) -> Any:
    return client_for(server, form=request.param)


@pytest.fixture(params=FORMS)
def async_client(request: pytest.FixtureRequest, server: Server) -> Any:
    return async_client_for(server, form=request.param)


@pytest.fixture
def curl(server: Server) -> Callable[..., Any]:
    """Run a curl command as it is documented; `$BASE` and `$KEY` stand for the server's address and the key."""

    def run(command: str) -> Any:
        words = command.replace("$BASE", f"{server.urls[0]}/openai").replace("$KEY", key_for(server, "Alice"))
        done = subprocess.run(
            ["curl", "--silent", "--show-error", *shlex.split(words)[1:]], capture_output=True, text=True, check=True
        )
        return done.stdout if done.stdout.startswith("event:") else json.loads(done.stdout)

    return run
