"""Notices: the list, the way from one to what it is about, what one wants to be told of."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations.errors import Refused
from conversations.models import User
from conversations.notices import choices
from conversations.notices import listing as notices
from conversations.notices.delivery import UNSUBSCRIBE
from conversations.views.json import SignedInRequest, answer, body, door


@require_safe
@login_required
@never_cache
def listing(request: SignedInRequest) -> HttpResponse:
    """Show what one was told, the newest first."""
    found = notices.notice_list(request.user, before=request.GET.get("before", ""))
    return render(request, "notices/list.html", {"listing": found, "unread": notices.unread_count(request.user)})


@require_safe
@login_required
@never_cache
def follow(request: SignedInRequest, notice_id: int) -> HttpResponse:
    """Go to what a notice is about; it counts as read then."""
    target = notices.opened(request.user, notice_id) if notice_id < 2**63 else None
    if target is None:
        raise Http404
    return redirect(target)


@require_POST
@login_required
def read(request: SignedInRequest) -> HttpResponse:
    """Count everything as read."""
    notices.read_all(request.user)
    return redirect("notices")


@require_POST
@login_required
def choose(request: SignedInRequest) -> HttpResponse:
    """Keep what one wants to be told of."""
    try:
        choices.choose(request.user, on=request.POST.getlist("on"), digest=request.POST.get("digest", ""))
    except Refused as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Saved."))
    return redirect(f"{reverse('settings')}#notices")


@door("POST")
def subscribe(request: SignedInRequest) -> HttpResponse:
    """Tell this browser, by the address and the keys that it made for us."""
    given = body(request)
    keys = given.get("keys")
    keys = keys if isinstance(keys, dict) else {}
    choices.subscribe(request.user, endpoint=given.get("endpoint"), p256dh=keys.get("p256dh"), auth=keys.get("auth"))
    return answer({"subscribed": True})


@door("POST")
def unsubscribe_browser(request: SignedInRequest) -> HttpResponse:
    """Tell this browser no more."""
    choices.unsubscribe(request.user, endpoint=body(request).get("endpoint"))
    return answer({"subscribed": False})


@csrf_exempt  # the token says whose letters; a mail program sends nothing else (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Send no letters any more to whom the link was sent. A GET only asks: programs look at links."""
    try:
        person = User.objects.filter(pk=signing.loads(token, salt=UNSUBSCRIBE)).first()
    except signing.BadSignature:
        person = None
    if person is None:
        raise Http404
    if request.method == "POST":
        choices.stop_letters(person)
    return render(request, "notices/unsubscribe.html", {"person": person, "done": request.method == "POST"})


@require_safe
def worker(request: HttpRequest) -> FileResponse:
    """Serve the script that is told while no page is open. It must lie above all pages."""
    path = settings.BASE_DIR / "build" / "static" / "dist" / "push-worker.js"
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), content_type="text/javascript", headers={"Cache-Control": "no-cache"})
