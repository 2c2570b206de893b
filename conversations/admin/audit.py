"""The audit log: read by filters, page by page from the newest, and exported."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import msgspec
from django import forms
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from conversations import threads
from conversations.admin.pages import StaffRequest, needs, show
from conversations.models import AuditEntry, User
from conversations.models.audit import record
from conversations.moderation import ocsf

PAGE = 50
CHUNK = 500
NEVER = 2**62
"""A position that no entry has."""


KNOWN = """
WITH RECURSIVE known (word) AS (
    SELECT MIN({column}) FROM conversations_auditentry
    UNION ALL
    SELECT (SELECT MIN({column}) FROM conversations_auditentry WHERE {column} > known.word)
    FROM known WHERE known.word IS NOT NULL
)
SELECT word FROM known WHERE word IS NOT NULL
"""
"""Which words stand in a column that an index begins with: few, of many entries. From each it is asked for the next."""


class FilterForm(forms.Form):
    action = forms.CharField(label=_("Action"), required=False, max_length=80)
    person = forms.CharField(label=_("Person, by email"), required=False, max_length=254)
    thing = forms.CharField(label=_("Object, by id"), required=False, max_length=200)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Any")), ("success", _("Success")), ("failure", _("Failure"))],
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=NEVER, widget=forms.HiddenInput)


@needs("conversations.view_auditentry")
@require_safe
def entries(request: StaffRequest) -> HttpResponse:
    """Show a page of entries, the newest first; `before` is the position where the page before ended."""
    form = FilterForm(request.GET)
    rows = _newest(form.cleaned_data) if form.is_valid() else []
    more, rows = len(rows) > PAGE, rows[:PAGE]
    people = User.objects.in_bulk(_people(rows))
    filters = {name: value for name, value in request.GET.items() if name != "before" and value}
    return show(
        request,
        "moderation/audit.html",
        "audit",
        form=form,
        filters=filters,
        rows=[_row(entry, people) for entry in rows],
        more_url="?" + urlencode(filters | {"before": rows[-1].position}) if more else "",
        may_export=request.user.has_perm("conversations.export_audit"),
        status=200 if form.is_valid() else 400,
    )


@needs("conversations.export_audit")
@require_POST
def export(request: StaffRequest) -> HttpResponseBase:
    """Answer the chosen entries as JSON lines with OCSF fields, oldest first. The export is recorded itself."""
    form = FilterForm(request.POST)
    if not form.is_valid():
        return show(request, "moderation/audit.html", "audit", form=form, rows=[], filters={}, status=400)
    chosen = _chosen(form.cleaned_data)
    own = record("audit.export", actor=request.user, details={"format": "ocsf", "count": chosen.count()})
    name = f"audit-{timezone.now():%Y-%m-%d}.jsonl"
    return StreamingHttpResponse(
        _lines(chosen.filter(position__lte=own.position)),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _lines(chosen: QuerySet[AuditEntry]) -> AsyncIterator[bytes]:
    last = 0
    while chunk := await threads.pages.run(_chunk, chosen, last):
        last = chunk[-1].position
        yield b"".join(msgspec.json.encode(ocsf.event(entry)) + b"\n" for entry in chunk)


def _chunk(chosen: QuerySet[AuditEntry], after: int) -> list[AuditEntry]:
    return list(chosen.filter(position__gt=after).order_by("position")[:CHUNK])


def _newest(asked: dict[str, Any]) -> list[AuditEntry]:
    """Return a page of what is asked for and one more, the newest first.

    Several actions, and a person as who did it and as whom it was done to, are asked for one by one: each is read from
    its index in order, where a database asked for all at once collects and sorts what may be most of the log.
    """
    chosen = [_in_time(asked)]
    if asked["action"]:
        chosen = [rows.filter(action=action) for rows in chosen for action in _actions(asked["action"].strip())]
    if asked["person"]:
        chosen = [rows.filter(one) for rows in chosen for pk in _ids(asked["person"]) for one in _as_user([pk])]
    found = {entry.position: entry for rows in chosen for entry in rows.order_by("-position")[: PAGE + 1]}
    return sorted(found.values(), key=lambda entry: -entry.position)[: PAGE + 1]


def _chosen(asked: dict[str, Any]) -> QuerySet[AuditEntry]:
    rows = _in_time(asked)
    if asked["action"]:
        rows = rows.filter(action__in=_actions(asked["action"].strip()))
    if asked["person"]:
        actor, subject = _as_user(_ids(asked["person"]))
        rows = rows.filter(actor | subject)
    return rows


def _actions(beginning: str) -> list[str]:
    return [action for action in _known("action") if action.startswith(beginning)]


def _known(column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN.format(column=column))
        return [word for (word,) in cursor.fetchall()]


def _ids(email: str) -> list[str]:
    return [str(pk) for pk in User.objects.filter(email__iexact=email).values_list("pk", flat=True)]


def _as_user(ids: list[str]) -> tuple[Q, Q]:
    return Q(actor_type="user", actor_id__in=ids), Q(object_type="user", object_id__in=ids)


def _in_time(asked: dict[str, Any]) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if asked["thing"]:
        rows = rows.filter(object_type__in=_known("object_type"), object_id=asked["thing"].strip())
    if asked["outcome"]:
        rows = rows.filter(outcome=asked["outcome"])
    if asked["since"]:
        rows = rows.filter(position__gte=_first_of(asked["since"]))
    if asked["until"]:
        rows = rows.filter(position__lt=_first_of(asked["until"] + dt.timedelta(days=1)))
    if asked["before"]:
        rows = rows.filter(position__lt=asked["before"])
    return rows


def _first_of(day: dt.date) -> int:
    """Return the position of the first entry of a day or later: positions and times rise together."""
    midnight = timezone.make_aware(dt.datetime.combine(day, dt.time()))
    found = AuditEntry.objects.filter(at__gte=midnight).order_by("at", "position").values_list("position", flat=True)
    return found.first() or NEVER


def _people(rows: list[AuditEntry]) -> set[int]:
    named = [(entry.actor_type, entry.actor_id) for entry in rows] + [(e.object_type, e.object_id) for e in rows]
    return {int(identity) for kind, identity in named if kind == "user" and identity.isdecimal()}


def _row(entry: AuditEntry, people: dict[int, User]) -> dict[str, Any]:
    def name(kind: str, identity: str) -> str:
        person = people.get(int(identity)) if kind == "user" and identity.isdecimal() else None
        return person.display_name if person else identity

    return {
        "entry": entry,
        "actor": name(entry.actor_type, entry.actor_id),
        "object": name(entry.object_type, entry.object_id),
        "details": [f"{key} {_said(value)}" for key, value in sorted(entry.details.items())],
    }


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
