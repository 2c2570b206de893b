"""The page of search."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations.models.fields import plain
from conversations.search.find import find
from conversations.search.query import parse
from conversations.views.json import SignedInRequest

LONGEST_QUERY = 400


@login_required
@require_safe
@never_cache
def search(request: SignedInRequest) -> HttpResponse:
    """Show what fits the words `q`, the newest first, from the id `below` on."""
    words = plain(request.GET.get("q", ""))[:LONGEST_QUERY].lstrip()
    below = request.GET.get("below", "")
    if below and not (below.isascii() and below.isdigit() and len(below) < 19):
        raise BadRequest("This page of the list does not exist.")
    query = parse(words)
    found = None if query.is_empty else find(request.user, query, below=int(below) if below else None)
    more = f"?{urlencode({'q': words, 'below': found.more})}" if found and found.more else ""
    hints = [(_("Has a picture"), "has:image"), (_("From me"), f'from:"{request.user.display_name}"')]
    offered = [(label, f"?{urlencode({'q': f'{words} {part}'.strip()})}") for label, part in hints if part not in words]
    context = {"words": words, "query": query, "found": found, "more": more, "offered": offered}
    return render(request, "search.html", context)
