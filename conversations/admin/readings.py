"""Breaking the glass: ask, agree, read."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations.admin.pages import StaffRequest, needs, show
from conversations.errors import NotFound, Refused
from conversations.models import Reading
from conversations.moderation import readings

VERBS = {"approve": readings.approve, "refuse": readings.refuse, "end": readings.end}


class ReadingForm(forms.Form):
    conversation = forms.CharField(label=gettext_lazy("Conversation, by id"), max_length=64)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, help_text=gettext_lazy("The people in it will read it.")
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), initial=60, min_value=1, max_value=readings.MOST_MINUTES
    )


@needs("conversations.view_reading")
@require_http_methods(["GET", "HEAD", "POST"])
def reading_list(request: StaffRequest) -> HttpResponse:
    """Show who asked to read what, and to who may, the form to ask."""
    may_ask = request.user.has_perm("conversations.add_reading")
    asked = {name: request.GET.get(name, "") for name in ("conversation", "reason") if name in request.GET}
    form = ReadingForm(request.POST or None, initial=asked)
    if form.is_bound and may_ask and form.is_valid():
        given = form.cleaned_data
        try:
            readings.request(
                given["conversation"].strip(), actor=request.user, reason=given["reason"], minutes=given["minutes"]
            )
            messages.success(request, _("Somebody else has to agree now."))
            return redirect("admin:readings")
        except Refused as error:
            form.add_error(error.code if error.code in form.fields else None, error.sentence)
    rows = Reading.objects.select_related("requested_by", "approved_by").order_by("-pk")[:100]
    return show(
        request,
        "moderation/readings.html",
        "readings",
        status=400 if form.is_bound else 200,
        form=form,
        rows=rows,
        may_fill=may_ask,
        may_approve=request.user.has_perm("conversations.approve_reading"),
    )


@needs("conversations.view_reading")
@require_POST
def decide(request: StaffRequest, reading_id: int) -> HttpResponse:
    """Agree, refuse, or end a reading."""
    reading, verb = _reading(reading_id), request.POST.get("verb", "")
    own = verb == "end" and reading.requested_by_id == request.user.pk
    if verb not in VERBS or not (own or request.user.has_perm("conversations.approve_reading")):
        raise Http404
    try:
        VERBS[verb](reading, actor=request.user)
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:readings")


@needs("conversations.add_reading")
@never_cache
@require_safe
def read(request: StaffRequest, reading_id: int) -> HttpResponse:
    """Show what was said, as plain text, to the one who asked and while it is open. Each page is recorded."""
    given = request.GET.get("after", "0")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    reading = _reading(reading_id)
    try:
        conversation, page = readings.items(reading, actor=request.user, after=after)
    except NotFound as error:
        raise Http404 from error
    return show(
        request,
        "moderation/reading.html",
        "readings",
        reading=reading,
        conversation=conversation,
        rows=page,
        more_url=f"?after={page[-1].pk}" if len(page) == readings.PAGE else "",
    )


def _reading(reading_id: int) -> Reading:
    rows = Reading.objects.select_related("requested_by")
    reading = rows.filter(pk=reading_id).first() if reading_id < 2**63 else None
    if reading is None:
        raise Http404
    return reading
