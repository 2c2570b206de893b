"""The calls of a response: kept when it ends, run by the runner of the response that answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from conversations import events, threads
from conversations.actions.approvals import declined
from conversations.actions.calls import most_rounds, queue_answer
from conversations.budgets import OverBudget
from conversations.mcp import servers
from conversations.models import Approval, Conversation, Fact, Item, Membership, Response, ToolCall
from conversations.models.approval import digest
from conversations.models.fields import plain
from conversations.notices import telling
from conversations.tools.offers import Offer, offers_for
from conversations.tools.registry import Tool
from conversations.tools.runs import runs
from conversations.tools.signatures import BadArguments, Caller
from conversations.turns import computing

CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    computing.KIND: "computer_call_output",
}
"""Items that the API wants an output for, and the type of that."""
ASKING = frozenset({*CALLS, "mcp_approval_request"})
MOST_CALLS = 16
"""In one response; the model is told that the others were not made."""
MOST_ARGUMENTS = 100_000
LOOPS = "The model called tools {} times in a row and was stopped. Ask again to let it go on."
UNANSWERED = "This call was not made: the answer was stopped, or nobody was there to make it."
INTERRUPTED = "This call was interrupted. It is not known whether it was done, and it was not made again."
WAITS = "This call waits for a person's approval. It was not made yet; go on without it."
STATES = ToolCall.State


def count(output: Sequence[dict[str, Any]]) -> int:
    """Return how many items of an output want an answer."""
    return min(sum(item.get("type") in ASKING for item in output), 32_767)


def follow(conversation: Conversation, response: Response, items: Sequence[Item]) -> None:
    """Keep the calls of a response that ends, and queue the one that answers them unless a person must agree first.

    Only what Salon offered is answered here: where a client brought functions of its own, it answers them.
    """
    if not response.offered or response.status != Response.Status.COMPLETED:
        return
    listed = [item for item in items if item.type == "mcp_list_tools"]
    changed = servers.note_listings(response.offered.get("servers", ()), [item.payload for item in listed])
    for sentence in changed:
        _remark(response, sentence)
    calls = [item for item in items if item.type in CALLS]
    if not all(_is_ours(response, item) for item in calls):
        return
    labels = servers.by_label(response.offered.get("servers", ())) if response.calls else {}
    requests = [
        item
        for item in items
        if item.type == "mcp_approval_request" and _text(item, "server_label") in labels and item.provider_id
    ]
    if not calls and not requests:
        return
    if response.round >= (most := most_rounds(response)):
        _remark(response, LOOPS.format(most))
        return
    _keep_calls(response, [item for item in calls if item.call_id])
    for item in requests:
        server = labels[_text(item, "server_label")]
        _ask(
            response,
            request_id=item.provider_id,
            name=_text(item, "name"),
            arguments=_text(item, "arguments"),
            server=server,
            server_label=server.label,
            decides=server.decides,
        )
    if not Approval.objects.filter(response=response, state=Approval.State.PENDING).exists():
        try:
            with transaction.atomic():
                queue_answer(conversation, response, ends_now=True)
        except OverBudget as error:
            _remark(response, f"{error.sentence} The calls were not made.")


def _remark(response: Response, sentence: str) -> None:
    response.remarks = [*(response.remarks or []), sentence]
    response.save(update_fields=["remarks"])


def _is_ours(response: Response, item: Item) -> bool:
    """Whether we make the call: it is of a function that Salon offered, or to the computer that it did."""
    if item.type == "function_call":
        return _text(item, "name") not in _brought(response)
    return computing.is_ours(response, item)


def _brought(response: Response) -> set[str]:
    """The names of the functions that a client brought itself."""
    tools = response.options.get("tools")
    found = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    return {str(tool["name"]) for tool in found if tool.get("type") == "function" and "name" in tool}


def _keep_calls(response: Response, items: Sequence[Item]) -> None:
    offers = offers_for(response.created_by)
    offered = set(response.offered.get("functions", ()))
    ids = [item.call_id for item in items]
    known = set(
        ToolCall.objects.filter(conversation=response.conversation_id, call_id__in=ids).values_list(
            "call_id", flat=True
        )
    )
    for index, item in enumerate(items):
        if item.call_id in known:
            continue  # said twice, or in an earlier response already: it is not made again
        known.add(item.call_id)
        if item.type == computing.KIND:
            _keep_step(response, item)
            continue
        name, arguments = _text(item, "name"), _text(item, "arguments")
        offer = offers.get(name) if name in offered else None
        problem = "Too many calls at once: this one was not made." if index >= MOST_CALLS else ""
        problem = problem or _problem(name, arguments, offer, offered)
        asks = not problem and offer is not None and offer.approval
        call = ToolCall.objects.create(
            conversation_id=response.conversation_id,
            response=response,
            call_id=item.call_id,
            name=name[:200],
            arguments=arguments[:MOST_ARGUMENTS],
            state=STATES.FAILED if problem else STATES.WAITING if asks else STATES.READY,
            output=problem,
            done_at=timezone.now() if problem else None,
        )
        if asks and offer is not None:
            _ask(response, request_id=item.call_id, name=name, arguments=arguments, call=call, decides=offer.decides)


def _keep_step(response: Response, item: Item) -> None:
    """Keep a step on the computer. One of which the provider is not sure waits for a person."""
    arguments, asks = computing.arguments_of(item.payload), computing.asks(item.payload)
    call = ToolCall.objects.create(
        conversation_id=response.conversation_id,
        response=response,
        call_id=item.call_id,
        name=ToolCall.COMPUTER,
        arguments=arguments,
        state=STATES.WAITING if asks else STATES.READY,
    )
    if asks:
        decides = computing.decides()
        _ask(response, request_id=item.call_id, name=call.name, arguments=arguments, call=call, decides=decides)


def _problem(name: str, arguments: str, offer: Offer | None, offered: set[str]) -> str:
    """Return why a call cannot be made, "" where it can."""
    if offer is None:
        there = ", ".join(sorted(offered)) or "none"
        return f"There is no tool {name[:64]!r} that may be called here. There are: {there}."
    if len(arguments) > MOST_ARGUMENTS:
        return f"The arguments have {len(arguments):,} characters; {MOST_ARGUMENTS:,} is the most."
    try:
        offer.tool.signature.values(arguments)
    except BadArguments as error:
        return plain(str(error))[:1000]
    return ""


def _ask(response: Response, *, request_id: str, name: str, arguments: str, **columns: Any) -> None:
    approval, is_new = Approval.objects.get_or_create(
        response=response,
        request_id=request_id,
        defaults={
            "conversation_id": response.conversation_id,
            "name": name[:200],
            "arguments": arguments,
            "digest": digest(columns.get("server_label", ""), name[:200], arguments),
            "asked_by_id": response.created_by_id,
            **columns,
        },
    )
    if is_new:
        telling.waits(approval)


async def answer(response: Response) -> None:
    """Make the calls that `response` answers, each of them once, and store their outputs as its input.

    Raise `Unable` where a step on the computer cannot be made.
    """
    ready = await threads.runner.run(_take, response)
    await asyncio.gather(*(_make(call, tool, caller) for call, tool, caller in ready))
    await computing.make(response)
    await threads.runner.run(_keep_outputs, response)


def _take(response: Response) -> list[tuple[ToolCall, Tool, Caller]]:
    """Claim the calls that are ready, and say of those whose runner has gone that nobody knows how they ended.

    Between the claim and the outcome lies the call itself: whoever finds it claimed does not make it again.
    """
    calls = ToolCall.objects.filter(response=response.answers_id).order_by("id")
    running = calls.filter(state=STATES.RUNNING)
    running.update(state=STATES.INTERRUPTED, output=INTERRUPTED, done_at=timezone.now())
    asker = response.created_by
    writes = Membership.objects.filter(conversation=response.conversation_id, user=asker, user__is_active=True).first()
    offers = offers_for(asker) if writes is not None and writes.may_write else {}
    caller = Caller(user_id=asker.pk, conversation_id=response.conversation_id)
    taken = []
    functions = calls.filter(state=STATES.READY).exclude(name=ToolCall.COMPUTER)
    for call in functions.select_related("approval"):
        offer = offers.get(call.name)
        problem = "" if offer else "This tool is not offered to the person who asked any more. It was not called."
        if hasattr(call, "approval") and call.approval.digest != digest("", call.name, call.arguments):
            problem = "The call is not the one that was approved. It was not made."
        state = STATES.FAILED if problem else STATES.RUNNING
        claimed = ToolCall.objects.filter(pk=call.pk, state=STATES.READY)
        if claimed.update(state=state, output=problem, started_at=timezone.now()) and offer and not problem:
            taken.append((call, offer.tool, caller))
    return taken


async def _make(call: ToolCall, tool: Tool, caller: Caller) -> None:
    outcome = await runs.run(tool, call.arguments, caller)
    state = STATES.FAILED if outcome.failed else STATES.DONE
    await threads.runner.run(_settle, call.pk, state, outcome.text)


def _settle(call_id: int, state: str, output: str) -> None:
    running = ToolCall.objects.filter(pk=call_id, state=STATES.RUNNING)
    running.update(state=state, output=output, done_at=timezone.now())


def _keep_outputs(response: Response) -> None:
    """Store the outputs as the input of `response`, unless that was done before a crash."""
    with transaction.atomic():
        conversation = events.lock(response.conversation_id)
        mine = Response.objects.running().filter(pk=response.pk, epoch=response.epoch)
        owner = response.input_owner_id
        if not mine.exists() or Item.objects.filter(response=owner, direction=Item.Direction.INPUT).exists():
            return
        asked = response.answers
        assert asked is not None
        late = response.previous_response_id != asked.pk
        payloads = [*(_late(asked) if late else outputs(asked)), *_decisions(asked)]
        holder = response if owner == response.pk else Response.objects.get(pk=owner)
        Item.objects.bulk_create(
            Item.from_payload(payload, response=holder, direction=Item.Direction.INPUT, index=index)
            for index, payload in enumerate(payloads)
        )
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=Response.objects.get(pk=response.pk))


def outputs(response: Response, *, but: Container[str] = ()) -> list[dict[str, Any]]:
    """Return an output for every call of `response` but for those ids."""
    items = Item.objects.filter(response=response, direction=Item.Direction.OUTPUT, type__in=CALLS).order_by("index")
    return list(outputs_for([item for item in items if item.call_id not in but]).values())


def outputs_for(items: Sequence[Item]) -> dict[str, dict[str, Any]]:
    """Return an output for each of these calls, by call id: the API takes no conversation on without them.

    A step on the computer that was not made has none.
    """
    asked = {item.call_id: item for item in reversed(items) if item.call_id}
    conversations = {item.conversation_id for item in items}
    rows = ToolCall.objects.filter(conversation__in=conversations, call_id__in=asked) if asked else ()
    known = {row.call_id: row for row in rows}
    told = {call_id: _told(item, known.get(call_id)) for call_id, item in reversed(asked.items())}
    return {call_id: payload for call_id, payload in told.items() if payload is not None}


def _told(item: Item, call: ToolCall | None) -> dict[str, Any] | None:
    if item.type == computing.KIND:
        return computing.output_of(item.payload, call)
    return {"type": CALLS[item.type], "call_id": item.call_id, "output": _output(item, call)}


def waits_for_a_picture(response: Response, given: Sequence[dict[str, Any]]) -> bool:
    """Whether a step that `response` asks for has no output, neither among those given nor one that we could give."""
    if not response.calls:
        return False
    items = Item.objects.filter(response=response, direction=Item.Direction.OUTPUT, type=computing.KIND)
    ids = {item.call_id for item in items} - {item.get("call_id") for item in given}
    return bool(ids - outputs_for([item for item in items if item.call_id in ids]).keys())


def _output(item: Item, call: ToolCall | None) -> str:
    if call is None:
        return UNANSWERED
    if (call.name, call.arguments) != (_text(item, "name")[:200], _text(item, "arguments")[:MOST_ARGUMENTS]):
        return "This call id was used for another call before. It was not made."
    if call.state == STATES.WAITING:
        return WAITS
    return call.output if call.state not in {STATES.READY, STATES.RUNNING} else INTERRUPTED


def _late(asked: Response) -> list[dict[str, Any]]:
    """What came of approved calls after the conversation had gone on: their outputs were given as waiting already."""
    rows = ToolCall.objects.filter(response=asked, approval__state=Approval.State.APPROVED).order_by("id")
    said = [
        f"The call of {call.name} with {call.arguments}, which waited for approval, was approved. Its output:\n\n"
        f"{call.output or INTERRUPTED}"
        for call in rows
    ]
    content = [{"type": "input_text", "text": text} for text in said]
    return [{"type": "message", "role": "developer", "content": content}] if content else []


def _decisions(asked: Response) -> list[dict[str, Any]]:
    rows = Approval.objects.filter(response=asked, call=None).exclude(state=Approval.State.PENDING).order_by("id")
    return [
        {
            "type": "mcp_approval_response",
            "approval_request_id": row.request_id,
            "approve": row.state == Approval.State.APPROVED,
            **({} if row.state == Approval.State.APPROVED else {"reason": declined(row.note)}),
        }
        for row in rows
    ]


def _text(item: Item, name: str) -> str:
    value = item.payload.get(name)
    return plain(value) if isinstance(value, str) else ""
