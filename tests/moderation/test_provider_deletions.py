"""What is to be deleted at the provider is asked for until it is gone; the certificate waits for it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.utils import timezone

from conversations import threads
from conversations.models import AuditEntry, Deletion, ProviderDeletion, User
from conversations.moderation import certificates, deletion, purging
from conversations.turns import provider_deletions
from conversations.turns.provider import forget
from conversations.upstream.config import ProviderConfig
from tests.moderation.conftest import Make

pytestmark = pytest.mark.usefixtures("database_threads")
DEAD = "dead"


class Keeping:
    """A provider that answers deletions with these statuses, one after the other, the last one again and again."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.asked: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status == 200:
            return web.json_response({"id": request.path.rpartition("/")[2], "deleted": True})
        error = {"message": "What Alice wrote was bad", "type": "server_error", "code": None, "param": None}
        return web.json_response({"error": error}, status=status)


@pytest.fixture
async def keeping(settings: Any) -> AsyncIterator[Keeping]:
    keeping = Keeping()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", keeping.handle)
    server = TestServer(app)
    await server.start_server()
    url = str(server.make_url("/v1/"))
    settings.SALON_PROVIDER = ProviderConfig("compatible", url, "key-of-the-test", first_byte_timeout=5, max_retries=0)
    settings.SALON_ENDPOINT = url
    yield keeping
    await forget()
    await server.close()


def purged(make: Make, owner: User, endpoint: str, turns: int = 2) -> Deletion:
    """Delete and purge a conversation whose answers the provider still has."""
    conversation = make(owner=owner, turns=turns, endpoint=endpoint)
    hidden = deletion.hide(conversation.pk, cause=Deletion.Cause.PERSON, actor=owner)
    purging.purge_due(timezone.now(), ignore_grace=True)
    hidden.refresh_from_db()
    return hidden


def rows() -> list[ProviderDeletion]:
    return list(ProviderDeletion.objects.order_by("pk"))


def wait_over() -> None:
    ProviderDeletion.objects.update(next_at=timezone.now())


async def test_every_response_of_the_chain_is_deleted_there_and_then_it_is_certified(
    make: Make, alice: User, keeping: Keeping, settings: Any
) -> None:
    gone = await threads.keeper.run(purged, make, alice, settings.SALON_ENDPOINT)
    assert not await threads.keeper.run(gone.certificates.exists)
    keeping.statuses = [200, 404]

    assert await provider_deletions.work_off(once=True) == (2, 0, 0)
    assert sorted(keeping.asked) == sorted(
        f"DELETE /v1/responses/{row.provider_id}" for row in await threads.keeper.run(rows)
    )
    document = (await threads.keeper.run(gone.certificates.get)).document
    assert json.loads(document)["at_provider"] == {"done": 2}
    assert await threads.keeper.run(certificates.problem_of, document) is None


async def test_a_provider_that_fails_is_asked_again_later(
    make: Make, alice: User, keeping: Keeping, settings: Any
) -> None:
    await threads.keeper.run(purged, make, alice, settings.SALON_ENDPOINT, 1)
    keeping.statuses = [500, 429, 200]
    assert await provider_deletions.work_off(once=True) == (0, 1, 0)
    assert await provider_deletions.work_off(once=True) == (0, 1, 0)  # its pause is not over
    assert len(keeping.asked) == 1
    (row,) = await threads.keeper.run(rows)
    assert row.attempts == 1
    assert "Alice" not in row.problem
    assert row.next_at > timezone.now()

    for expected in ((0, 1, 0), (1, 0, 0)):
        await threads.keeper.run(wait_over)
        assert await provider_deletions.work_off(once=True) == expected


async def test_what_is_given_up_is_shown_and_can_be_tried_again(
    make: Make, alice: User, keeping: Keeping, settings: Any
) -> None:
    gone = await threads.keeper.run(purged, make, alice, settings.SALON_ENDPOINT, 1)
    keeping.statuses = [503]
    for _ in range(provider_deletions.MOST_ATTEMPTS):
        await threads.keeper.run(wait_over)
        await provider_deletions.work_off(once=True)
    (row,) = await threads.keeper.run(rows)
    assert row.state == DEAD
    first = await threads.keeper.run(gone.certificates.get)
    assert json.loads(first.document)["at_provider"] == {"dead": 1}
    failed = AuditEntry.objects.filter(action="provider.delete", outcome="failure")
    assert await threads.keeper.run(failed.count) == 1

    keeping.statuses = [200]
    await threads.keeper.run(ProviderDeletion.objects.update, state="waiting", attempts=0, next_at=timezone.now())
    assert await provider_deletions.work_off(once=True) == (1, 0, 0)
    second = await threads.keeper.run(gone.certificates.order_by("-position").first)
    assert json.loads(second.document)["at_provider"] == {"done": 1}
    assert await threads.keeper.run(certificates.first_broken) is None


async def test_another_provider_is_not_asked_for_what_it_never_had(make: Make, alice: User, keeping: Keeping) -> None:
    await threads.keeper.run(purged, make, alice, "https://another.example/v1/", 1)
    assert await provider_deletions.work_off(once=True) == (0, 1, 0)
    assert keeping.asked == []
    long_ago = timezone.now() - dt.timedelta(days=1)
    await threads.keeper.run(ProviderDeletion.objects.update, kept_until=long_ago, next_at=timezone.now())
    assert await provider_deletions.work_off(once=True) == (1, 0, 0)
    (row,) = await threads.keeper.run(rows)
    assert row.state == "expired"
