"""The branches of a conversation: the list of them, two side by side, a name, the main one."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import access, snapshots
from conversations.access import MOST_ID, Access
from conversations.actions import branches as actions
from conversations.branches import branch_rows, name_of, number_of, parting
from conversations.errors import NotFound
from conversations.models import Branch, Response
from conversations.models.item import searchable
from conversations.views.json import SignedInRequest, answer, body, door, text

PAIRS = 20
"""Pairs of turns that are compared at once."""


@require_safe
@login_required
@never_cache
def listing(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Show the branches, the newest first, from the id `below` on."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        rows, more = branch_rows(found.conversation, below=_id(request.GET.get("below")))
    except NotFound as error:
        raise Http404 from error
    context = {"conversation": found.conversation, "membership": found.membership, "rows": rows, "more": more}
    return render(request, "branches/list.html", context)


@door("POST")
def rename(request: SignedInRequest, conversation_id: str, branch_id: int) -> HttpResponse:
    found, branch = _found(request, conversation_id, branch_id)
    by_form = request.content_type != "application/json"
    actions.rename(found, branch, request.POST.get("name", "") if by_form else text(body(request), "name"))
    return redirect("branches", conversation_id) if by_form else answer({"name": branch.name})


@door("POST")
def make_main(request: SignedInRequest, conversation_id: str, branch_id: int) -> HttpResponse:
    actions.make_main(*_found(request, conversation_id, branch_id))
    return answer({}) if request.content_type == "application/json" else redirect("branches", conversation_id)


@require_safe
@login_required
@never_cache
def compare(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Show what differs between the two `branch`es; with one of them, between it and the main one."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        asked = [_id(given) for given in dict.fromkeys(request.GET.getlist("branch")[:2])]
        chosen = [access.branch_in(found.conversation, branch_id) for branch_id in asked if branch_id is not None]
        first = _id(request.GET.get("from")) or 0
    except NotFound as error:
        raise Http404 from error
    if len(chosen) == 1 and found.conversation.branch is not None and chosen[0] != found.conversation.branch:
        chosen = [found.conversation.branch, *chosen]
    context: dict[str, Any] = {"conversation": found.conversation, "membership": found.membership, "chosen": chosen}
    if len(chosen) == 2:
        context |= _compared(found, *chosen, first=first)
    return render(request, "branches/compare.html", context)


def _compared(found: Access, left: Branch, right: Branch, *, first: int) -> dict[str, Any]:
    parted = parting(left, right)
    sides = [ids[first : first + PAIRS] for ids in (parted.left, parted.right)]
    turns = {turn["id"]: turn for turn in snapshots.turns(found.conversation, [*sides[0], *sides[1]])}
    pairs = [[_side(turns.get(pk or 0)) for pk in pair] for pair in zip_longest(*sides)]
    more = first + PAIRS if first + PAIRS < max(len(parted.left), len(parted.right)) else None
    query = urlencode([("branch", left.pk), ("branch", right.pk), ("from", more)]) if more else ""
    names = [_name(found, branch) for branch in (left, right)]
    return {"pairs": pairs, "names": names, "parted": parted, "first": first, "more": query}


def _name(found: Access, branch: Branch) -> str:
    name = name_of(branch, number_of(branch))
    return _("%(name)s, the main one") % {"name": name} if branch.pk == found.conversation.branch_id else name


def _side(turn: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what a turn says, in words and pictures."""
    if turn is None:
        return None
    messages = [item for item in turn["input"] if item["type"] == "message"]
    said = [item for item in turn["output"] if item.get("type") == "message"]
    return {
        "id": turn["id"],
        "branch": turn["branch"],
        "owner": turn["input_from"] or turn["id"],
        "author": next((item["author"]["name"] for item in messages if item["author"]), ""),
        "asked": "\n\n".join(searchable(item["payload"]) for item in messages),
        "model": turn["model_label"] or turn["model"],
        "status": Response.Status(turn["status"]).label,
        "answer": "\n\n".join(searchable(item) for item in said),
        "pictures": [item["image"] for item in turn["output"] if isinstance(item.get("image"), dict)],
    }


def _found(request: SignedInRequest, conversation_id: str, branch_id: int) -> tuple[Access, Branch]:
    found = access.conversation_for(request.user, conversation_id)
    if branch_id >= MOST_ID:
        raise NotFound
    return found, access.branch_in(found.conversation, branch_id)


def _id(given: str | None) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    return int(given)
