"""Links to a conversation: the owner's page of them, and what whoever has one sees."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from conversations import access, contents
from conversations.access import Access
from conversations.actions import shares
from conversations.errors import NotFound, Refused
from conversations.exports import shared
from conversations.exports.html import SHOWN
from conversations.models import Branch
from conversations.site_settings import PUBLIC_LINKS
from conversations.views.json import SignedInRequest

R = TypeVar("R", bound=HttpResponseBase)
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"
POLICY += "; frame-ancestors 'none'"


def of_owner(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view of the page of links: for the owner, what is refused is said on that page."""

    @login_required
    @never_cache
    @functools.wraps(view)
    def checked(request: SignedInRequest, conversation_id: str, **ids: int) -> HttpResponse:
        try:
            found = access.conversation_for(request.user, conversation_id)
            found.require_owner()
        except NotFound as error:
            raise Http404 from error
        except Refused as error:
            return HttpResponse(error.sentence, status=error.status, content_type="text/plain; charset=utf-8")
        try:
            return view(request, found, **ids)
        except NotFound as error:
            raise Http404 from error
        except Refused as error:
            return _page(request, found, problem=error.sentence, status=error.status)

    return checked


@require_safe
@of_owner
def listing(request: SignedInRequest, found: Access) -> HttpResponse:
    return _page(request, found)


@require_POST
@of_owner
def create(request: SignedInRequest, found: Access) -> HttpResponse:
    """Make a link. The answer is the page itself, with the link on it: its secret is written down nowhere."""
    days = request.POST.get("days", "")
    share, secret = shares.create(
        found,
        branch=_branch(request, found),
        days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
        with_names=request.POST.get("names") == "1",
    )
    link = request.build_absolute_uri(reverse("shared", args=[secret]))
    return _page(request, found, share=share, link=link)


@require_POST
@of_owner
def revoke(request: SignedInRequest, found: Access, share_id: int) -> HttpResponse:
    shares.revoke(found, share_id)
    messages.success(request, _("The link opens nothing any more."))
    return redirect("shares", found.conversation.pk)


def _page(request: SignedInRequest, found: Access, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {
        "conversation": found.conversation,
        "branch": _branch(request, found),
        "shares": shares.open_ones(found),
        "lasts": shares.LASTS,
        "off": not PUBLIC_LINKS.value,
    }
    return render(request, "shares.html", context, status=status)


def _branch(request: SignedInRequest, found: Access) -> Branch | None:
    given = request.POST.get("branch") or request.GET.get("branch") or ""
    if given.isascii() and given.isdigit() and len(given) < 19:
        return access.branch_in(found.conversation, int(given))
    return found.conversation.branch


@require_safe
@never_cache
def shown(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what a link leads to; every link that opens nothing looks the same."""
    try:
        share = shares.opened(secret)
        before = request.GET.get("before", "")
        page = shared.page(share, secret, before)
    except NotFound:
        return _guarded(render(request, "shared.html", {"share": None}, status=404))
    if request.method == "GET" and not before:
        shares.count(share)
    return _guarded(render(request, "shared.html", {"share": share, "page": page}))


@require_safe
@never_cache
def picture(request: HttpRequest, secret: str, mark: str) -> HttpResponseBase:
    try:
        file = shared.file(shares.opened(secret), mark)
        content = contents.opened(file)
    except (NotFound, FileNotFoundError) as error:
        raise Http404 from error
    except Refused as error:
        return HttpResponse(error.sentence, status=error.status, content_type="text/plain; charset=utf-8")
    if file.media_type not in SHOWN:
        raise Http404
    response = FileResponse(content, content_type=file.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    return _guarded(response, "default-src 'none'; sandbox")


def _guarded(response: R, policy: str = POLICY) -> R:
    """Let nobody index it, follow where it was, keep it, or add to it."""
    response["Content-Security-Policy"] = policy
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
