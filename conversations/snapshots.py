"""What the browser is shown, made from rows: the same for a page, an older page, a fact and a reload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Q, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from conversations import catalog, marks, pictures, protocol
from conversations.arguments import named_arguments
from conversations.branches import beside, path
from conversations.folding import folded
from conversations.models import Approval, Branch, Conversation, Fact, Item, Membership, Response, User
from conversations.models.mention import know_mentions
from conversations.shown import shown_item
from conversations.upstream.catalog import cost

PAGE = 30
"""Turns that are shown at once."""
MOST_NOTES = 200
"""Notes behind one turn that are shown; older ones are found by searching."""
FACES = 5
"""People of a conversation that its page shows by their faces."""


def person(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "name": user.display_name,
        "initial": user.display_name[:1].upper(),
        "hue": user.hue,
        "avatar": user.avatar_url,
    }


def labelled(name: str) -> dict[str, Any] | None:
    """Return somebody of whom only the name is known, as an import has them; None without a name."""
    return {"id": 0, "name": name, "initial": name[:1].upper(), "hue": 0, "avatar": None} if name else None


def conversation_state(conversation: Conversation, membership: Membership | None = None) -> dict[str, Any]:
    """Return the conversation; with `membership`, also what only that member has of it."""
    state = {
        "id": conversation.pk,
        "title": conversation.title,
        "model": conversation.model,
        "instructions": conversation.instructions,
        "state": conversation.state,
        "state_in_force": conversation.state_in_force,
        "options": conversation.options,
        "offered": conversation.offered,
        "branch": conversation.branch_id,
    }
    if membership is not None:
        state |= {
            "role": membership.role,
            "may_write": membership.may_write,
            "may_note": membership.may_note,
            "pinned": membership.pinned_at is not None,
            "archived": membership.archived_at is not None,
            "muted": membership.muted_at is not None,
        }
    return state


def people(conversation: Conversation) -> dict[str, Any]:
    """Return who is in the conversation: the first few of them, and how many they are."""
    first = conversation.memberships.select_related("user").order_by("id")[:FACES]
    return {"count": conversation.memberships.count(), "first": [person(membership.user) for membership in first]}


def page(conversation: Conversation, branch: Branch | None, *, before: Response | None = None) -> dict[str, Any]:
    """Return up to `PAGE` turns on the path to the branch's head, oldest first, ending before the turn `before`.

    The number of queries does not depend on the length of the conversation: the path is walked by its links, only as
    far as the page goes.
    """
    start = before.previous_response_id if before is not None else branch.head_id if branch is not None else None
    ids = path(start, PAGE + 1) if start else []
    shown = ids[:PAGE]
    return {
        "turns": (told := turns(conversation, shown[::-1])),
        "before": shown[-1] if len(ids) > PAGE else None,
        "branch": branch.pk if branch is not None else None,
        "branch_name": branch.name if branch is not None else "",
        "notes": notes(conversation, shown, {turn["input_from"] for turn in told}, opening=len(ids) <= PAGE),
        "running": list(conversation.responses.running().order_by("id").values("id", "branch")),
    }


def turns(conversation: Conversation, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return the turns with these response ids, in this order."""
    if not ids:
        return []
    # What the provider sent last is all of it once more, and nobody is shown it
    responses = Response.objects.defer("final", "options", "parameters", "metadata").in_bulk(ids)
    return _present([responses[pk] for pk in ids if pk in responses])


def turn(response: Response) -> dict[str, Any]:
    """Return one turn as it is now."""
    return _present([response])[0]


def new_turn(response: Response) -> dict[str, Any]:
    """Return a turn that was just queued at the end of a branch, without asking the database."""
    alone = [{"id": response.pk, "branch": response.branch_id}]
    return _turn(response, response.inputs or [], [], protocol.StreamCursor(response.epoch, 0), alone, alone)


def _present(responses: Sequence[Response]) -> list[dict[str, Any]]:
    inputs, outputs = _items(responses)
    know_mentions(item for asked in inputs.values() for item in asked)
    waiting = approvals(responses)
    siblings, answers = beside(responses)
    running = folded({response.pk: response.epoch for response in responses if response.is_running})
    said = pictures.said_of(pk for found in outputs.values() for pk in pictures.made_in(item.payload for item in found))
    locks = pictures.locks_of(response.pk for response in responses if response.making.get("lock"))
    result = []
    for response in responses:
        output, cursor = [visible(item) | item_timing(item) for item in outputs.get(response.pk, [])], None
        if response.is_running:
            output, cursor = running[response.pk]
        asked = inputs.get(response.input_owner_id, [])
        shown = _turn(response, asked, output, cursor, siblings[response.pk], answers[response.pk])
        made = {pk: said[pk] for pk in pictures.made_in(output) if pk in said}
        for item in shown["output"]:
            if (lock := locks.get(response.pk)) and lock["made"] and item.get("image") == lock["made"]:
                item["locked"] = lock["locked"]
        result.append(
            shown | {"approvals": waiting[response.pk], "pictures": made, "pixel_lock": locks.get(response.pk)}
        )
    return result


