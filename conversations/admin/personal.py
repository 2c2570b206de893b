"""Personal data: asked for, agreed to by a second person, handed over or erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from conversations import threads
from conversations.admin.pages import StaffRequest, needs, show
from conversations.errors import Refused
from conversations.exports.person import person_archive
from conversations.models import DataRequest, User
from conversations.models.audit import record
from conversations.moderation import erasure

VERBS = {"approve": erasure.approve, "refuse": erasure.refuse}


class RequestForm(forms.Form):
    person = forms.EmailField(label=gettext_lazy("Person, by email"))
    kind = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[("export", gettext_lazy("Hand over all of it")), ("erase", gettext_lazy("Erase the person"))],
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def clean_person(self) -> User:
        person = User.objects.filter(email__iexact=self.cleaned_data["person"]).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person


@needs("conversations.view_datarequest")
@require_http_methods(["GET", "HEAD", "POST"])
def request_list(request: StaffRequest) -> HttpResponse:
    """Show what was asked and, to who may, the form to ask."""
    may_ask = request.user.has_perm("conversations.add_datarequest")
    form = RequestForm(request.POST or None)
    if form.is_bound and may_ask and form.is_valid():
        given = form.cleaned_data
        try:
            erasure.request(given["person"], kind=given["kind"], actor=request.user, reason=given["reason"])
            messages.success(request, _("Somebody else has to agree now."))
            return redirect("admin:personal")
        except Refused as error:
            form.add_error(error.code if error.code in form.fields else None, error.sentence)
    rows = DataRequest.objects.select_related("person", "requested_by", "approved_by").order_by("-pk")[:100]
    return show(
        request,
        "moderation/personal.html",
        "personal",
        status=400 if form.is_bound else 200,
        form=form,
        rows=rows,
        may_fill=may_ask,
        may_approve=request.user.has_perm("conversations.approve_datarequest"),
    )


@needs("conversations.approve_datarequest")
@require_POST
def decide(request: StaffRequest, request_id: int) -> HttpResponse:
    """Agree or refuse. An erasure that is agreed to is done when this answers."""
    asked, verb = _asked(request_id), request.POST.get("verb", "")
    if verb not in VERBS:
        raise Http404
    try:
        VERBS[verb](asked, actor=request.user)
        messages.success(request, _("Done.") if verb == "approve" else _("Refused."))
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:personal")


@needs("conversations.add_datarequest")
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def export(request: StaffRequest, request_id: int) -> HttpResponseBase:
    """Answer what was agreed to, to the one who asked, for a day."""
    asked = _asked(request_id)
    mine = asked.requested_by_id == request.user.pk and asked.kind == DataRequest.Kind.EXPORT
    if not mine or asked.status != DataRequest.Status.OPEN:
        raise Http404
    record("data.export", actor=request.user, object=asked, details={"user": asked.person_id})
    return StreamingHttpResponse(
        _sent(person_archive(asked.person)),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="person-{asked.person_id}.zip"',
            "Cache-Control": "no-store",
        },
    )


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await threads.uploads.run(next, pieces, None)) is not None:
        yield piece


def _asked(request_id: int) -> DataRequest:
    rows = DataRequest.objects.select_related("person", "requested_by")
    asked = rows.filter(pk=request_id).first() if request_id < 2**63 else None
    if asked is None:
        raise Http404
    return asked
