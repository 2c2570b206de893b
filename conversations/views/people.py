"""A person's own settings, and the pictures of people."""

import secrets

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conversations import sessions
from conversations.forms import ProfileForm
from conversations.models import User
from conversations.models.audit import record
from conversations.views.settings import settings_page


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the signed-in person's settings."""
    assert isinstance(request.user, User)
    person = User.objects.get(pk=request.user.pk)  # a copy: what is refused must not show in the sidebar
    form = ProfileForm(request.POST or None, request.FILES or None, instance=person)
    if not form.is_valid():
        return settings_page(request, form=form, status=400 if form.is_bound else 200)
    _keep(form)
    with override(person.language or None):
        messages.success(request, _("Saved."))
    return redirect("settings")


def _keep(form: ProfileForm) -> None:
    """Save the profile, and the picture under a name that nobody can guess. The picture before is deleted."""
    person, before = form.save(commit=False), form.instance.avatar.name
    if form.cleaned_data["picture"]:
        person.avatar.save(f"{secrets.token_hex(16)}.webp", ContentFile(form.cleaned_data["picture"]), save=False)
    elif form.cleaned_data["remove_picture"]:
        person.avatar = ""
    person.save(update_fields=["name", "theme", "language", "recipes_in_files", "avatar"])
    if before and before != person.avatar.name:
        default_storage.delete(before)


@login_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme that the person switched to in the sidebar, and go back to where they were."""
    assert isinstance(request.user, User)
    if request.POST.get("theme") not in User.Theme.values:
        raise BadRequest("This theme does not exist.")
    request.user.theme = request.POST["theme"]
    request.user.save(update_fields=["theme"])
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "home")


@login_required
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of this person but the one that asks."""
    assert isinstance(request.user, User)
    with transaction.atomic():
        request.user.sign_out_everywhere()
        sessions.end_all(request.user, but=request.session.session_key)
        record("auth.sign_out_everywhere", actor=request.user, object=request.user)
    update_session_auth_hash(request, request.user)
    UserSession.objects.create_from_request(request)
    messages.success(request, _("You are signed out everywhere but here."))
    return redirect("settings")


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign this person out at one place; its open sockets close within seconds."""
    assert isinstance(request.user, User)
    place = UserSession.objects.filter(user=request.user, pk=session_id).first() if session_id < 2**63 else None
    if place is None:
        raise Http404
    with transaction.atomic():
        place.end()
        record("auth.session_end", actor=request.user, object=request.user)
    messages.success(request, _("That session has ended."))
    return redirect(f"{reverse('settings')}#sessions")


@login_required
@require_safe
def avatar(request: HttpRequest, name: str) -> FileResponse:
    """Serve a person's picture. A new picture has a new name, so a browser may keep it."""
    try:
        file = default_storage.open(f"avatars/{name}")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file, content_type="image/webp", headers={"Cache-Control": "private, max-age=31536000, immutable"}
    )
