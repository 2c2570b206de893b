"""Orchestrators ask /healthz and /readyz, Prometheus asks /metrics."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import AsyncClient, Client
from pytest_django.fixtures import Settings

from webapp.health import answer_alive

pytestmark = pytest.mark.django_db(transaction=True)


async def test_alive_is_answered_before_anything_that_could_hang() -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    alive = ApplicationCommunicator(answer_alive(hang), {"type": "http", "method": "GET", "path": "/healthz"})
    assert (await alive.receive_output())["status"] == 200
    assert (await alive.receive_output())["body"] == b"ok"


async def test_everything_else_goes_on_to_the_pages() -> None:
    async def page(scope: dict, receive: object, send: Callable) -> None:
        await send({"type": "page", "path": scope["path"]})

    page_asked = ApplicationCommunicator(answer_alive(page), {"type": "http", "method": "GET", "path": "/healthz/"})
    assert await page_asked.receive_output() == {"type": "page", "path": "/healthz/"}


async def test_ready_says_a_word_for_each_part(async_client: AsyncClient) -> None:
    answer = await async_client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "layer": "ok", "storage": "ok", "provider": "local"}


async def test_a_migration_that_was_not_applied_makes_it_unready(async_client: AsyncClient) -> None:
    recorder = MigrationRecorder(connection)
    await sync_to_async(recorder.record_unapplied)("conversations", "0001_initial")
    try:
        answer = await async_client.get("/readyz")
    finally:
        await sync_to_async(recorder.record_applied)("conversations", "0001_initial")
    assert answer.status_code == 503
    assert answer.json()["database"] == "not migrated"


def test_a_storage_that_cannot_be_written_makes_it_unready(client: Client, settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": "/dev/null/nowhere"},
        },
    }
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "layer": "ok", "storage": "down", "provider": "local"}


def test_the_storage_check_leaves_nothing_behind(client: Client) -> None:
    client.get("/readyz")
    assert default_storage.listdir("health")[1] == []


def test_a_part_that_hangs_is_called_slow(client: Client, settings: Settings, monkeypatch) -> None:
    monkeypatch.setattr("webapp.health.PATIENCE", 0.2)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.ground.test_health.SilentLayer"}}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["layer"] == "slow"


class SilentLayer:
    """A channel layer that takes every message and delivers none."""

    async def new_channel(self, prefix: str) -> str:
        return f"{prefix}.1"

    async def send(self, channel: str, message: dict[str, str]) -> None: ...

    async def receive(self, channel: str) -> None:
        await asyncio.Event().wait()


class TestMetrics:
    def test_the_machine_itself_may_read_them(self, client: Client) -> None:
        client.get("/readyz")
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert b'salon_requests_total{method="GET",route="readyz",status="200"}' in answer.content

    @pytest.mark.parametrize(
        "request_from_elsewhere",
        [{"REMOTE_ADDR": "192.0.2.7"}, {"headers": {"x-forwarded-for": "192.0.2.7"}}, {"REMOTE_ADDR": ""}],
        ids=["another machine", "a proxy on this machine", "an unknown place"],
    )
    def test_nobody_else_may(self, client: Client, request_from_elsewhere: dict) -> None:
        answer = client.get("/metrics", **request_from_elsewhere)
        assert answer.status_code == 403
        assert b"salon_" not in answer.content

    def test_the_token_opens_them_from_anywhere(self, client: Client, settings: Settings) -> None:
        settings.SALON_METRICS_TOKEN = "open sesame"
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        assert client.get("/metrics", headers={"authorization": "Bearer wrong"}, **elsewhere).status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer open sesame"}, **elsewhere).status_code == 200

    def test_no_token_is_no_password(self, client: Client, settings: Settings) -> None:
        settings.SALON_METRICS_TOKEN = ""
        answer = client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers={"authorization": "Bearer "})
        assert answer.status_code == 403
