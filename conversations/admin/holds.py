"""Legal holds: which matters are open and what they hold; one is placed, one released."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from conversations.admin.pages import StaffRequest, needs, show
from conversations.errors import Refused
from conversations.models import Conversation, LegalHold, User
from conversations.moderation import holds

MOST = 200


class HoldForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Matter"), max_length=120)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    people = forms.CharField(
        label=gettext_lazy("People, by email"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Conversations that they own, are or were in. One address a line."),
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label=gettext_lazy("Groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    conversations = forms.CharField(
        label=gettext_lazy("Conversations, by id"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One id a line, such as conv_…"),
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    quiet = forms.BooleanField(
        label=gettext_lazy("Quiet"), required=False, help_text=gettext_lazy("The people concerned are not told.")
    )

    def clean_people(self) -> list[User]:
        addresses = _words(self.cleaned_data["people"])
        people = {person.email.lower(): person for person in User.objects.filter(email__in=addresses)}
        people |= {
            address.lower(): person
            for address in addresses
            if address.lower() not in people and (person := User.objects.filter(email__iexact=address).first())
        }
        if unknown := [address for address in addresses if address.lower() not in people]:
            raise forms.ValidationError(_("Nobody here has the address %(address)s.") % {"address": unknown[0]})
        return list(people.values())

    def clean_conversations(self) -> list[str]:
        ids = _words(self.cleaned_data["conversations"])
        known = set(Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True))
        if unknown := [given for given in ids if given not in known]:
            raise forms.ValidationError(_("There is no conversation %(id)s.") % {"id": unknown[0]})
        return ids

    def clean_since(self) -> dt.datetime | None:
        return _midnight(self.cleaned_data["since"])

    def clean_until(self) -> dt.datetime | None:
        day = self.cleaned_data["until"]
        return _midnight(day + dt.timedelta(days=1)) if day else None


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word for word in re.split(r"[\s,;]+", text.replace("\x00", "")) if word))[:MOST]


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return timezone.make_aware(dt.datetime.combine(day, dt.time())) if day else None


@needs("conversations.view_legalhold")
@require_http_methods(["GET", "HEAD", "POST"])
def hold_list(request: StaffRequest) -> HttpResponse:
    """Show the matters and, to who may, the form that opens one."""
    may_place = request.user.has_perm("conversations.add_legalhold")
    form = HoldForm(request.POST or None)
    if form.is_bound and may_place and form.is_valid():
        try:
            hold = holds.place(actor=request.user, **form.cleaned_data)
            messages.success(request, _("“%(name)s” holds from now on.") % {"name": hold.name})
            return redirect("admin:holds")
        except Refused as error:
            form.add_error(None, error.sentence)
    rows = LegalHold.objects.select_related("placed_by", "released_by").prefetch_related(
        "targets__person", "targets__group"
    )
    return show(
        request,
        "moderation/holds.html",
        "holds",
        status=400 if form.is_bound else 200,
        form=form,
        open=[_matter(hold) for hold in rows.filter(released_at=None).order_by("-placed_at")[:MOST]],
        released=rows.filter(released_at__isnull=False).order_by("-released_at")[:20],
        may_fill=may_place,
        may_release=request.user.has_perm("conversations.change_legalhold"),
    )


def _matter(hold: LegalHold) -> dict[str, Any]:
    return {"hold": hold, "targets": list(hold.targets.all()), "count": holds.held_by(hold).count()}


@needs("conversations.change_legalhold")
@require_POST
def release(request: StaffRequest, hold_id: int) -> HttpResponse:
    hold = LegalHold.objects.filter(pk=hold_id).first() if hold_id < 2**63 else None
    if hold is None:
        raise Http404
    try:
        holds.release(hold, actor=request.user)
        messages.success(
            request, _("“%(name)s” is released; what it held goes by its own clock.") % {"name": hold.name}
        )
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:holds")
