"""One picture: what made it, and what a person does with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from conversations import access
from conversations.actions import boards, conversations, items, making
from conversations.errors import NotFound, Refused
from conversations.gallery.pictures import Picture, described
from conversations.gallery.uses import uses_of
from conversations.models import Board, Conversation, File
from conversations.moderation import taking
from conversations.views.gallery import MOST_CHIPS, back
from conversations.views.json import SignedInRequest, answer

PICTURES = "image_generation"
IN_STUDIO = ("reference", "all", "prompt", "size")
"""What the studio takes from a picture: itself, all that made it, or a part of that."""


@login_required
@require_safe
@never_cache
def picture(request: SignedInRequest, file_id: str) -> HttpResponse:
    found = _found(request, file_id)
    file, recipe = found.file, found.recipe
    assert file.conversation_id is not None
    place = access.conversation_for(request.user, file.conversation_id)
    membership = place.membership
    made = recipe.response is not None
    mine = recipe.author is not None and recipe.author.pk == request.user.pk
    context: dict[str, Any] = {
        "uses": uses_of(place, file) if not made else None,
        "picture": found,
        "facts": _facts(found),
        "may_delete": made and membership.may_write and (mine or membership.is_owner),
        "boards": Board.objects.visible_to(request.user).order_by("name", "pk")[:MOST_CHIPS],
        "is_work": membership.conversation.kind == Conversation.Kind.WORK,
        "on": Board.objects.visible_to(request.user).filter(pictures__file=file).order_by("name"),
        "here": request.path,
    }
    return render(request, "gallery/picture.html", context)


def _facts(found: Picture) -> list[tuple[str, Any]]:
    file, recipe = found.file, found.recipe
    facts: list[tuple[str, Any]] = [
        (_("Model"), recipe.model),
        (_("Image model"), recipe.image_model),
        (_("Size"), f"{file.width} × {file.height}" if file.width and file.height else ""),
        (_("Asked size"), recipe.parameters.get("size")),
        (_("Quality"), recipe.parameters.get("quality")),
        (_("Background"), recipe.parameters.get("background")),
        (_("Format"), file.media_type.removeprefix("image/").upper()),
        (_("Compression"), recipe.parameters.get("output_compression")),
        (_("Moderation"), recipe.parameters.get("moderation")),
    ]
    return [(name, value) for name, value in facts if value not in (None, "")]


def _found(request: SignedInRequest, file_id: str) -> Picture:
    """Return the picture as `access` lets the person see it; missing, foreign and no picture are the same 404."""
    files = access.pictures_for(request.user, [file_id])
    if not files:
        raise Http404
    return described(request.user, files)[0]


@login_required
@require_POST
def like(request: SignedInRequest, file_id: str) -> HttpResponse:
    found = _found(request, file_id)
    on = request.POST.get("favourite") == "1"
    boards.like(request.user, found.file, on=on)
    if request.headers.get("Accept") == "application/json":
        return answer({"favourite": on})
    return back(request)


@login_required
@require_POST
def delete(request: SignedInRequest, file_id: str) -> HttpResponse:
    """Delete a picture as what it is in its conversation: what a model made alone, an upload with its messages."""
    file = _found(request, file_id).file
    try:
        sentence = _delete(request, file)
    except NotFound as error:
        raise Http404 from error
    except Refused as error:
        messages.error(request, error.sentence)
        return redirect("picture", file.pk)
    messages.success(request, sentence)
    return redirect("gallery")


def _delete(request: SignedInRequest, file: File) -> str:
    """Delete it and return what happened; raise `Refused` for what is not the person's or still needed."""
    found = access.conversation_for(request.user, file.conversation_id or "")
    if file.purpose == File.Purpose.RESULT:
        item = taking.holder(found.conversation, file)
        if item is None or item.response is None or item.type == "message":
            sentence = _("This picture belongs to a message. Delete the message in its conversation.")
            raise Refused(sentence, code="message")
        items.delete(found, item)
        return _("The picture is deleted, here and in its conversation.")
    uses = uses_of(found, file)
    if not uses.may_delete:
        raise Refused(_("This picture is still needed, or is not yours to delete: see where it is used."), code="used")
    with transaction.atomic():
        for message in uses.items:
            items.delete(found, message)
    return _("The picture is deleted, with the messages that it was sent in.")


@login_required
@require_POST
def recall(request: SignedInRequest, file_id: str) -> HttpResponse:
    """Begin something new from a picture: in the studio, or in a conversation with the prompt in its composer."""
    what, recipe = request.POST.get("what", ""), _found(request, file_id).recipe
    if what in IN_STUDIO:
        try:
            work = making.begin(request.user)
        except Refused as error:
            messages.error(request, error.sentence)
            return redirect("picture", file_id)
        return redirect(f"{reverse('studio_work', args=[work.pk])}?{urlencode({what: file_id})}")
    found = access.conversation_for(request.user, conversations.begin(request.user).pk)
    if recipe.model in settings.SALON_MODELS:
        conversations.update(found, {"model": recipe.model})
    conversations.switch_tools(found, functions={}, servers={}, hosted={PICTURES: True}, stores={})
    return redirect(f"{reverse('conversation', args=[found.conversation.pk])}?recall={file_id}")
