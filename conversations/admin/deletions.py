"""Deletions: what is hidden, what was purged, its certificates; and what of ours is still at the provider."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from conversations.admin.pages import StaffRequest, needs, show
from conversations.admin.retention import last_purge
from conversations.errors import NotFound, Refused
from conversations.models import Certificate, Conversation, Deletion, ProviderDeletion, Response
from conversations.models.audit import record
from conversations.moderation import certificates, deletion
from conversations.moderation.holds import held

PAGE = 50
STATES = [
    ("", gettext_lazy("All")),
    (Deletion.State.HIDDEN, gettext_lazy("Hidden")),
    (Deletion.State.PURGING, gettext_lazy("Being purged")),
    (Deletion.State.PURGED, gettext_lazy("Purged")),
    (Deletion.State.RESTORED, gettext_lazy("Restored")),
]


class PageForm(forms.Form):
    state = forms.ChoiceField(required=False, choices=STATES)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    conversation = forms.CharField(required=False, max_length=64)


@needs("conversations.view_deletion")
@require_safe
def deletion_list(request: StaffRequest) -> HttpResponse:
    """Show deletions from the newest, by state; held ones say so. No title: an administrator is not a member."""
    form = PageForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = Deletion.objects.select_related("requested_by", "owner").prefetch_related("certificates").order_by("-pk")
    for name, field in (("state", "state"), ("before", "pk__lt"), ("conversation", "conversation_id")):
        if asked.get(name):
            rows = rows.filter(**{field: asked[name]})
    page = list(rows[: PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE]
    kept = held(
        Conversation.objects.filter(pk__in=[row.conversation_id for row in page if row.state in Deletion.PENDING])
    )
    filters = {name: asked[name] for name in ("state", "conversation") if asked.get(name)}
    return show(
        request,
        "moderation/deletions.html",
        "deletions",
        rows=page,
        held=set(kept.values_list("pk", flat=True)),
        states=STATES,
        state=asked.get("state", ""),
        conversation=asked.get("conversation", ""),
        more_url="?" + urlencode(filters | {"before": page[-1].pk}) if more else "",
        may_delete=request.user.has_perm("conversations.delete_content"),
        may_verify=request.user.has_perm("conversations.verify_certificate"),
        status=200 if form.is_valid() else 400,
        **last_purge(),
    )


@needs("conversations.delete_content")
@require_POST
def delete(request: StaffRequest) -> HttpResponse:
    """Hide somebody's conversation, by its id."""
    given = request.POST.get("conversation", "").strip().replace("\x00", "")
    try:
        if not Conversation.objects.filter(pk=given[:64]).exists():
            raise NotFound
        deletion.hide(given, cause=Deletion.Cause.ADMINISTRATOR, actor=request.user)
        messages.success(request, _("It is hidden, and purged when its grace is over."))
    except Refused:
        messages.error(request, _("There is no such conversation, or it is deleted already."))
    return redirect("admin:deletions")


@needs("conversations.delete_content")
@require_POST
def restore(request: StaffRequest, deletion_id: int) -> HttpResponse:
    found = Deletion.objects.pending().filter(pk=deletion_id, parts="").first() if deletion_id < 2**63 else None
    if found is None:
        raise Http404
    try:
        deletion.restore(found, actor=request.user)
        messages.success(request, _("It is back, for everybody who was in it."))
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:deletions")


@needs("conversations.verify_certificate")
@require_safe
def certificate(request: StaffRequest, position: int) -> HttpResponse:
    """Answer a certificate, to the byte, as a download."""
    found = Certificate.objects.filter(position=position).first() if position < 2**63 else None
    if found is None:
        raise Http404
    record("certificate.read", actor=request.user, object=found)
    name = f"certificate-{found.position}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(found.document, content_type="application/json", headers=headers)


@needs("conversations.verify_certificate")
@require_POST
def verify(request: StaffRequest) -> HttpResponse:
    """Say whether a certificate, uploaded or pasted, holds."""
    upload = request.FILES.get("file")
    document = upload.read(100_000).decode(errors="replace") if upload else request.POST.get("document", "").strip()
    if problem := certificates.problem_of(document):
        messages.error(request, _("The certificate does not hold: %(problem)s.") % {"problem": problem})
    else:
        messages.success(request, _("The certificate holds: issued here, unaltered, and nothing of it is left."))
    return redirect("admin:deletions")


@needs("conversations.view_providerdeletion")
@require_safe
def at_provider(request: StaffRequest) -> HttpResponse:
    """Show what of ours the provider keeps and until when, and what it was asked to delete."""
    waiting = ProviderDeletion.objects.exclude(state__in=[ProviderDeletion.State.DONE, ProviderDeletion.State.EXPIRED])
    return show(
        request,
        "moderation/at_provider.html",
        "at_provider",
        days=list(_kept_until()[:60]),
        waiting=waiting.order_by("-pk")[:PAGE],
        numbers=dict(ProviderDeletion.objects.values_list("state").annotate(Count("pk"))),
        may_retry=request.user.has_perm("conversations.change_providerdeletion"),
        **last_purge(),
    )


def _kept_until() -> QuerySet[Any]:
    """Return day, endpoint and how many responses the provider deletes by itself on that day."""
    asked = ProviderDeletion.objects.filter(
        endpoint=OuterRef("endpoint"), kind=ProviderDeletion.Kind.RESPONSE, provider_id=OuterRef("provider_id")
    )
    kept: QuerySet[Any] = Response.objects.filter(~Exists(asked), provider_expires_at__gt=timezone.now(), store=True)
    kept = kept.exclude(provider_id="").annotate(day=TruncDate("provider_expires_at"))
    days: QuerySet[Any] = kept.values("day", "endpoint").annotate(count=Count("pk"))
    return days.order_by("day", "endpoint")


@needs("conversations.change_providerdeletion")
@require_POST
def retry(request: StaffRequest) -> HttpResponse:
    """Have everything that was given up tried again."""
    with transaction.atomic():
        dead = ProviderDeletion.objects.filter(state=ProviderDeletion.State.DEAD)
        count = dead.update(state=ProviderDeletion.State.WAITING, attempts=0, next_at=timezone.now())
        record("provider.retry", actor=request.user, details={"count": count})
    messages.success(request, _("They are tried again."))
    return redirect("admin:at_provider")
