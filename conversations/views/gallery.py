"""The gallery: all pictures that one may see, and what people do with several of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from conversations import access, threads
from conversations.actions import boards
from conversations.errors import NotFound, Refused
from conversations.gallery.archive import zipped
from conversations.gallery.pictures import MADE, PURPOSES, Wanted, described, page
from conversations.models import Board, User
from conversations.models.fields import plain
from conversations.search.query import parse
from conversations.views.json import SignedInRequest

LONGEST_QUERY = 400
MOST_DOWNLOADED = 200
"""Pictures of one zip."""
MOST_CHIPS = 40
"""Boards above the wall."""


@login_required
@require_safe
@never_cache
def gallery(request: SignedInRequest) -> HttpResponse:
    """Show what fits the words `q`, the model, the board; from `before` on."""
    names = ("q", "kind", "model", "board", "liked", "who", "since", "until")
    given = {name: plain(request.GET.get(name, ""))[:LONGEST_QUERY].strip() for name in names}
    kind = given["kind"] if given["kind"] in PURPOSES else MADE
    query = parse(given["q"] + " ")  # whole words: nothing is being typed any more
    query.people += [given["who"]] if given["who"] else []
    query.after = _day(given["since"]) or query.after
    until = _day(given["until"])
    query.before = until + dt.timedelta(days=1) if until else query.before
    wanted = Wanted(
        kind=kind,
        query=query,
        model=given["model"] if kind == MADE else "",
        board=_board(request.user, given["board"]) if given["board"] else None,
        favourites=given["liked"] == "1",
    )
    listed = page(request.user, wanted, before=request.GET.get("before", ""))
    asked = {name: value for name, value in given.items() if value and (name, value) != ("kind", MADE)}
    context = {
        "listed": listed,
        "wanted": wanted,
        "words": given["q"],
        "given": given,
        "filtered": any(given[name] for name in ("who", "since", "until", "model")),
        "boards": Board.objects.visible_to(request.user).order_by("name", "pk")[:MOST_CHIPS],
        "models": settings.SALON_MODELS,
        "here": request.get_full_path(),
        "more": f"?{urlencode({**asked, 'before': listed.more})}" if listed.more else "",
        "all": f"?{urlencode(_without(asked, 'board', 'liked'))}",
        "others": {name: f"?{urlencode({**_without(asked, 'model'), 'kind': name})}" for name in PURPOSES},
    }
    return render(request, "gallery/gallery.html", context)


def _without(given: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in names}


def _day(given: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        return None


def _board(user: User, given: str) -> Board:
    try:
        return access.board_for(user, int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0)
    except NotFound as error:
        raise Http404 from error


@login_required
@require_POST
def download(request: SignedInRequest) -> HttpResponseBase:
    """Send the chosen pictures as a zip."""
    files = access.pictures_for(request.user, request.POST.getlist("picture")[: MOST_DOWNLOADED + 1])
    if len(files) > MOST_DOWNLOADED:
        messages.error(request, _("A zip takes at most %(most)d pictures.") % {"most": MOST_DOWNLOADED})
        return back(request)
    if not files:
        messages.error(request, _("Choose some pictures first."))
        return back(request)
    response = StreamingHttpResponse(_sent(zipped(described(request.user, files))), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, "pictures.zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await threads.uploads.run(next, pieces, None)) is not None:
        yield piece


@login_required
@require_POST
def make_board(request: SignedInRequest) -> HttpResponse:
    try:
        board = boards.make(request.user, request.POST.get("name", ""), shared=request.POST.get("shared") == "1")
    except Refused as error:
        messages.error(request, error.sentence)
        return back(request)
    files = access.pictures_for(request.user, request.POST.getlist("picture"))
    boards.put(request.user, board, files)
    return redirect(f"{reverse('gallery')}?board={board.pk}")


@login_required
@require_POST
def change_board(request: SignedInRequest, board_id: int) -> HttpResponse:
    """Rename, open or close a board, or delete it."""
    board = _board(request.user, str(board_id))
    try:
        if request.POST.get("do") == "delete":
            boards.delete(request.user, board)
            messages.success(request, _("The board is gone. Its pictures are where they were."))
            return redirect("gallery")
        boards.change(request.user, board, request.POST.get("name", ""), shared=request.POST.get("shared") == "1")
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect(f"{reverse('gallery')}?board={board.pk}")


@login_required
@require_POST
def on_board(request: SignedInRequest) -> HttpResponse:
    """Put the chosen pictures on a board, or take them from it."""
    board = _board(request.user, request.POST.get("board", ""))
    files = access.pictures_for(request.user, request.POST.getlist("picture"))
    if request.POST.get("do") == "take":
        boards.take(board, files)
        return back(request)
    try:
        number = boards.put(request.user, board, files)
    except Refused as error:
        messages.error(request, error.sentence)
        return back(request)
    sentence = ngettext(
        "%(number)d picture is on “%(board)s” now.", "%(number)d pictures are on “%(board)s” now.", number
    )
    messages.success(request, sentence % {"number": number, "board": board.name})
    return back(request)


def back(request: SignedInRequest) -> HttpResponse:
    """Lead to the page of this site that a form was on."""
    to = request.POST.get("next", "")
    return redirect(to if url_has_allowed_host_and_scheme(to, allowed_hosts=None) else "gallery")