def _items(responses: Sequence[Response]) -> tuple[dict[int, list[Item]], dict[int, list[Item]]]:
    """Return the input items by the response that owns them, and the output items by response.

    The database is asked for those that a response does not know already.
    """
    inputs = {response.input_owner_id: response.inputs for response in responses if response.inputs is not None}
    outputs = {response.pk: response.outputs for response in responses if response.outputs is not None}
    owners = {response.input_owner_id for response in responses} - inputs.keys()
    silent = {response.pk for response in responses if not response.is_running} - outputs.keys()
    if owners or silent:
        items = Item.objects.filter(deleted_at=None).filter(
            Q(response__in=owners, direction=Item.Direction.INPUT)
            | Q(response__in=silent, direction=Item.Direction.OUTPUT)
        )
        for item in items.select_related("author").order_by("response_id", "direction", "index"):
            found = inputs if item.direction == Item.Direction.INPUT else outputs
            found.setdefault(item.response_id or 0, []).append(item)
    return inputs, outputs


def _turn(
    response: Response,
    inputs: Sequence[Item],
    output: Sequence[dict[str, Any]],
    cursor: protocol.StreamCursor | None,
    siblings: list[dict[str, int]],
    answers: list[dict[str, int]],
) -> dict[str, Any]:
    known = catalog.capabilities(response.model)
    return {
        "id": response.pk,
        "previous": response.previous_response_id,
        "input_from": response.input_from_id,
        "branch": response.branch_id,
        "status": response.status,
        "model": response.model,
        "model_label": known.label,
        "demo": response.endpoint == "local",
        "input": [_input(item) for item in inputs if item.role != "developer" and response.deleted_at is None],
        "output": [shown_item(payload) for payload in output if response.deleted_at is None],
        "form": response.answer_form,
        "fit": response.fit,
        "usage": response.usage,
        "cost": cost(known, response.usage),
        "error": {name: response.error.get(name) for name in ("code", "message")} if response.error else None,
        "incomplete": (response.incomplete_details or {}).get("reason"),
        "remarks": response.remarks or [],
        "timing": _timing(response),
        "kept_until": _kept_until(response),
        "siblings": siblings,
        "answers": answers,
        "stream": {"epoch": cursor.epoch, "sequence": cursor.sequence} if cursor else None,
        "continues": response.answers_id is not None and response.answers_id == response.previous_response_id,
        "approvals": [],
        "making": response.making,
        "pictures": {},
        "pixel_lock": None,
    }


def notes(
    conversation: Conversation, turns: Sequence[int], asked_in: Collection[int | None] = (), *, opening: bool
) -> list[dict[str, Any]]:
    """Return what was said to people behind each of these turns and in their margins, oldest first.

    Of each turn it is the newest `MOST_NOTES`. `asked_in` are turns whose messages these answer once more: what is in
    the margins of those messages is told too. With `opening` also what was said before the first turn.
    """
    place = Q(response__in=turns) | (Q(response=None) if opening else Q(pk=None))
    place |= Q(response__in=asked_in, about__direction=Item.Direction.INPUT)
    place &= Q(about_answer=None) | Q(about_answer__deleted_at=None)
    rows = Item.objects.filter(place, deleted_at=None, conversation=conversation, direction=Item.Direction.NOTE)
    ranked = rows.annotate(rank=Window(RowNumber(), partition_by="response", order_by="-id"))
    found = list(ranked.filter(rank__lte=MOST_NOTES).select_related("author", "about").order_by("id"))
    know_mentions(found)
    return [note(row) for row in found]


def note(row: Item) -> dict[str, Any]:
    """Return a note as it is shown, with the id of the turn that it stands behind."""
    know_mentions([row])
    return _input(row) | {"after": row.response_id, "about": _about(row)}


def _about(row: Item) -> dict[str, Any] | None:
    """Return whose margin a note stands in, None for one that stands between the turns."""
    if row.about is not None and row.about.direction != Item.Direction.OUTPUT:
        return {"item": row.about_id}
    if row.about is not None:
        return {"response": row.response_id, "output": row.about.provider_id}
    return {"response": row.about_answer_id} if row.about_answer_id is not None else None


