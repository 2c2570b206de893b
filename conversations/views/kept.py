"""Why a conversation and what is in it are still here, and when each goes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from conversations import access
from conversations.actions.conversations import set_temporary
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, File, Reading, RetentionRule
from conversations.models.retention import KIND_NAMES
from conversations.moderation.readings import told
from conversations.moderation.retention import Rules, Standing, standing, standings
from conversations.views.json import SignedInRequest

MOST_FILES = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Show what is kept until when, and by which rule; the owner can make the conversation a temporary one."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        if request.method == "POST":
            set_temporary(found, request.POST.get("temporary") == "1")
            return redirect("kept", conversation_id)
    except NotFound as error:
        raise Http404 from error
    except Refused as error:
        return HttpResponse(error.sentence, status=error.status, content_type="text/plain; charset=utf-8")
    kinds = standings(found.conversation)
    files = File.objects.filter(conversation=found.conversation, purged_at=None, preview_of=None)
    context = {
        "conversation": found.conversation,
        "sentence": sentence(kinds["messages"]),
        "kinds": [_row(kind, kinds[kind]) for kind in KIND_NAMES if kind != "messages"],
        "matters": kinds["messages"].matters,
        "files": [_file(file, kinds) for file in files.order_by("-created_at", "-pk")[:MOST_FILES]],
        "readings": told(found.conversation),
        "temporary_days": _temporary_days(),
        "is_owner": found.membership.is_owner,
    }
    return render(request, "conversations/kept.html", context)


def readings_now(conversation: Conversation) -> list[Reading]:
    """Return who reads it now without being a member, as far as its members are told."""
    if not Reading.objects.filter(conversation_id=conversation.pk, until__gt=timezone.now()).exists():
        return []
    return list(told(conversation).filter(until__gt=timezone.now()))


def line(conversation: Conversation) -> str:
    """Say in a few words how long a conversation is kept, for the line below it."""
    return sentence(standing(conversation), short=True)


def sentence(found: Standing, *, short: bool = False) -> str:
    """Say how long a conversation is kept; a hold that is to be quiet is not told."""
    if found.matters:
        return _("Held: cannot be deleted")
    if found.expires_at is None:
        return _("Kept until somebody deletes it")
    day = date_format(timezone.localtime(max(found.expires_at, timezone.now())), "j M Y")
    if short:
        return _("Kept until %(day)s") % {"day": day}
    return _("Deleted on %(day)s, unless somebody writes in it before") % {"day": day}


def _row(kind: str, found: Standing) -> dict[str, Any]:
    return {"name": KIND_NAMES[kind], "days": found.days, "rule": found.rule}


def _file(file: File, kinds: dict[str, Standing]) -> dict[str, Any]:
    picture = "images" if file.media_type.startswith("image/") else "files"
    own = kinds["recordings" if file.purpose == File.Purpose.RECORDING else picture]
    days = [file.created_at + dt.timedelta(days=own.days)] if own.days is not None else []
    whole = kinds["messages"].expires_at
    goes = min([*days, *([whole] if whole else [])], default=None)
    return {"name": file.name or file.media_type, "size": file.size, "came": file.created_at, "goes": goes}


def _temporary_days() -> int | None:
    """Return how long temporary conversations are kept, where a rule says it."""
    rules = Rules(timezone.now())
    rule = rules.rows.filter(scope=RetentionRule.Scope.TEMPORARY, messages=True).first()
    return rules.clamped("messages", rule.days) if rule and rule.days is not None else None
