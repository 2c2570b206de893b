"""The list of what runs, which every page shows beside it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations.models import Approval
from conversations.notices.listing import unread_count
from conversations.running import running_work
from conversations.views.json import SignedInRequest


@login_required
@never_cache
@require_safe
def running(request: SignedInRequest) -> HttpResponse:
    """Answer the list as HTML, a row for each response that is queued or in progress, and how much waits.

    `open` is the conversation that the person looks at: what there is to tell of it they see.
    """
    return render(
        request,
        "running_list.html",
        {
            "work": running_work(request.user),
            "approvals": Approval.objects.count_for(request.user),
            "notices": unread_count(request.user, looking_at=request.GET.get("open", "")),
        },
    )
