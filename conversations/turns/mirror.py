"""What a turn writes into rows: the claim at its beginning, news on the way, everything at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from conversations import events, metrics, sealing
from conversations.models import Fact, File, Item, Response, StreamChunk
from conversations.models.fields import plain
from conversations.output import Output
from conversations.turns import calls
from conversations.turns.blobs import replace_blobs
from conversations.turns.recorder import LEASE, LeaseLost, Recording, write_chunks

KEPT_AT_PROVIDER = timedelta(days=30)
"""The API keeps stored responses for thirty days (API reference, "store")."""
INTERRUPTED = "interrupted"
UNFINISHED = {"in_progress", "generating", "searching", "interpreting", "calling", "compacting"}
OF_THIS = (
    "conversation branch door model endpoint status instructions options offered provider_id background store remarks"
)
OF_RUN = "input_from answers created_by epoch queued_at started_at first_token_at done_at cancel_requested_at"
OF_PREVIOUS = (
    "conversation status done_at deleted_at provider_id provider_expires_at provider_deleted_at store endpoint calls"
)
NEEDED = [
    *OF_THIS.split(),
    *OF_RUN.split(),
    "conversation__state",
    *(f"previous_response__{name}" for name in OF_PREVIOUS.split()),
]
"""What a turn needs of the rows. Compiling a query for all their hundred columns takes longer than running it."""


def claim(response_id: int, holder: str) -> Response | None:
    """Take the response for this runner, or return None when it is not to be run now.

    It is not when it has ended, when another runner holds it, or while the turn before it runs. Exactly one of several
    runners gets it: the update matches the epoch that was read, and raises it.
    """
    rows = Response.objects.select_related("conversation", "previous_response").only(*NEEDED)
    response = rows.filter(pk=response_id).first()
    if response is None or not response.is_running:
        return None
    waits = response.previous_response is not None and response.previous_response.is_running
    if waits and response.cancel_requested_at is None:
        return None
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    values = {
        "epoch": response.epoch + 1,
        "status": Response.Status.IN_PROGRESS,
        "started_at": response.started_at or timezone.now(),
    }
    claimed = Response.objects.running().filter(free, pk=response_id, epoch=response.epoch)
    if not claimed.update(**values, lease_until=Now() + LEASE, lease_holder=holder):
        return None
    for name, value in values.items():
        setattr(response, name, value)
    return response


def logged(response_id: int) -> tuple[Output, int | None]:
    """Return the output that the log tells, and upstream's number of the last event in it."""
    output, number = Output(), None
    for chunk in StreamChunk.objects.filter(response=response_id).order_by("epoch", "sequence").iterator():
        for event in chunk.events:
            output.apply(event)
            number = event.get("sequence_number", number)
    return output, number


def secrets_in(response_id: int) -> set[str]:
    """Return the secrets that a response's request held when it was sent."""
    try:
        return sealing.open_tools(Response.objects.only("parameters").get(pk=response_id).parameters)[1]
    except sealing.Unreadable:
        return set()


def release(response_id: int, epoch: int) -> None:
    """Give the response back, for another runner to go on with at once."""
    Response.objects.running().filter(pk=response_id, epoch=epoch).update(lease_until=None)


@dataclass(frozen=True)
class Ending:
    """How a turn ended. `final` is the provider's response object where there is one."""

    status: Response.Status
    final: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    incomplete: str | None = None
    remark: str = ""


def finish(recording: Recording, chunk: StreamChunk | None, ending: Ending) -> list[int]:
    """Write the end of a turn in one transaction: the last events, the response, its items, the fact.

    Raise `LeaseLost` when another runner has taken over. Return the ids of the turns that waited for this one.
    """
    final = None
    if ending.final:
        # Storing pictures takes its time, in an object store even more: not while rows are locked
        final = replace_blobs(ending.final, recording.response, File.Purpose.RESULT)
    with transaction.atomic():
        conversation = events.lock(recording.conversation_id)
        response = Response.objects.select_for_update().get(pk=recording.response_id)
        if response.epoch != recording.epoch or not response.is_running:
            raise LeaseLost
        if chunk is not None:
            write_chunks([chunk])
        for name, value in recording.news.items():
            setattr(response, name, value)
        _fill(response, ending, final)
        output = _output(final, recording)
        response.calls = calls.count(output)
        response.save()
        items = Item.objects.bulk_create(
            [
                Item.from_payload(
                    payload,
                    response=response,
                    direction=Item.Direction.OUTPUT,
                    index=index,
                    **_times(recording, index),
                )
                for index, payload in enumerate(output)
            ]
        )
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=response)
        calls.follow(conversation, response, items)
    metrics.turns.labels(status=response.status).inc()
    waiting = Response.objects.filter(previous_response=response, status=Response.Status.QUEUED)
    return list(waiting.values_list("pk", flat=True))


def _fill(response: Response, ending: Ending, final: dict[str, Any] | None) -> None:
    now = timezone.now()
    response.status = ending.status
    response.done_at = now
    response.lease_until = None
    response.error = ending.error
    response.incomplete_details = {"reason": ending.incomplete} if ending.incomplete else None
    if ending.remark:
        response.remarks = [*(response.remarks or []), ending.remark]
    if final is None:
        return
    response.final = final
    response.provider_id = plain(str(final.get("id") or response.provider_id))[:200]
    response.deployment = plain(str(final.get("model") or ""))[:120]
    response.usage = final.get("usage") if isinstance(final.get("usage"), dict) else None
    response.metadata = final.get("metadata") or {}
    if response.store and response.provider_expires_at is None:
        response.provider_expires_at = now + KEPT_AT_PROVIDER


def _output(final: dict[str, Any] | None, recording: Recording) -> list[dict[str, Any]]:
    """The final response's output is authoritative. What was said before a failure is kept where it brings none."""
    output = (final or {}).get("output")
    if isinstance(output, list) and output:
        return [item for item in output if isinstance(item, dict)]
    said = [item for item in recording.output.items() if item]
    for item in said:
        item.pop("partial_image", None)
        item.pop("timing", None)
        if item.get("status") in UNFINISHED:
            item["status"] = "incomplete"
    return said


def _times(recording: Recording, index: int) -> dict[str, int]:
    """Return when an item began and ended, as far as its stream told."""
    slots = recording.output.slots
    timing = (slots[index] or {}).get("timing") if index < len(slots) else None
    known = timing if isinstance(timing, dict) else {}
    return {name: known[name] for name in ("began_ms", "ended_ms") if isinstance(known.get(name), int)}
