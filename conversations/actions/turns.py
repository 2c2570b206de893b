"""What people do with turns: send, regenerate, continue, stop. Shared by every door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import budgets, catalog, dispatch, events, parameters, schemas, sealing, snapshots
from conversations.access import Access
from conversations.actions import conversations, files, mentions, repeating, statements, voices
from conversations.actions.titles import shortened
from conversations.errors import NotFound, Refused
from conversations.models import Branch, Conversation, Fact, Item, ProviderDeletion, Response, User
from conversations.models.fields import plain
from conversations.models.item import searchable
from conversations.models.response import LEASED
from conversations.moderation import noticing
from conversations.prepared import insert
from conversations.site_settings import DEFAULT_INSTRUCTIONS

MOST_CHARACTERS = 400_000
"""In one message. Longer texts belong into a file."""
MOST_RUNNING = 20
"""Turns of one conversation, on all its branches, that are being answered or wait for those before them."""
DELETED = "Deleted by a program of {name}."


def send_message(
    access: Access,
    *,
    text: str,
    attachments: Sequence[Any] = (),
    client_id: str = "",
    previous_id: int | None = None,
    edits_id: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[Response, bool]:
    """Store a message to the model and queue its answer, in one transaction.

    `attachments` are those of `files.attach`; with one the text may be empty. `previous_id`, `edits_id`, `options` and
    `client_id` are those of `ask`, and so is what is returned. Raise `Refused`.
    """
    access.require_writer()
    text = plain(text)
    if not text.strip() and not attachments:
        raise Refused("Write something first.", code="empty")
    if len(text) > MOST_CHARACTERS:
        raise Refused(
            f"This message has {len(text):,} characters; {MOST_CHARACTERS:,} is the most. Shorten it or split it.",
            code="too_long",
            status=413,
        )
    content: list[dict[str, Any]] = [{"type": "input_text", "text": text}] if text.strip() else []
    message = {"type": "message", "role": "user", "content": content}
    asking = partial(
        ask, access, [message], options=options, client_id=client_id, previous_id=previous_id, edits_id=edits_id
    )
    if not attachments:
        return asking(title=text)
    with transaction.atomic():
        content += files.attach(access, attachments)
        return asking(title=text if text.strip() else files.title_of(content))


def ask(
    access: Access,
    payloads: Sequence[dict[str, Any]],
    *,
    options: Mapping[str, Any] | None = None,
    model: str = "",
    client_id: str = "",
    previous_id: int | None = None,
    edits_id: int | None = None,
    after_id: int | None = None,
    begins: bool = False,
    making: Mapping[str, Any] | None = None,
    title: str = "",
    door: Response.Door = Response.Door.PAGE,
    key_id: int | None = None,
) -> tuple[Response, bool]:
    """Store input items, in the API's form, and queue the answer to them, in one transaction.

    `options` are the turn's own, by the API's names; they win over the conversation's. `previous_id` is the response
    that the sender looked at last; without it the main branch is continued. The items go to the end of that response's
    branch, so that what two people send at once stands in one order. `edits_id` is a response whose message is worded
    anew, which makes a branch. `after_id` is the very response to go on from, on a branch of its own where somebody
    has gone on from it already; with `begins` nothing precedes. `making` is the studio's. `title` is what a
    conversation without a title is named after. What comes by the gateway is asked as its client says it, without the
    conversation's own options, instructions and tools, and not while another turn of the conversation runs. Return the
    queued response and whether it is new: the same `client_id` twice is one message. Raise `Refused`.
    """
    access.require_writer()
    client_id = plain(client_id)
    if len(client_id) > 64:
        raise Refused("client_id is longer than 64 characters.", code="client_id")
    for payload in payloads:
        noticing.require_unblocked(searchable(payload))
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        if client_id and (known := statements.sent.first(conversation=conversation.pk, client_id=client_id)):
            if known.response is None or known.direction != Item.Direction.INPUT:
                raise Refused("This client_id was given to a note.", code="client_id", status=409)
            return known.response, False
        if edits_id is not None:
            edited = _response(conversation, edits_id)
            if not Item.objects.filter(response=edited.input_owner_id, author=access.user).exists():
                raise Refused("You can edit your own messages only.", code="not_yours", status=403)
            previous = edited.previous_response
            options = parameters.merged(repeating.form_of(edited), options or {})
            branch = _new_branch(conversation, access.user)
        elif after_id is not None:
            previous = _response(conversation, after_id)
            branch = _branch_after(conversation, previous, access.user)
        elif begins:
            previous, branch = None, _new_branch(conversation, access.user)
        else:
            branch = _line(conversation, previous_id) or _new_branch(conversation, access.user)
            previous = branch.head
        at_end = edits_id is None and not begins and branch.head_id == (previous.pk if previous else None)
        own: dict[str, Any] = {"making": making or {}, "key_id": key_id, "payloads": payloads, "door": door}
        response = _queue(conversation, branch, previous, access.user, options=options, model=model, **own)
        by_page = door == Response.Door.PAGE
        heading = voices.heading(conversation, previous, access.user) if by_page else []
        items = [*heading, *payloads]
        inputs = _store(response, items, author=access.user, client_id=client_id, before=len(heading))
        if by_page:
            mentions.store(inputs[-1])
        if at_end:
            response.shown = snapshots.new_turn(response)
        announce(conversation, branch, response, title=title)
    return response, True


def regenerate(access: Access, response: Response, *, model: str = "") -> Response:
    """Queue another answer to the same message, on a branch of its own."""
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        response.refresh_from_db()
        if response.is_running:
            raise Refused("This answer is still being written. Stop it first.", code="running", status=409)
        branch = _new_branch(conversation, access.user)
        again = _queue(
            conversation,
            branch,
            response.previous_response,
            access.user,
            **repeating.asked_like(response, model),
            input_from_id=response.input_owner_id,
            answers_id=response.answers_id,
            round=response.round,
        )
        repeating.lock_like(response, again)
        announce(conversation, branch, again)
    return again


def continue_answer(access: Access, response: Response) -> Response:
    """Queue a turn that goes on where an answer broke off."""
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        response.refresh_from_db()
        if response.status not in {Response.Status.INCOMPLETE, Response.Status.CANCELLED}:
            raise Refused("This answer is complete; there is nothing to continue.", code="complete", status=409)
        if response.answer_form:
            raise Refused("An answer in a form comes whole or not at all. Try again instead.", code="form", status=409)
        branch = _branch_after(conversation, response, access.user)
        following = _queue(conversation, branch, response, access.user)
        words = "Your last answer was cut off. Continue exactly where it stopped, without repeating anything."
        message = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": words}]}
        _store(following, [message], author=None)
        announce(conversation, branch, following)
    return following


def stop(access: Access, response: Response) -> None:
    """Ask the runner to stop the response; what was said is kept. Stopping what has ended does nothing."""
    access.require_writer()
    asked = Response.objects.running().filter(pk=response.pk, cancel_requested_at=None)
    if asked.update(cancel_requested_at=timezone.now()):
        dispatch.cancel(response.pk)


def delete(access: Access, response: Response) -> None:
    """Take a response from all clients and from what models are told, and with the last one its conversation.

    The provider is asked to delete it too, again and again until it has. One that runs is to be stopped first.
    """
    access.require_writer()
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        response = Response.objects.select_for_update().get(pk=response.pk)
        response.deleted_at = timezone.now()
        response.remarks = [*(response.remarks or []), DELETED.format(name=access.user.display_name)]
        response.save(update_fields=["deleted_at", "remarks"])
        if response.store and response.provider_id:
            kind = ProviderDeletion.Kind.RESPONSE
            there = {"endpoint": response.endpoint, "kind": kind, "provider_id": response.provider_id}
            ProviderDeletion.objects.get_or_create(**there, defaults={"kept_until": response.provider_expires_at})
        left = Response.objects.filter(conversation=conversation, deleted_at=None)
        if access.membership.is_owner and not left.exists():
            conversations.delete(access)
        else:
            events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=response)


def _response(conversation: Conversation, response_id: int) -> Response:
    response = Response.objects.filter(conversation=conversation, pk=response_id).first()
    if response is None:
        raise NotFound
    return response


def _line(conversation: Conversation, previous_id: int | None) -> Branch | None:
    """Return the branch of a response, the main one without an id, and None before the first message."""
    main = statements.branch.first(branch=conversation.branch_id) if conversation.branch_id is not None else None
    if previous_id is None or (main is not None and main.head_id == previous_id):
        return main
    return _response(conversation, previous_id).branch


def _branch_after(conversation: Conversation, previous: Response, user: User) -> Branch:
    """Return the branch that ends with `previous`, or a new one where somebody has gone on from it already."""
    branch = previous.branch
    return branch if branch.head_id == previous.pk else _new_branch(conversation, user)


def _new_branch(conversation: Conversation, user: User) -> Branch:
    branch = Branch(conversation=conversation, created_by=user)
    insert([branch])
    return branch


def _queue(
    conversation: Conversation,
    branch: Branch,
    previous: Response | None,
    user: User,
    *,
    options: Mapping[str, Any] | None = None,
    model: str = "",
    door: Response.Door = Response.Door.PAGE,
    payloads: Sequence[dict[str, Any]] = (),
    **columns: Any,
) -> Response:
    """Store the response: queued, or at once in the hands of this process's runner where nothing precedes that runs."""
    by_page = door == Response.Door.PAGE
    if not by_page:
        require_idle(conversation)
    elif len(statements.running(conversation=conversation.pk)) >= MOST_RUNNING:
        raise Refused(
            "Too many answers are on their way in this conversation. Let some finish first.",
            code="queue_full",
            status=429,
        )
    model = model or conversation.model or settings.SALON_MODELS[0]
    known = catalog.capabilities(model)
    fitting, left_out = parameters.fitting(conversation.options, known)
    asked = parameters.merged(fitting, options or {}) if by_page else dict(options or {})
    response = Response(
        conversation=conversation,
        branch=branch,
        previous_response=previous,
        created_by=user,
        answer_form=schemas.form_of(asked),
        model=model,
        endpoint=settings.SALON_ENDPOINT,
        door=door,
        instructions=conversation.instructions or DEFAULT_INSTRUCTIONS.value if by_page else "",
        options=sealing.seal_tools(asked),
        offered=conversation.offered if by_page else {},
        remarks=[parameters.left_out_sentence(left_out, known)] if left_out and by_page else [],
        **columns,
    )
    holder = dispatch.holder()
    if holder is None or (previous is not None and previous.is_running):
        insert([response])
    else:
        response.begin(holder)
        insert([response], lease_until=LEASED)
    budgets.reserve(response, user, payloads)
    return response


