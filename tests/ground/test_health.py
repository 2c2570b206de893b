"""Orchestrators ask /healthz and /readyz, Prometheus asks /metrics."""

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import AsyncClient, Client
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)


def test_alive_asks_no_database(client: Client) -> None:
    with connection.execute_wrapper(refuse_queries):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def refuse_queries(*_: object) -> None:
    raise AssertionError("a query was made")


async def test_ready_says_a_word_for_each_part(async_client: AsyncClient) -> None:
    answer = await async_client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "layer": "ok", "storage": "ok", "provider": "local"}


async def test_a_migration_that_was_not_applied_makes_it_unready(async_client: AsyncClient) -> None:
    recorder = MigrationRecorder(connection)
    from asgiref.sync import sync_to_async

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
        import asyncio

        await asyncio.Event().wait()


class TestMetrics:
    def test_the_machine_itself_may_read_them(self, client: Client) -> None:
        client.get("/healthz")
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert b'salon_requests_total{method="GET",route="healthz",status="200"}' in answer.content

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
