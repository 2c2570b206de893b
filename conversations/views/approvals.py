"""Calls that wait for a person: the page of all that wait for the viewer, and the door that decides one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import access, snapshots
from conversations.actions import approvals
from conversations.arguments import named_arguments
from conversations.errors import NotFound, Refused
from conversations.models import Approval, User
from conversations.views.json import SignedInRequest, answer, body, door, text

MOST_SHOWN = 100
BIGGEST_ID = 2**63


@login_required
@require_safe
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    """Show what the viewer can decide now, the soonest to lapse first."""
    assert isinstance(request.user, User)
    rows = Approval.objects.waiting_for(request.user).select_related("conversation", "asked_by").order_by("expires_at")
    shown = list(rows[:MOST_SHOWN])
    for row in shown:
        row.parts = named_arguments(row.arguments)  # type: ignore[attr-defined]
    return render(request, "approvals.html", {"approvals": shown})


@door("POST")
def decide(request: SignedInRequest, conversation_id: str, approval_id: int) -> HttpResponse:
    """Approve or decline: JSON from the conversation's page, or the plain form of the list."""
    found = access.conversation_for(request.user, conversation_id)
    is_form = request.content_type != "application/json"
    data: dict[str, Any] = dict(request.POST.items()) if is_form else body(request)
    try:
        response = _decide(found, approval_id, data)
    except Refused as error:
        if not is_form or isinstance(error, NotFound):
            raise
        messages.error(request, error.sentence)
        return redirect("approvals")
    if is_form:
        messages.success(request, _("Approved.") if data["decision"] == "approve" else _("Declined."))
        return redirect("approvals")
    return answer({"turn": snapshots.turn(response)})


def _decide(found: access.Access, approval_id: int, data: dict[str, Any]) -> Any:
    decision = text(data, "decision")
    if decision not in {"approve", "decline"}:
        raise Refused("decision is “approve” or “decline”.", code="decision")
    if approval_id >= BIGGEST_ID:
        raise NotFound
    shown, note = text(data, "digest"), text(data, "note")
    return approvals.decide(found, approval_id, approve=decision == "approve", shown=shown, note=note)
