"""A client's turn: begun where it belongs, and told to the client as the API tells it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conversations import access, budgets, events, threads
from conversations.access import Access
from conversations.actions import conversations as conversation_actions
from conversations.actions import program_files
from conversations.actions import turns as turn_actions
from conversations.actions.items import title_of
from conversations.errors import NotFound
from conversations.gateway import inline, items, named, rebuilt
from conversations.gateway.auth import Caller
from conversations.gateway.errors import ApiError, error_for, invalid, unavailable, unknown
from conversations.gateway.following import LOOK, Following
from conversations.gateway.inputs import Asked
from conversations.gateway.objects import at_home, emptied, response_object
from conversations.gateway.streams import streams
from conversations.models import Fact, Response, StreamChunk, User
from conversations.models.fields import plain
from conversations.protocol import Close
from conversations.turns import context
from conversations.upstream.errors import UpstreamError

log = structlog.get_logger(__name__)

QUIET = 15.0
"""Seconds without an event after which a stream says that it is alive; proxies cut what is silent for a minute."""
TOLD = [
    *(field.name for field in Response._meta.concrete_fields if field.name not in {"remarks", "offered"}),
    "previous_response__provider_id",
]
"""What the object of a response is made of. Compiling a query for all columns of both takes longer than running it."""
NOTHING: Mapping[str, int] = {}
encode = msgspec.json.encode


@dataclass(frozen=True)
class Begun:
    """A turn that was queued for a client."""

    access: Access
    response: Response
    new_conversation: bool


def begin(caller: Caller, asked: Asked, unstored: Mapping[str, int] = NOTHING) -> Begun:
    """Queue the turn: behind the response or at the end of the conversation that is named, or in a new conversation.

    `unstored` are responses that may be named although they were not to be stored. Raise `ApiError` and `Refused`.
    """
    user = caller.user
    given = items.resolved(user, asked.items)
    after_id = None
    if asked.previous_id is not None:
        found, previous = _previous(user, asked.previous_id, unstored)
        after_id = previous.pk
    elif asked.conversation_id is not None:
        found = _conversation(user, asked.conversation_id)
    new = after_id is None and asked.conversation_id is None
    named.check(user, asked.options.get("tools", []), None if new else found.conversation)
    with transaction.atomic():
        if new:
            found = conversation_actions.create(user)
        given = inline.kept(found, program_files.bring_in(found, given))
        options = asked.options
        if "tools" in options:
            tools = inline.kept(found, program_files.bring_in(found, options["tools"]))
            options = {**options, "tools": tools}
        response, _ = turn_actions.ask(
            found,
            given,
            options=options,
            model=asked.model,
            after_id=after_id,
            title=title_of(given),
            door=Response.Door.GATEWAY,
            key_id=caller.key.pk,
        )
    return Begun(found, response, new)


def begun_before(user: User, response_pk: int) -> Begun:
    """Return a turn that this person's client has begun before; raise `ApiError` (404) where it is theirs no more."""
    response = Response.objects.select_related("conversation", "previous_response").filter(pk=response_pk).first()
    if response is None or response.deleted_at is not None:
        raise unknown("Response", "")
    return Begun(_conversation(user, response.conversation_id), response, new_conversation=False)


def prepare(caller: Caller, asked: Asked, unstored: Mapping[str, int] = NOTHING) -> Begun:
    """Store the input without asking the provider for anything: a later turn goes on from it. Raise like `begin`."""
    with transaction.atomic():
        begun = begin(caller, asked, unstored)
        response = begun.response
        response.provider_id = f"resp_{secrets.token_hex(24)}"
        response.endpoint = ""  # no provider knows it, so its items are told anew
        response.status = Response.Status.COMPLETED
        response.done_at = timezone.now()
        response.store = asked.store
        response.final = emptied(response)
        response.save()
        budgets.release(response)
        events.record(response.conversation, Fact.Kind.RESPONSE_UPDATED, response=response)
    return begun


def prepared(begun: Begun) -> list[bytes]:
    """Return the events of a turn that was only prepared."""
    return rebuilt.events(response_object(begun.response))


