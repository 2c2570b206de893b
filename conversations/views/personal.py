"""One's own data: taken along as a zip, or asked to be erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations import threads
from conversations.errors import Refused
from conversations.exports.person import person_archive
from conversations.models import DataRequest
from conversations.models.audit import record
from conversations.moderation import erasure
from conversations.views.json import SignedInRequest


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def data(request: SignedInRequest) -> HttpResponseBase:
    """Offer what can be done with one's data; a POST answers all of it. The password was given a moment ago."""
    if request.method != "POST":
        asked = DataRequest.objects.filter(person=request.user, kind=DataRequest.Kind.ERASE).order_by("-pk").first()
        return render(request, "settings/data.html", {"asked": asked})
    record("data.export", actor=request.user, object=request.user)
    answer = StreamingHttpResponse(_sent(person_archive(request.user)), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="salon-my-data.zip"'
    return answer


@require_POST
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def erase(request: SignedInRequest) -> HttpResponse:
    """Ask for one's own erasure: a compliance officer has to agree, because holds may stand against it."""
    try:
        reason = request.POST.get("reason", "").strip() or _("The person asks for it")
        erasure.request(request.user, kind="erase", actor=request.user, reason=reason)
        messages.success(request, _("You have asked for it. When somebody has agreed, your account is gone."))
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("own_data")


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await threads.uploads.run(next, pieces, None)) is not None:
        yield piece
