"""What a person deleted and can still bring back."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from conversations import access
from conversations.errors import NotFound, Refused
from conversations.lists import deleted_list
from conversations.moderation import deletion
from conversations.views.json import SignedInRequest


@login_required
@require_safe
def deleted(request: SignedInRequest) -> HttpResponse:
    """Show the person's own conversations that are hidden, and when each is purged."""
    listing = deleted_list(request.user, before=request.GET.get("before", ""))
    return render(request, "deleted.html", {"listing": listing, "grace_days": settings.SALON_DELETION_GRACE_DAYS})


@login_required
@require_POST
def restore(request: SignedInRequest, deletion_id: int) -> HttpResponse:
    """Bring a conversation back, and open it."""
    try:
        conversation = deletion.restore(access.deletion_for(request.user, deletion_id), actor=request.user)
    except NotFound as error:
        raise Http404 from error
    except Refused as error:
        messages.error(request, error.sentence)
        return redirect("deleted")
    messages.success(request, _("It is back, for everybody who was in it."))
    return redirect("conversation", conversation.pk)