def with_history(user: User, body: dict[str, Any]) -> dict[str, Any]:
    """Return a checked body with what it continues as the provider can have it: named, or else told in the input.

    Raise `ApiError`.
    """
    body["input"] = items.resolved(user, body["input"])
    previous = conversation = None
    if "previous_response_id" in body:
        found, previous = _previous(user, body.pop("previous_response_id"))
        conversation = found.conversation
    elif "conversation" in body:
        conversation = _conversation(user, body.pop("conversation")).conversation
        previous = conversation.branch.head if conversation.branch else None
    named.check(user, body.get("tools", []), conversation)
    if previous is None or conversation is None:
        return body
    draft = Response(
        conversation=conversation, previous_response=previous, model=body["model"], endpoint=settings.SALON_ENDPOINT
    )
    told = context.build(draft).body
    before = {name: told[name] for name in ("previous_response_id",) if name in told}
    return {**body, **before, "input": told["input"] + body["input"]}


def find(user: User, response_id: str) -> tuple[Access, Response]:
    """Return the response that the API would know by this id; raise `ApiError` (404) for any other."""
    try:
        found, response = access.response_for(user, response_id)
    except NotFound:
        raise unknown("Response", response_id) from None
    if not is_kept(response):
        raise unknown("Response", response_id)
    return found, response


def is_kept(response: Response) -> bool:
    """Whether clients may ask for the response again: it was not deleted, and its client did not say `store: false`."""
    return response.deleted_at is None and response.options.get("store") is not False


def _previous(user: User, response_id: str, unstored: Mapping[str, int] = NOTHING) -> tuple[Access, Response]:
    try:
        found, response = access.response_for(user, response_id)
        if not is_kept(response) and unstored.get(response_id) != response.pk:
            raise NotFound
        return found, response
    except NotFound:
        message = f"Previous response with id '{response_id}' not found."
        raise invalid(message, param="previous_response_id", code="previous_response_not_found") from None


def _conversation(user: User, conversation_id: str) -> Access:
    try:
        return access.conversation_for(user, conversation_id)
    except NotFound:
        raise unknown("Conversation", conversation_id) from None


@asynccontextmanager
async def attended(begun: Begun, *, background: bool) -> AsyncIterator[Following]:
    """Follow a turn on behalf of its client. When the client leaves a turn of the foreground, the turn ends."""
    async with Following(begun.response) as following:
        try:
            yield following
        finally:
            if not (background or following.ear.ended or following.ear.closed == Close.RESTARTS):
                log.info("client_left", response=begun.response.pk)
                await threads.writer.run(turn_actions.stop, begun.access, begun.response)


async def whole(begun: Begun) -> dict[str, Any]:
    """Return the response when it has ended; raise `ApiError` where the provider refused it."""
    async with attended(begun, background=False) as following:
        await following.end()
    return await threads.pages.run(_whole, begun)


async def started(begun: Begun) -> dict[str, Any]:
    """Return a background response as soon as the provider has taken it; raise `ApiError` where it did not."""
    async with attended(begun, background=True) as following:
        async for batch in following.events():
            if batch:
                body: dict[str, Any] = msgspec.json.decode(batch[0])["response"]
                return await threads.writer.run(_named, begun.response, body)
    return await threads.pages.run(_whole, begun)


async def streamed(
    caller: Caller, begun: Begun, *, background: bool, placed: bool = False
) -> AsyncGenerator[list[bytes], None]:
    """Yield the events of the turn, in batches, an empty one where nothing has happened for a while.

    `caller` holds a place for the stream, unless it is `placed` in one already. Raise `ApiError` where the provider
    refused the turn before its first event.
    """
    async with AsyncExitStack() as stack:
        following = await stack.enter_async_context(attended(begun, background=background))
        where = begun.response.conversation_id
        watched = streams.open(caller, following.cut, conversation_id=where, placed=placed)
        await stack.enter_async_context(watched)
        has_id = not background
        async for batch in _told(following, lambda number: _last(begun, number)):
            if batch and not has_id:
                # Whether the row has it yet does not show in `begun.response`, which a runner here knows too
                body = msgspec.json.decode(batch[0]).get("response") or {}
                await threads.writer.run(_named, begun.response, body)
                has_id = True
            yield batch


