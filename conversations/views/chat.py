"""The chat page and its writes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations import access, budgets, catalog, marks, parameters, snapshots, unread
from conversations.access import Access
from conversations.actions import conversations, turns
from conversations.errors import NotFound, Refused
from conversations.gallery.recipes import recipes
from conversations.models import AnswerSchema, Branch, Conversation, Response
from conversations.models.approval import DECIDE
from conversations.models.mark import USUAL
from conversations.tools import hosted
from conversations.tools.hosted import HOSTED
from conversations.views import kept, library, tools
from conversations.views.json import SignedInRequest, answer, body, door, listing, text, whole_number

BROWSER_ROW_LIMIT = 2**63
OWN = ("pinned", "archived", "muted")
"""What each member sets for themselves."""


@require_POST
@login_required
def begin(request: SignedInRequest) -> HttpResponse:
    return redirect("conversation", conversations.begin(request.user).pk)


@require_GET
@login_required
@never_cache
def conversation(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    try:
        found = access.conversation_for(request.user, conversation_id)
        branch = _branch(found, request.GET.get("branch"))
    except NotFound as error:
        raise Http404 from error
    page = snapshots.page(found.conversation, branch)
    state = page | {
        "marks": marks.on_page(request.user, page),
        "conversation": snapshots.conversation_state(found.conversation, found.membership)
        | {"people": snapshots.people(found.conversation)},
        "me": snapshots.person(request.user) | {"may_decide": request.user.has_perm(DECIDE)},
        "tools": tools.offered(request.user) if found.membership.may_write else [],
        "models": [
            {
                "name": name,
                "label": catalog.capabilities(name).label,
                "demo": settings.SALON_PROVIDER is None,
                "vision": catalog.capabilities(name).vision,
                "takes": [
                    kind for kind in ("function", "mcp", *HOSTED) if hosted.takes(catalog.capabilities(name), kind)
                ],
                "options": parameters.offered(catalog.capabilities(name)),
            }
            for name in settings.SALON_MODELS
            if not catalog.capabilities(name).only_paints
        ],
        "schemas": list(AnswerSchema.objects.values("name", "description")),
        "position": found.conversation.position,
        "new": unread.first_new(found.membership),
        "state_locked": settings.SALON_STATE_LOCKED,
        "kept_at_provider": settings.SALON_PROVIDER is not None,
    }
    context = {
        "conversation": found.conversation,
        "membership": found.membership,
        "state": state,
        "emojis": USUAL,
        "kept": kept.line(found.conversation),
        "readings": kept.readings_now(found.conversation),
        "draft": _recalled(request),
        "persona": found.conversation.persona,
        "personas": [] if state["turns"] or found.conversation.persona else library.to_begin_with(request.user),
        "budgets": [row for row in budgets.standing(request.user) if row["near"]] if budgets.known.value else [],
    }
    return render(request, "conversations/conversation.html", context)


def _recalled(request: SignedInRequest) -> str:
    """Return the prompt of the picture that `recall` names, for the composer; nothing where it is not theirs to see."""
    files = access.pictures_for(request.user, request.GET.getlist("recall")[:1])
    return recipes(files)[files[0].pk].prompt if files else ""


@door("GET")
def turn_page(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    branch = _branch(found, request.GET.get("branch"))
    before = None
    if given := request.GET.get("before"):
        before = access.response_in(found.conversation, _number(given))
    page = snapshots.page(found.conversation, branch, before=before)
    return answer(page | {"marks": marks.on_page(request.user, page), "position": found.conversation.position})


@door("POST")
def send(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    data = body(request)
    response, new = turns.send_message(
        found,
        text=text(data, "text"),
        attachments=listing(data, "attachments"),
        client_id=text(data, "client_id"),
        previous_id=whole_number(data, "previous"),
        edits_id=whole_number(data, "edits"),
        options=_own_options(found.conversation, data),
    )
    return _turn(response, status=201 if new else 200)


@door("POST")
def regenerate(request: SignedInRequest, conversation_id: str, response_id: int) -> HttpResponse:
    found, response = _response(request, conversation_id, response_id)
    model = text(body(request), "model")
    if model and model not in settings.SALON_MODELS:
        raise Refused("This model is not offered here. Choose another one.", code="model")
    return _turn(turns.regenerate(found, response, model=model), status=201)


@door("POST")
def continue_answer(request: SignedInRequest, conversation_id: str, response_id: int) -> HttpResponse:
    found, response = _response(request, conversation_id, response_id)
    return _turn(turns.continue_answer(found, response), status=201)


@door("POST")
def stop(request: SignedInRequest, conversation_id: str, response_id: int) -> HttpResponse:
    turns.stop(*_response(request, conversation_id, response_id))
    return answer({}, status=202)


@door("POST")
def update(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    found = access.conversation_for(request.user, conversation_id)
    if form := _form(request):
        changes: dict[str, Any] = {name: form[name] for name in form if name not in OWN}
        changes |= {name: form[name] == "1" for name in OWN if name in form}
        conversations.update(found, changes)
        return redirect(_next(request))
    state = conversations.update(found, body(request))
    said = parameters.left_out_sentence(list(state.left_out), catalog.capabilities(state.model))
    return answer({"conversation": snapshots.conversation_state(state, found.membership), "said": said})


@door("POST")
def delete(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    conversations.delete(access.conversation_for(request.user, conversation_id))
    return redirect("home") if _form(request) is not None else answer({})


def _own_options(conversation: Conversation, data: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a message asks for itself alone, in the API's form; raise `Refused` for what it cannot."""
    if data.get("options") is None:
        return None
    known = catalog.capabilities(conversation.model or settings.SALON_MODELS[0])
    asked = parameters.read(data["options"], known, only=parameters.OF_ONE_MESSAGE)
    return parameters.changed({}, asked)


def _form(request: HttpRequest) -> dict[str, str] | None:
    """Return the fields of a plain form, which works without JavaScript; None for a JSON request."""
    if request.content_type == "application/json":
        return None
    return {name: str(value) for name, value in request.POST.items()}


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "/")
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


def _turn(response: Response, *, status: int) -> HttpResponse:
    return answer({"turn": response.shown or snapshots.turn(response), "branch": response.branch_id}, status=status)


def _response(request: SignedInRequest, conversation_id: str, response_id: int) -> tuple[Access, Response]:
    found = access.conversation_for(request.user, conversation_id)
    if response_id >= BROWSER_ROW_LIMIT:
        raise NotFound
    return found, access.response_in(found.conversation, response_id)


def _branch(found: Access, given: str | None) -> Branch | None:
    return access.branch_in(found.conversation, _number(given)) if given else found.conversation.branch


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)
