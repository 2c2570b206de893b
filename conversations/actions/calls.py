"""What goes on after a response with calls: the response that takes their outputs to the model."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from conversations import budgets, dispatch, events
from conversations.models import Branch, Conversation, Fact, Response

MOST_ROUNDS = 12
"""Responses that may call tools one after the other; the one after them has to answer without."""
MOST_STEPS = 60
"""The same where the model works with a computer, which takes a call for each look at the screen."""


def most_rounds(response: Response) -> int:
    return MOST_STEPS if "computer" in response.offered.get("hosted", ()) else MOST_ROUNDS


def queue_answer(conversation: Conversation, response: Response, *, ends_now: bool) -> Response:
    """Queue the response that answers the calls of `response`. The caller has locked the conversation.

    It stands right behind `response`, before messages that wait for it; where the conversation has gone on meanwhile,
    it stands at the end of the branch. `ends_now`: the transaction is the one that ends `response`.
    """
    branch = Branch.objects.get(pk=response.branch_id)
    queued = Response.objects.filter(previous_response=response, status=Response.Status.QUEUED, epoch=0)
    waiting = list(queued) if ends_now else []
    between = any(row.branch_id == branch.pk for row in waiting)
    last = branch.head_id == response.pk
    following = Response.objects.create(
        conversation=conversation,
        branch=branch,
        previous_response_id=response.pk if last or between else branch.head_id,
        answers=response,
        created_by_id=response.created_by_id,
        model=response.model,
        door=response.door,
        endpoint=settings.SALON_ENDPOINT,
        instructions=response.instructions,
        options=_options(response),
        offered=response.offered,
        round=response.round + 1,
        key_id=response.key_id,
    )
    budgets.reserve(following, response.created_by)
    if not between:
        Branch.objects.filter(pk=branch.pk).update(head=following)
    events.record(conversation, Fact.Kind.RESPONSE_CREATED, response=following)
    for row in waiting if between else ():
        Response.objects.filter(pk=row.pk).update(previous_response=following)
        row.previous_response = following
        events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=row)
    transaction.on_commit(lambda: dispatch.start(following), robust=True)
    return following


def _options(response: Response) -> dict[str, Any]:
    """What was asked for holds on, but for the wish to call a tool: it has been fulfilled, and would be for ever."""
    options: dict[str, Any] = dict(response.options)
    choice = options.pop("tool_choice", None)
    if response.round + 1 >= most_rounds(response):
        options["tool_choice"] = "none"
    elif choice == "none":
        options["tool_choice"] = choice
    elif isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        options["tool_choice"] = {**choice, "mode": "auto"}
    return options
