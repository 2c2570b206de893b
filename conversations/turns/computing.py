"""The calls of a model to its computer: carried out once each, in the browser of the task, with a picture after them.

There is no output that says that nothing was done: what cannot be carried out ends the turn, with a sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from django.db import transaction
from django.utils import timezone

from conversations import threads
from conversations.computer import needs
from conversations.computer.acting import Unable, actions_of
from conversations.computer.desk import LONG, MOST_SECONDS, desk
from conversations.models import Approval, Branch, Decides, File, Item, Membership, Response, ToolCall
from conversations.models.approval import digest
from conversations.models.fields import plain
from conversations.site_settings import COMPUTER
from conversations.tools.hosted import COMPUTERS
from conversations.turns import blobs

log = structlog.get_logger(__name__)

KIND = "computer_call"
STATES = ToolCall.State
INTERRUPTED = (
    "The computer was interrupted in the middle of a step. It is not known whether that was done, and it was not done "
    "again. Ask again to begin anew."
)
GONE = "The browser of this task is closed: Salon was restarted, or it waited too long. Ask again to begin anew."
NOT_OFFERED = "The computer is switched off here, so the model's step was not made."
ASKER_GONE = "The person who asked cannot write here any more, so the model's step was not made."
ALTERED = "The step is not the one that was approved. It was not made."
CHECKS = ("id", "code", "message")
"""What the API takes of a safety check."""


def is_ours(response: Response, item: Item) -> bool:
    """Whether a call is to the computer that Salon offered, and not to one that a client brought."""
    tools = response.options.get("tools")
    brought = {tool.get("type") for tool in tools if isinstance(tool, dict)} if isinstance(tools, list) else set()
    return item.type == KIND and "computer" in response.offered.get("hosted", ()) and not COMPUTERS & brought


def arguments_of(payload: Mapping[str, Any]) -> str:
    """Return what a person reads and agrees to, by name: why the provider asks, and all that would be done."""
    actions = payload.get("actions") or [payload.get("action")]
    said = [check.get("message") or check.get("code") or "" for check in _checks(payload)]
    return msgspec.json.encode(_numbered("why", said) | _numbered("action", actions)).decode()


def _numbered(name: str, values: list[Any]) -> dict[str, Any]:
    return {name if len(values) == 1 else f"{name} {number}": value for number, value in enumerate(values, 1)}


def asks(payload: Mapping[str, Any]) -> bool:
    """Whether the provider wants a person to look before the step is made."""
    return bool(payload.get("pending_safety_checks"))


def decides() -> Decides:
    return Decides.APPROVER if COMPUTER.value == "approver" else Decides.ASKER


def _checks(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    checks = payload.get("pending_safety_checks")
    found = [check for check in checks if isinstance(check, dict)] if isinstance(checks, list) else []
    return [{name: check[name] for name in CHECKS if check.get(name) is not None} for check in found]


def output_of(payload: Mapping[str, Any], call: ToolCall | None) -> dict[str, Any] | None:
    """Return what the model is told of a step that was made; None for one that was not."""
    if call is None or call.name != ToolCall.COMPUTER or call.state != STATES.DONE or not call.output:
        return None
    checks = _checks(payload)
    return {
        "type": "computer_call_output",
        "call_id": call.call_id,
        "output": {"type": "computer_screenshot", "image_url": msgspec.json.decode(call.output)},
        **({"acknowledged_safety_checks": checks} if checks else {}),
    }


async def make(response: Response) -> None:
    """Carry out the steps that `response` answers. Raise `Unable` for what ends the task; its browser is closed then.

    The browser stays open for the answer after this one. One that is stopped in the middle closes it at once.
    """
    assert response.answers_id is not None
    browser = desk.take(response.answers_id)
    try:
        steps, first = await threads.runner.run(_take, response)
        if steps and browser is None:
            if not first:
                raise Unable(GONE)
            browser = await desk.open()
        for call, actions in steps:
            assert browser is not None
            if asyncio.get_running_loop().time() - browser.opened > MOST_SECONDS:
                raise Unable(LONG)
            picture = await browser.act(actions)
            await threads.runner.run(_keep, call, response, picture, browser.address)
    except BaseException:
        if browser is not None:
            await asyncio.shield(browser.close())
        await asyncio.shield(threads.runner.run(_give_up, response.answers_id))
        raise
    if browser is not None:
        desk.give(response.pk, browser)


def _take(response: Response) -> tuple[list[tuple[ToolCall, list[dict[str, Any]]]], bool]:
    """Claim the steps that are ready, and say whether they are the first of their task; raise `Unable`."""
    calls = ToolCall.objects.filter(response=response.answers_id, name=ToolCall.COMPUTER).order_by("id")
    rows = list(calls.select_related("approval"))
    if any(row.state == STATES.INTERRUPTED for row in rows):
        raise Unable(INTERRUPTED)
    if all(row.state == STATES.DONE for row in rows):
        return [], False
    asker = response.created_by
    member = Membership.objects.filter(conversation=response.conversation_id, user=asker, user__is_active=True).first()
    if member is None or not member.may_write:
        raise Unable(ASKER_GONE)
    if not needs.is_on():
        raise Unable(NOT_OFFERED)
    items = Item.objects.filter(response=response.answers_id, direction=Item.Direction.OUTPUT, type=KIND)
    payloads = {item.call_id: item.payload for item in items}
    taken = []
    for call in rows:
        payload = payloads.get(call.call_id)
        if call.state == STATES.DONE:
            continue
        if payload is None or call.arguments != arguments_of(payload) or not _is_agreed(call, payload):
            raise Unable(ALTERED)
        actions = actions_of(payload)
        claimed = ToolCall.objects.filter(pk=call.pk, state=STATES.READY)
        if not claimed.update(state=STATES.RUNNING, started_at=timezone.now()):
            raise Unable(INTERRUPTED)
        taken.append((call, actions))
    asked = response.answers
    assert asked is not None
    before = ToolCall.objects.filter(response=asked.answers_id, name=ToolCall.COMPUTER)
    return taken, asked.answers_id is None or not before.exists()


def _is_agreed(call: ToolCall, payload: Mapping[str, Any]) -> bool:
    """Whether nobody had to agree, or somebody has, to this very step."""
    approval = getattr(call, "approval", None)
    if approval is None:
        return not asks(payload)
    agreed = digest("", ToolCall.COMPUTER, call.arguments)
    return bool(approval.state == Approval.State.APPROVED and approval.digest == agreed)


def _keep(call: ToolCall, response: Response, picture: bytes, address: str) -> None:
    reference = blobs.store(picture, response, File.Purpose.RECORDING)
    name = plain(address)
    File.objects.filter(pk=reference["$file"], name="").update(name=name)
    output = msgspec.json.encode({**reference, "prefix": "data:image/png;base64,", "name": name}).decode()
    running = ToolCall.objects.filter(pk=call.pk, state=STATES.RUNNING)
    running.update(state=STATES.DONE, output=output, done_at=timezone.now())


def _give_up(asked_id: int) -> None:
    """Nobody goes on with what was begun."""
    rows = ToolCall.objects.filter(response=asked_id, name=ToolCall.COMPUTER)
    with transaction.atomic():
        rows.filter(state=STATES.RUNNING).update(state=STATES.INTERRUPTED, output=INTERRUPTED, done_at=timezone.now())
        rows.filter(state=STATES.READY).update(state=STATES.FAILED, output=NOT_MADE, done_at=timezone.now())


NOT_MADE = "This step was not made."


async def tidy() -> None:
    """Close the browsers that nobody comes back to: of tasks that have ended, and of those that take too long."""
    if not desk.held:
        return
    wanted = await threads.runner.run(_wanted, desk.held)
    over = desk.over_time()
    for response_id in desk.held:
        if response_id not in wanted or response_id in over:
            await desk.close(response_id)
            log.info("computer_closed", response=response_id)


def _wanted(response_ids: list[int]) -> set[int]:
    """Return the answers that still run, that are about to be answered, or whose step waits for a person."""
    running = Response.objects.running()
    wanted = set(running.filter(pk__in=response_ids).values_list("pk", flat=True))
    wanted |= {row.answers_id for row in running.filter(answers__in=response_ids).only("answers") if row.answers_id}
    waiting = Approval.objects.pending().filter(response__in=response_ids, name=ToolCall.COMPUTER)
    last = Branch.objects.filter(head__in=response_ids).values("head")
    return wanted | set(waiting.filter(response__in=last).values_list("response", flat=True))
