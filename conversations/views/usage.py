"""What one has used oneself, and what is left of the budgets that count for one."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import budgets, reckoning
from conversations.views.json import SignedInRequest

DAYS = 30


@login_required
@require_safe
@never_cache
def own(request: SignedInRequest) -> HttpResponse:
    until = timezone.now().date()
    since = until - dt.timedelta(days=DAYS - 1)
    rows = reckoning.rows_of(since, until, user=request.user)
    days = reckoning.lines(rows, "day")
    context = {
        "budgets": budgets.standing(request.user),
        "total": reckoning.total(days),
        "lines": reckoning.lines(rows, "model"),
        "days": days,
        "bars": reckoning.bars(days, since, until, "tokens"),
        "by": reckoning.GROUPINGS["model"],
        "measure": reckoning.MEASURES["tokens"],
    }
    return render(request, "settings/usage.html", context)
