"""What everybody used: by day as a chart, by person, group or model as a table, and all of it as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from conversations import reckoning, threads
from conversations.admin.pages import StaffRequest, needs, show
from conversations.models import Usage
from conversations.models.audit import record
from conversations.models.usage import MICROS

USUAL_DAYS = 30
MOST_DAYS = 400
CHUNK = 2_000
COLUMNS = (
    *("day", "person", "model", "key", "requests", "input_tokens", "cached_tokens", "output_tokens", "images"),
    *("dollars", "requests_without_price"),
)


class FilterForm(forms.Form):
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    by = forms.ChoiceField(label=_("By"), required=False, choices=list(reckoning.GROUPINGS.items()))
    measure = forms.ChoiceField(label=_("Chart of"), required=False, choices=list(reckoning.MEASURES.items()))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        today = timezone.now().date()
        until = data.get("until") or today
        since = data.get("since") or until - dt.timedelta(days=USUAL_DAYS - 1)
        if not dt.timedelta() <= until - since < dt.timedelta(days=MOST_DAYS):
            raise forms.ValidationError(_("Choose at most 400 days, the first before the last."))
        return {
            "since": since,
            "until": until,
            "by": data.get("by") or "person",
            "measure": data.get("measure") or "tokens",
        }


@needs("conversations.view_usage")
@require_safe
def usage_page(request: StaffRequest) -> HttpResponse:
    """Show the days that are asked for, the last thirty at first."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return show(request, "moderation/usage.html", "usage", form=form, status=400)
    asked = form.cleaned_data
    rows = reckoning.rows_of(asked["since"], asked["until"])
    days = reckoning.lines(rows, "day")
    lines = days if asked["by"] == "day" else reckoning.lines(rows, asked["by"])
    return show(
        request,
        "moderation/usage.html",
        "usage",
        form=FilterForm(initial=asked),
        asked=asked,
        total=reckoning.total(days),
        lines=lines,
        most_lines=reckoning.MOST_ROWS if asked["by"] != "day" and len(lines) == reckoning.MOST_ROWS else 0,
        by=reckoning.GROUPINGS[asked["by"]],
        measure=reckoning.MEASURES[asked["measure"]],
        bars=reckoning.bars(days, asked["since"], asked["until"], asked["measure"]),
        export_query=urlencode({"since": asked["since"], "until": asked["until"]}),
    )


@needs("conversations.view_usage")
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """Answer every row of these days as CSV, in pieces. That it was exported is recorded."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return show(request, "moderation/usage.html", "usage", form=form, status=400)
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    record("usage.export", actor=request.user, details={"format": "csv"})
    name = f"usage-{since}-{until}.csv"
    return StreamingHttpResponse(
        _pieces(since, until),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _pieces(since: dt.date, until: dt.date) -> AsyncIterator[bytes]:
    last = 0
    yield _csv([COLUMNS])
    while rows := await threads.pages.run(_chunk, since, until, last):
        last = rows[-1].pk
        yield _csv([_row(row) for row in rows])


def _chunk(since: dt.date, until: dt.date, after: int) -> list[Usage]:
    rows = reckoning.rows_of(since, until, pk__gt=after).select_related("user").order_by("pk")
    return list(rows[:CHUNK])


def _row(row: Usage) -> tuple[Any, ...]:
    counted = (row.requests, row.input_tokens, row.cached_tokens, row.output_tokens, row.images)
    return (row.day, row.user.email, _plain(row.model), row.key_id or "", *counted, row.micros / MICROS, row.unpriced)


def _plain(text: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