async def again(caller: Caller, response: Response, after: int) -> AsyncGenerator[list[bytes], None]:
    """Yield the events of a response after a number: as they were logged and live, or made anew from its end."""
    kept = StreamChunk.objects.filter(response=response.pk)
    if not response.is_running and not await threads.pages.run(kept.exists):
        body = await threads.pages.run(response_object, response)
        yield rebuilt.events(body, after=after)
        return
    async with (
        Following(response, after=after) as following,
        streams.open(caller, following.cut, conversation_id=response.conversation_id),
    ):
        async for batch in _told(following, lambda number: _ending(response.pk, number)):
            yield batch


async def _told(following: Following, ending: Callable[[int], list[bytes]]) -> AsyncGenerator[list[bytes], None]:
    """Yield what is followed to its end, and `ending` of the number that comes last. What fails on the way is an event.

    Raise what fails before anything was yielded.
    """
    silent, quiet = True, 0.0
    try:
        async for batch in following.events():
            quiet = 0.0 if batch else quiet + LOOK
            if batch or quiet >= QUIET:
                silent, quiet = False, 0.0
                yield batch
        if following.ear.closed:
            raise _cut(following)
        yield await threads.pages.run(ending, following.next)
    except Exception as problem:
        error = error_for(problem)
        if silent:
            raise error from problem
        yield [encode({"type": "error", "sequence_number": following.next, **error.envelope})]


def _cut(following: Following) -> ApiError:
    if following.ear.closed == Close.RESTARTS:
        return unavailable("The server restarts. Try again in a moment.", seconds=2)
    return ApiError(401, "This key has no right to the response any more.", code="invalid_api_key")


def _named(response: Response, body: dict[str, Any]) -> dict[str, Any]:
    """Write the provider's id before its client hears it and asks for it; return the body as clients see it."""
    response.provider_id = plain(str(body.get("id") or ""))[:200]
    Response.objects.filter(pk=response.pk, provider_id="").update(provider_id=response.provider_id)
    return at_home(body, response)


def _whole(begun: Begun) -> dict[str, Any]:
    response = _reread(begun.response.pk)
    if response.final is None and (error := _refusal(response)):
        withdraw(begun, response)
        raise error
    return response_object(response)


def _last(begun: Begun, number: int) -> list[bytes]:
    if number == 0:
        response = _reread(begun.response.pk)
        if response.final is None and (error := _refusal(response)):
            withdraw(begun, response)
            raise error
    return _ending(begun.response.pk, number)


def _ending(response_id: int, number: int) -> list[bytes]:
    """Return the event that ends the stream of a response; none for one that was cancelled, as the API does."""
    response = _reread(response_id)
    if response.status == Response.Status.CANCELLED:
        return []
    if response.final is None and (error := _refusal(response)):
        return [encode({"type": "error", "sequence_number": number, **error.envelope})]
    body = response_object(response)
    return [encode({"type": f"response.{response.status}", "sequence_number": number, "response": body})]


def _reread(response_id: int) -> Response:
    """Return the response as it ended, with what its object is made of."""
    return Response.objects.select_related("previous_response").only(*TOLD).get(pk=response_id)


def _refusal(response: Response) -> ApiError | None:
    """Return what the client is told instead of a response that the provider did not give."""
    if response.status == Response.Status.CANCELLED and not response.provider_id:
        return invalid("This turn was stopped before it began.", code="cancelled")
    if response.status != Response.Status.FAILED:
        return None
    said = response.error or {}
    return error_for(UpstreamError(said.get("message") or "", **said.get("provider", {"code": said.get("code")})))


def withdraw(begun: Begun, response: Response) -> None:
    """Hide the conversation that was begun for a request which brought no response: the API keeps none of it either."""
    if begun.new_conversation and not response.provider_id:
        conversation_actions.delete(begun.access)
