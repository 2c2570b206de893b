"""The page where people bring in what they exported elsewhere, and see what came of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations import access
from conversations.actions import imports
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Import
from conversations.views.json import SignedInRequest

SHOWN = 20
KINDS = {"salon": "Salon", "chatgpt": "ChatGPT", "open_webui": "Open WebUI"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def listing(request: SignedInRequest) -> HttpResponse:
    """Show the imports of the last week; a POST brings a file."""
    problem, status = "", 200
    if request.method == "POST":
        uploaded = request.FILES.get("file")
        try:
            if uploaded is None or uploaded.file is None:
                raise Refused(_("Choose a file first."), code="file")
            imports.bring(request.user, uploaded.file, name=uploaded.name or "")
            return redirect("imports")
        except Refused as error:
            problem, status = error.sentence, error.status
    rows = list(Import.objects.filter(owner=request.user).order_by("-pk")[:SHOWN])
    ids = [pk for row in rows for pk in row.report.get("conversations", [])]
    titles = dict(Conversation.objects.visible_to(request.user).filter(pk__in=ids).values_list("pk", "title"))
    context = {
        "rows": [_row(row, titles) for row in rows],
        "problem": problem,
        "most": settings.SALON_IMPORT_LIMIT,
        "running": any(row.done_at is None for row in rows),
    }
    return render(request, "imports.html", context, status=status)


@require_POST
@login_required
def remove(request: SignedInRequest, import_id: int) -> HttpResponse:
    try:
        imports.remove(access.import_of(request.user, import_id))
    except NotFound as error:
        raise Http404 from error
    return redirect("imports")


def _row(row: Import, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "import": row,
        "kind": KINDS.get(row.kind, ""),
        "numbers": _numbers(row.taken),
        "conversations": [(pk, titles[pk]) for pk in row.report.get("conversations", []) if pk in titles],
        "left": row.report.get("left", []),
    }


def _numbers(taken: dict[str, int]) -> list[str]:
    """Say how many of each kind were taken."""
    found = {name: taken.get(name) or 0 for name in ("conversations", "messages", "files", "known")}
    said = {
        "conversations": ngettext("%(n)s conversation", "%(n)s conversations", found["conversations"]),
        "messages": ngettext("%(n)s message", "%(n)s messages", found["messages"]),
        "files": ngettext("%(n)s picture or file", "%(n)s pictures and files", found["files"]),
        "known": ngettext("%(n)s that is here already", "%(n)s that are here already", found["known"]),
    }
    return [words % {"n": f"{found[name]:,}"} for name, words in said.items() if found[name]]
