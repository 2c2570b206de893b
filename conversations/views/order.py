"""Folders and tags: the page of folders, and the page that puts a conversation in its place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations import access
from conversations.access import Access
from conversations.actions import order
from conversations.errors import NotFound, Refused
from conversations.models import Folder, User
from conversations.views.json import SignedInRequest, answer, body, door, whole_number


def of_folders(view: Callable[..., None]) -> Callable[..., HttpResponse]:
    """Make a POST view of a form on the page of folders: what is refused is said on that page."""

    @require_POST
    @login_required
    @never_cache
    @functools.wraps(view)
    def checked(request: HttpRequest, **ids: int) -> HttpResponse:
        try:
            view(request, **ids)
        except NotFound as error:
            raise Http404 from error
        except Refused as error:
            return _folders_page(request, problem=error.sentence, status=error.status)
        return redirect("folders")

    return checked


@require_GET
@login_required
@never_cache
def folders(request: SignedInRequest) -> HttpResponse:
    return _folders_page(request)


def _folders_page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    assert isinstance(request.user, User)
    rows = Folder.objects.visible_to(request.user).select_related("owner").order_by("name", "id")
    shown = {
        "own": [row for row in rows if not row.shared],
        "shared": [row for row in rows if row.shared],
    }
    return render(request, "folders.html", shown | context, status=status)


@of_folders
def make(request: SignedInRequest) -> None:
    order.make_folder(request.user, name=request.POST.get("name", ""), shared=request.POST.get("shared") == "1")


@of_folders
def rename(request: SignedInRequest, folder_id: int) -> None:
    order.rename_folder(request.user, access.folder_for(request.user, folder_id), request.POST.get("name", ""))


@of_folders
def delete(request: SignedInRequest, folder_id: int) -> None:
    order.delete_folder(request.user, access.folder_for(request.user, folder_id))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def place(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Show which folders and tags a conversation has; a POST changes them."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        if request.method == "POST":
            with transaction.atomic():
                _change(found, request)
            return redirect("conversation", conversation_id)
    except NotFound as error:
        raise Http404 from error
    except Refused as error:
        return _place_page(request, found, problem=error.sentence, status=error.status)
    return _place_page(request, found)


def _place_page(request: SignedInRequest, found: Access, *, status: int = 200, **context: Any) -> HttpResponse:
    rows = list(Folder.objects.visible_to(request.user).order_by("name", "id"))
    shown = {
        "conversation": found.conversation,
        "membership": found.membership,
        "own": [row for row in rows if not row.shared],
        "shared": [row for row in rows if row.shared],
        "tags": ", ".join(found.conversation.tags.order_by("name").values_list("name", flat=True)),
    }
    return render(request, "conversations/order.html", shown | context, status=status)


def _change(found: Access, request: SignedInRequest) -> None:
    for name, shared in (("folder", False), ("team_folder", True)):
        if name not in request.POST:
            continue
        if given := request.POST[name]:
            order.file_under(found, _folder(request.user, given, shared=shared))
        else:
            order.take_out(found, shared=shared)
    if "tags" in request.POST:
        order.tag(found, request.POST["tags"].split(","))


def _folder(user: User, given: str, *, shared: bool) -> Folder:
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotFound
    folder = access.folder_for(user, int(given))
    if folder.shared != shared:
        raise NotFound
    return folder


@door("POST")
def file_under(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Put a conversation in the `folder` that it was dropped on."""
    found = access.conversation_for(request.user, conversation_id)
    folder = access.folder_for(request.user, whole_number(body(request), "folder") or 0)
    order.file_under(found, folder)
    return answer({"folder": folder.name})