def approvals(responses: Sequence[Response]) -> dict[int, list[dict[str, Any]]]:
    """Return the calls of each response that a person decides about. Only where there are calls are they asked for."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    if ids := [response.pk for response in responses if response.calls]:
        rows = Approval.objects.filter(response__in=ids).select_related("asked_by", "decided_by").order_by("id")
        for row in rows:
            found[row.response_id].append(approval(row))
    return found


def approval(row: Approval) -> dict[str, Any]:
    """Return a call that waits for approval, or waited, as every member sees it."""
    return {
        "id": row.pk,
        "request": row.request_id,
        "server": row.server_label,
        "name": row.name,
        "arguments": row.arguments,
        "parts": named_arguments(row.arguments),
        "digest": row.digest,
        "state": Approval.State.LAPSED if row.state == Approval.State.PENDING and not row.is_open else row.state,
        "decides": row.decides,
        "asked_by": person(row.asked_by),
        "decided_by": person(row.decided_by) if row.decided_by else None,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "note": row.note,
        "expires_at": row.expires_at.isoformat(),
    }


def item_timing(item: Item) -> dict[str, Any]:
    """Return how the folded stream says it, where it is known."""
    known = {"began_ms": item.began_ms, "ended_ms": item.ended_ms}
    timing = {name: value for name, value in known.items() if value is not None}
    return {"timing": timing} if timing else {}


def _input(item: Item) -> dict[str, Any]:
    return {
        "id": item.pk,
        "type": item.type,
        "role": item.role,
        "author": person(item.author) if item.author else labelled(item.author_label),
        "client_id": item.client_id,
        "created_at": item.created_at.isoformat(),
        "payload": shown_item(visible(item)),
        "mentions": [{"id": mention.user_id, "name": mention.name} for mention in item.mentioned or []],
    }


def visible(item: Item) -> dict[str, Any]:
    """Return an item's payload, or what stands in its place while a moderator looks at it."""
    if item.hidden_at is None:
        payload: dict[str, Any] = item.payload
        return payload
    kind = "output_text" if item.direction == Item.Direction.OUTPUT else "input_text"
    words = _("*Hidden while a moderator looks at it.*")
    content = [{"type": kind, "text": words, "annotations": []}]
    return {"type": "message", "id": item.provider_id, "role": item.role or "assistant", "content": content}


def _kept_until(response: Response) -> str | None:
    """Return when the provider forgets the response, None where it does not keep it."""
    ends = response.provider_expires_at if response.store and response.provider_id else None
    return ends.isoformat() if ends is not None else None


def _timing(response: Response) -> dict[str, Any]:
    def since(moment: Any) -> int | None:
        return round((moment - response.queued_at).total_seconds() * 1000) if moment else None

    return {
        "queued_at": response.queued_at.isoformat(),
        "first_token_ms": since(response.first_token_at),
        "done_ms": since(response.done_at),
    }


def fact_frames(facts: Sequence[Fact]) -> list[protocol.FactFrame]:
    """Return the frames of facts of one conversation, in order.

    What a fact names is shown as it is now, with the last fact that names it; a browser that catches up gets it once.
    """
    conversation = facts[0].conversation
    last = {fact.response_id: fact.position for fact in facts if fact.response_id}
    present = {shown["id"]: shown for shown in turns(conversation, list(last))}
    return [
        fact_frame(
            fact,
            present.get(fact.response_id) if fact.response_id and last[fact.response_id] == fact.position else None,
        )
        for fact in facts
    ]


def fact_frame(fact: Fact, turn: dict[str, Any] | None) -> protocol.FactFrame:
    """Return the frame of a fact with the turn that it names. Of a deleted conversation only the id is told."""
    deleted = fact.kind == Fact.Kind.CONVERSATION_DELETED
    state = None if deleted else conversation_state(fact.conversation)
    if state is not None and fact.kind == Fact.Kind.MEMBERS_UPDATED:
        state["people"] = people(fact.conversation)
    said = None
    if fact.note is not None:
        gone = fact.note.deleted_at is not None
        said = {"id": fact.note.pk, "after": fact.note.response_id} if gone else note(fact.note)
    branch = None if fact.branch is None else {"id": fact.branch.pk, "name": fact.branch.name}
    return protocol.FactFrame(
        position=fact.position,
        kind=fact.kind,
        person=fact.person_id,
        turn=turn,
        note=said,
        branch=branch,
        reaction=marks.reaction(fact.reaction) if fact.reaction is not None else None,
        conversation=state,
    )
