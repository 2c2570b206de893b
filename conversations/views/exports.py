"""What people take out of a conversation: the page that offers it, and the download."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations import access, threads
from conversations.actions import exports
from conversations.errors import NotFound, Refused
from conversations.models import Branch
from conversations.views.json import SignedInRequest

LOOK_AGAIN = 2.0
"""Seconds after which it is asked once more whether the person may still see what is being sent."""


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def export(request: SignedInRequest, conversation_id: str) -> HttpResponseBase:
    """Offer the forms in which a conversation can be taken along; a POST sends one."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        branch = _branch(found, request.POST.get("branch") or request.GET.get("branch"))
        if request.method != "POST":
            return _page(request, found, branch)
        form = request.POST.get("form", "")
        pieces = exports.export(found, form, branch)
    except NotFound as error:
        raise Http404 from error
    except Refused as error:
        return _page(request, found, branch, problem=error.sentence, status=error.status)
    suffix, media_type = exports.FORMS[form]
    response = StreamingHttpResponse(_sent(request, conversation_id, pieces), content_type=media_type)
    name = f"{slugify(found.conversation.title, allow_unicode=True)[:60] or 'conversation'}.{suffix}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _page(
    request: SignedInRequest, found: access.Access, branch: Branch | None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    forms = [
        ("json", _("Everything"), _("A zip: all branches, answers with their parameters, files. It can be imported.")),
        ("markdown", "Markdown", _("The text of the branch you look at, in one file.")),
        ("html", "HTML", _("The branch you look at as one page with its pictures. It needs no network.")),
        ("pdf", "PDF", _("The branch you look at, for paper and archives.")),
    ]
    context = {"conversation": found.conversation, "branch": branch, "forms": forms, "problem": problem}
    return render(request, "exports/export.html", context, status=status)


def _branch(found: access.Access, given: str | None) -> Branch | None:
    if not given:
        return found.conversation.branch
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    return access.branch_in(found.conversation, int(given))


async def _sent(request: SignedInRequest, conversation_id: str, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Hand on the pieces, each made in a thread; end where the person is let out meanwhile."""
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()
    asked = time.monotonic()

    def following() -> bytes | None:
        nonlocal asked
        if time.monotonic() - asked > LOOK_AGAIN:
            access.conversation_for(request.user, conversation_id)
            asked = time.monotonic()
        with translation.override(language), timezone.override(zone):
            return next(pieces, None)

    while (piece := await threads.uploads.run(following)) is not None:
        yield piece
