"""The pages of the studio and their writes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations import access, snapshots
from conversations.actions import making
from conversations.errors import NotFound, Refused
from conversations.gallery.recipes import recipes, references
from conversations.studio import state as states
from conversations.studio.works import works as works_of
from conversations.views import kept
from conversations.views.json import SignedInRequest, answer, body, door, listing, text


@require_GET
@login_required
@never_cache
def works(request: SignedInRequest) -> HttpResponse:
    listed = works_of(request.user, before=request.GET.get("before", ""))
    return render(request, "studio/works.html", {"listing": listed, "makers": states.makers()})


@require_POST
@login_required
def begin(request: SignedInRequest) -> HttpResponse:
    try:
        return redirect("studio_work", making.begin(request.user).pk)
    except Refused:
        return redirect("studio")  # which says that no model here makes pictures


@require_GET
@login_required
@never_cache
def work(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    try:
        found = access.conversation_for(request.user, conversation_id)
    except NotFound as error:
        raise Http404 from error
    state = states.state(found.conversation) | {
        "conversation": snapshots.conversation_state(found.conversation, found.membership)
        | {"people": snapshots.people(found.conversation)},
        "me": snapshots.person(request.user),
        "makers": states.makers(),
        "most_results": making.MOST_RESULTS,
        "recalled": _recalled(request),
    }
    context = {"conversation": found.conversation, "state": state, "kept": kept.line(found.conversation)}
    return render(request, "studio/work.html", context)


def _recalled(request: SignedInRequest) -> dict[str, Any] | None:
    """Return what the form is filled with from a picture of the gallery, as the address names it."""
    for what in ("all", "prompt", "size"):
        if files := access.pictures_for(request.user, request.GET.getlist(what)[:1]):
            recipe = recipes(files)[files[0].pk]
            given = references(recipe.response) if what == "all" and recipe.response is not None else []
            there = [file.pk for file in access.pictures_for(request.user, given)]
            return recipe.for_studio(what) | {"references": there}
    return None


@door("GET")
def state(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    return answer(states.state(access.conversation_for(request.user, conversation_id).conversation))


@door("POST")
def make(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    responses = making.make(found, wish_from(body(request)))
    return answer({"turns": [response.shown or snapshots.turn(response) for response in responses]}, status=201)


def wish_from(data: dict[str, Any]) -> making.Wish:
    """Read what a door was sent; raise `Refused` for what is of a wrong type."""
    results = data.get("results", 1)
    if not isinstance(results, int) or isinstance(results, bool):
        raise Refused("results must be a whole number.", code="results")
    return making.Wish(
        prompt=text(data, "prompt"),
        maker=text(data, "model"),
        options={} if data.get("options") is None else data["options"],
        results=results,
        parent=text(data, "parent"),
        references=listing(data, "references"),
        mask=text(data, "mask"),
        canvas=text(data, "canvas"),
        feather=data.get("feather"),
        client_id=text(data, "client_id"),
    )


@door("POST")
def version(request: SignedInRequest, conversation_id: str, file_id: str) -> HttpResponse:
    """Change what `name`, `liked` and `main` say of a version."""
    found, data = access.conversation_for(request.user, conversation_id), body(request)
    if "name" in data:
        making.name(found, file_id, text(data, "name"))
    if "liked" in data:
        making.like(found, file_id, data["liked"] is True)
    branch = making.restore(found, file_id) if data.get("main") is True else None
    return answer({"branch": branch.pk if branch is not None else found.conversation.branch_id})
