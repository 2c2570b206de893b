"""What a turn writes into rows: the claim at its beginning, news on the way, everything at its end."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from conversations import budgets, events, metrics, pictures, sealing
from conversations.models import Fact, File, Item, Response, StreamChunk
from conversations.models.fields import plain
from conversations.models.response import LEASED
from conversations.moderation import noticing
from conversations.notices import telling
from conversations.output import Output
from conversations.prepared import Given, Select, insert
from conversations.turns import calls
from conversations.turns.blobs import replace_blobs
from conversations.turns.recorder import LeaseLost, Recording, update_held, write_chunks

KEPT_AT_PROVIDER = timedelta(days=30)
"""The API keeps stored responses for thirty days (API reference, "store")."""
INTERRUPTED = "interrupted"
UNFINISHED = {"in_progress", "generating", "searching", "interpreting", "calling", "compacting"}
OF_THIS = (
    "conversation branch door model endpoint status instructions options offered provider_id background store remarks"
)
OF_RUN = (
    "key input_from answers created_by epoch queued_at started_at first_token_at done_at cancel_requested_at calls "
    "provider_expires_at deleted_at making"
)
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

_claimable = Select(
    lambda: Response.objects.select_related("conversation", "previous_response").only(*NEEDED).filter(pk=Given("pk"))
)
_waiting = Select(
    lambda: Response.objects.filter(previous_response=Given("response"), status=Response.Status.QUEUED).values_list(
        "pk", flat=True
    )
)


def claim(response_id: int, holder: str) -> Response | None:
    """Take the response for this runner, or return None when it is not to be run now.

    It is not when it has ended, when another runner holds it, or while the turn before it runs. Exactly one of several
    runners gets it: the update matches the epoch that was read, and raises it.
    """
    response = _claimable.first(pk=response_id)
    if response is None or not response.is_running:
        return None
    waits = response.previous_response is not None and response.previous_response.is_running
    if waits and response.cancel_requested_at is None:
        return None
    held = response.epoch
    response.begin(holder)
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    claimed = (
        Response.objects.running()
        .filter(free, pk=response_id, epoch=held)
        .update(
            epoch=response.epoch,
            status=response.status,
            started_at=response.started_at,
            lease_until=LEASED,
            lease_holder=holder,
        )
    )
    return response if claimed else None


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
    response = copy(recording.response)  # what is not committed in the end is to be written again
    response.shown, output = None, _output(final, recording)
    values = recording.news | _ended(response, ending, final) | {"calls": calls.count(output)}
    for name, value in values.items():
        setattr(response, name, value)
    with transaction.atomic():
        conversation = events.lock(recording.conversation_id)
        if not update_held(tuple(values))(pk=response.pk, held=recording.epoch, **values):
            raise LeaseLost
        if chunk is not None:
            write_chunks([chunk])
        response.outputs = [
            Item.from_payload(
                payload,
                response=response,
                direction=Item.Direction.OUTPUT,
                index=index,
                **_times(recording, index),
            )
            for index, payload in enumerate(output)
        ]
        insert(response.outputs)
        pictures.number(response.conversation_id, pictures.made_in(output))
        said = response.status != Response.Status.CANCELLED and not response.calls
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=response, said=said)
        budgets.settle(response, response.outputs)
        calls.follow(conversation, response, response.outputs)
        telling.finished(response)
        if noticing.wants_a_look(response):
            transaction.on_commit(lambda: noticing.look(response.pk), robust=True)
    metrics.turns.labels(status=response.status).inc()
    return _waiting(response=response.pk)


def _ended(response: Response, ending: Ending, final: dict[str, Any] | None) -> dict[str, Any]:
    """Return the columns that the end changes."""
    now = timezone.now()
    values: dict[str, Any] = {
        "status": ending.status,
        "done_at": now,
        "lease_until": None,
        "error": ending.error,
        "incomplete_details": {"reason": ending.incomplete} if ending.incomplete else None,
        "usage": None,
    }
    if ending.remark:
        values["remarks"] = [*(response.remarks or []), ending.remark]
    if final is None:
        return values
    values |= {
        "final": final,
        "provider_id": plain(str(final.get("id") or response.provider_id))[:200],
        "deployment": plain(str(final.get("model") or ""))[:120],
        "usage": final.get("usage") if isinstance(final.get("usage"), dict) else None,
        "metadata": final.get("metadata") or {},
    }
    if response.store and response.provider_expires_at is None:
        values["provider_expires_at"] = now + KEPT_AT_PROVIDER
    return values


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
