"""Reporting something to the moderators, and what became of one's reports and of what one wrote."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from conversations import access
from conversations.access import Access
from conversations.errors import NotFound, Refused
from conversations.models import Case, File, Item, Report, Response
from conversations.moderation import cases, taking
from conversations.views.json import SignedInRequest

MOST_SHOWN = 50
MOST_QUOTED = 400


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def report(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Ask what is wrong with a message, an answer or a part of one, and pass it on."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        choices = _choices(found, request)
        problem = _reported(found, choices, request) if request.method == "POST" else None
    except NotFound as error:
        raise Http404 from error
    if request.method == "POST" and problem is None:
        messages.success(request, _("Thank you. A moderator looks at it; you find what comes of it under Reports."))
        return redirect("conversation", found.conversation.pk)
    given = request.POST if request.method == "POST" else request.GET
    context = {
        "conversation": found.conversation,
        "choices": choices,
        "chosen": given.get("what", ""),
        "reasons": Report.Reason.choices,
        "reason": given.get("reason", ""),
        "comment": given.get("comment", ""),
        "problem": problem,
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/report.html", context, status=problem.status if problem else 200)


def _reported(found: Access, choices: list[dict[str, Any]], request: SignedInRequest) -> Refused | None:
    what = request.POST.get("what", choices[0]["value"])
    chosen = next((choice for choice in choices if choice["value"] == what), None)
    if chosen is None:
        raise NotFound
    reason, comment = request.POST.get("reason", ""), request.POST.get("comment", "")
    try:
        cases.report(found, chosen["item"], file=chosen["file"], reason=reason, comment=comment)
    except NotFound:
        raise
    except Refused as error:
        return error
    return None


def _choices(found: Access, request: SignedInRequest) -> list[dict[str, Any]]:
    """Return what of the address can be reported, what is most likely meant first; raise `NotFound` for nothing."""
    if turn := request.GET.get("turn"):
        response = access.response_in(found.conversation, _number(turn))
        choices = _parts(response)
    elif item := request.GET.get("item"):
        said = access.item_in(found.conversation, _number(item))
        choices = [_choice(said), *_files(said)]
    elif file_id := request.GET.get("file"):
        file = access.file_for(found.user, file_id)
        holder = taking.holder(found.conversation, file)
        choices = [_choice(holder, file)] if holder is not None else []
    else:
        raise NotFound
    if not choices:
        raise NotFound
    return choices


def _parts(response: Response) -> list[dict[str, Any]]:
    rows = Item.objects.present().filter(response=response, direction=Item.Direction.OUTPUT).order_by("index")
    items = list(rows.exclude(type="reasoning").select_related("response", "author"))
    items.sort(key=lambda item: item.type != "message")
    return [_choice(item) for item in items]


def _files(item: Item) -> list[dict[str, Any]]:
    rows = File.objects.filter(conversation=item.conversation_id, pk__in=taking.named(item), preview_of=None)
    return [_choice(item, file) for file in rows.order_by("pk")]


def _choice(item: Item, file: File | None = None) -> dict[str, Any]:
    kind = cases.kind_of(item, file)
    quoted = file.name if file is not None else item.text if item.type == "message" else item.payload.get("name", "")
    label = Case.Kind(kind).label
    value = f"file:{file.pk}" if file is not None else f"item:{item.pk}"
    return {"value": value, "label": label, "quoted": str(quoted or "")[:MOST_QUOTED], "item": item, "file": file}


def _number(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    return int(given)


@login_required
@require_safe
@never_cache
def mine(request: SignedInRequest) -> HttpResponse:
    """Show what became of the viewer's reports, and what moderators decided about what the viewer wrote."""
    reports = Report.objects.filter(reporter=request.user).select_related("case").order_by("-pk")
    decided = Case.objects.filter(author=request.user, closed_at__isnull=False).exclude(decision=Case.Decision.KEEP)
    return render(
        request,
        "reports/mine.html",
        {
            "reports": reports[:MOST_SHOWN],
            "decided": decided.order_by("-pk")[:MOST_SHOWN],
        },
    )