def _store(
    response: Response, payloads: Sequence[dict[str, Any]], *, author: User | None, client_id: str = "", before: int = 0
) -> list[Item]:
    """Store and return the input items of a response that was just queued.

    The first `before` of them nobody has written. The one behind them has the `client_id`.
    """
    inputs = response.inputs = [
        Item.from_payload(
            payload,
            response=response,
            direction=Item.Direction.INPUT,
            index=index,
            author=author if index >= before else None,
            client_id=client_id if index == before else "",
        )
        for index, payload in enumerate(payloads)
    ]
    for item in inputs:
        item.text = item.text if item.author else ""  # words of the server's own are for the model, not for searches
    insert(inputs)
    return inputs


def require_idle(conversation: Conversation) -> None:
    """Raise `Refused` (409) while a turn of the conversation, whose row the caller has locked, is running."""
    if Response.objects.running().filter(conversation=conversation).exists():
        raise Refused(
            "Another turn of this conversation is running. Wait for its end, or begin another conversation.",
            code="conversation_locked",
            status=409,
        )


def announce(conversation: Conversation, branch: Branch, response: Response, *, title: str = "") -> None:
    """Make `response` the newest of its branch and the branch the conversation's main one, and tell everybody."""
    now = timezone.now()
    statements.move_head(branch=branch.pk, head=response.pk)
    conversation.branch, conversation.activity_at = branch, now
    if title and not conversation.title:
        conversation.title = shortened(title)
    statements.touch(conversation=conversation.pk, activity_at=now, archived_at=None)
    kind, changed = Fact.Kind.RESPONSE_CREATED, ["branch", "activity_at", "title", "several_write"]
    by = response.inputs[-1].author if response.inputs else None
    events.record(conversation, kind, response=response, person=by, said=by is not None, changed=changed)
    if response.is_running:
        transaction.on_commit(lambda: dispatch.start(response), robust=True)
