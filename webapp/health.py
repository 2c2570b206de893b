"""Is it alive (/healthz), can it serve (/readyz), what has it done (/metrics)."""

import asyncio
import ipaddress
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds that each part has to answer in."""
threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")
"""Of its own and small: a database that hangs holds these threads, and none that people wait for."""


def answer_alive(application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return the ASGI application with /healthz before it: 200 while the event loop turns.

    It waits for no thread: those can all hang on a lost database, for which nobody should kill the process.
    """

    async def answered(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["path"] != "/healthz":
            return await application(scope, receive, send)
        headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else b"ok"})

    return answered


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503: {"database", "layer", "storage", "provider"}, a word for each."""
    parts: dict[str, Callable[[], Awaitable[str]]] = {
        "database": in_thread(database),
        "layer": layer,
        "storage": in_thread(storage),
        "provider": provider,
    }
    words = await asyncio.gather(*(word_of(name, check) for name, check in parts.items()))
    ready = not {"down", "slow", "not migrated"} & set(words)
    return JsonResponse(dict(zip(parts, words, strict=True)), status=200 if ready else 503)


async def word_of(name: str, check: Callable[[], Awaitable[str]]) -> str:
    try:
        return await asyncio.wait_for(check(), PATIENCE)
    except TimeoutError:
        log.warning("not ready", part=name, reason="slow")
        return "slow"
    except Exception:  # whatever a driver raises: a health check reports it and goes on
        log.warning("not ready", part=name, exc_info=True)
        return "down"


def in_thread(check: Callable[[], str]) -> Callable[[], Awaitable[str]]:
    async def checked() -> str:
        return await asyncio.get_running_loop().run_in_executor(threads, check)

    return checked


def database() -> str:
    """Read which migrations were applied, over a connection of this moment."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    finally:
        connection.close()
    return "ok" if migrations_of_this_code() <= applied.keys() else "not migrated"


@cache
def migrations_of_this_code() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations or {})


async def layer() -> str:
    """Send a message through the channel layer and receive it."""
    channel_layer = get_channel_layer()
    channel = await channel_layer.new_channel("health")
    await channel_layer.send(channel, {"type": "health.check"})
    await channel_layer.receive(channel)
    # A layer on Redis gives a channel up only where somebody stops waiting for it
    waiting = asyncio.ensure_future(channel_layer.receive(channel))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return "ok"


def storage() -> str:
    """Write a file and delete it."""
    name = default_storage.save(f"health/{secrets.token_hex(8)}", ContentFile(b"ok"))
    default_storage.delete(name)
    return "ok"


async def provider() -> str:
    """Say which kind of provider is configured. It is not called: that costs, and its outage is not ours."""
    return settings.SALON_PROVIDER.kind if settings.SALON_PROVIDER else "local"


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """What this process has counted, for Prometheus: to the machine itself, or with SALON_METRICS_TOKEN as a bearer."""
    if not (bears_token(request) or comes_from_here(request)):
        return HttpResponse("Send the metrics token as a bearer token.\n", status=403, content_type="text/plain")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def bears_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.SALON_METRICS_TOKEN
    return bool(expected) and scheme.lower() == "bearer" and constant_time_compare(token.strip(), expected)


def comes_from_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks for itself, and not a proxy on this machine for somebody else."""
    if any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
