"""The claim and the end of a turn: one runner writes, and only while its lease holds."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations.models import Branch, Conversation, Fact, Item, Response, StreamChunk, User
from conversations.output import Output
from conversations.turns import mirror, recorder, runner
from conversations.turns.mirror import Ending
from conversations.turns.recorder import LeaseLost, Recording

pytestmark = pytest.mark.django_db(transaction=True)
FINAL = {
    "id": "resp_1",
    "model": "demo-1",
    "status": "completed",
    "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "A thought"}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "An answer\u0000", "annotations": []}]},
    ],
    "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
    "metadata": {"a": "b"},
}  # fmt: skip


@pytest.fixture
def queued(conversation: Conversation, alice: User) -> Response:
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    return Response.objects.create(conversation=conversation, branch=branch, created_by=alice, model="demo")


def recording(response: Response | None) -> Recording:
    assert response is not None
    return Recording(response, Output())


def test_of_many_runners_one_gets_the_response(queued: Response) -> None:
    def claim(number: int) -> bool:
        try:
            return mirror.claim(queued.pk, f"runner {number}") is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as runners:
        assert sum(runners.map(claim, range(8))) == 1
    queued.refresh_from_db()
    assert (queued.epoch, queued.status) == (1, "in_progress")


def test_an_expired_lease_is_taken_over_with_a_higher_epoch(queued: Response) -> None:
    first = mirror.claim(queued.pk, "first")
    assert mirror.claim(queued.pk, "second") is None
    Response.objects.filter(pk=queued.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = mirror.claim(queued.pk, "second")
    assert first is not None
    assert second is not None
    assert (first.epoch, second.epoch) == (1, 2)


def test_a_machine_whose_clock_is_ahead_takes_nothing_from_another(
    queued: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mirror.claim(queued.pk, "first") is not None
    ahead = timezone.now() + timedelta(minutes=10)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    assert runner.due() == []
    assert mirror.claim(queued.pk, "second") is None


def test_events_are_logged_once_though_a_commit_was_done_and_nobody_was_told(queued: Response) -> None:
    held = recording(mirror.claim(queued.pk, "runner"))
    epochs = {queued.pk: held.epoch}

    def log(*texts: str) -> None:
        held.waiting += [json.dumps({"type": "response.output_text.delta", "delta": text}).encode() for text in texts]
        held.sequence += len(texts)
        chunk = held.chunk()
        assert chunk is not None
        recorder._commit([chunk], epochs, {}, False)

    log("one ")
    log("two ")  # the first is still held to be unwritten
    [chunk] = StreamChunk.objects.filter(response=queued)
    assert [event["delta"] for event in chunk.events] == ["one ", "two "]
    mirror.finish(held, held.chunk(), Ending(Response.Status.COMPLETED, final=FINAL))
    assert StreamChunk.objects.filter(response=queued).count() == 1


def test_a_runner_that_was_overtaken_does_not_renew_the_lease_of_the_other(queued: Response) -> None:
    slow = recording(mirror.claim(queued.pk, "slow"))
    Response.objects.filter(pk=queued.pk).update(lease_until=None)
    assert mirror.claim(queued.pk, "quick") is not None
    until = Response.objects.get(pk=queued.pk).lease_until
    assert recorder._commit([], {queued.pk: slow.epoch}, {}, True) == ({queued.pk}, set())
    assert Response.objects.get(pk=queued.pk).lease_until == until


def test_a_turn_waits_for_the_one_before_it(queued: Response) -> None:
    following = Response.objects.create(
        conversation=queued.conversation, branch=queued.branch, created_by=queued.created_by, previous_response=queued
    )
    assert mirror.claim(following.pk, "runner") is None
    held = recording(mirror.claim(queued.pk, "runner"))
    assert mirror.finish(held, None, Ending(Response.Status.COMPLETED, final=FINAL)) == [following.pk]
    assert mirror.claim(following.pk, "runner") is not None


def test_the_end_writes_the_response_its_items_and_a_fact_at_once(queued: Response) -> None:
    held = recording(mirror.claim(queued.pk, "runner"))
    mirror.finish(held, None, Ending(Response.Status.COMPLETED, final=FINAL))
    queued.refresh_from_db()
    assert (queued.status, queued.provider_id, queued.deployment) == ("completed", "resp_1", "demo-1")
    assert queued.final == FINAL
    assert queued.usage == FINAL["usage"]
    assert queued.lease_until is None
    items = list(Item.objects.filter(response=queued).order_by("index"))
    assert [item.payload for item in items] == FINAL["output"]
    assert [item.text for item in items] == ["A thought", "An answer"]
    assert Fact.objects.get(response=queued).kind == Fact.Kind.RESPONSE_UPDATED


def test_a_runner_that_was_overtaken_writes_nothing(queued: Response) -> None:
    slow = recording(mirror.claim(queued.pk, "slow"))
    Response.objects.filter(pk=queued.pk).update(lease_until=None)
    quick = recording(mirror.claim(queued.pk, "quick"))
    with pytest.raises(LeaseLost):
        mirror.finish(slow, None, Ending(Response.Status.FAILED, error={"code": "late", "message": "Too late."}))
    assert Fact.objects.count() == 0
    mirror.finish(quick, None, Ending(Response.Status.COMPLETED, final=FINAL))
    queued.refresh_from_db()
    assert queued.status == "completed"


def test_what_was_said_before_a_failure_is_kept(queued: Response) -> None:
    held = recording(mirror.claim(queued.pk, "runner"))
    content: list[Any] = [{"type": "output_text", "text": "Half an ans"}]
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": content}
    held.output.apply({"type": "response.output_item.added", "output_index": 0, "item": item})
    mirror.finish(held, None, Ending(Response.Status.INCOMPLETE, incomplete=mirror.INTERRUPTED))
    kept = Item.objects.get(response=queued)
    assert (kept.text, kept.status) == ("Half an ans", "incomplete")
    assert kept.payload == item | {"status": "incomplete"}
