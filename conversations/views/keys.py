"""A person's keys of the gateway: made, shown once, revoked."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from conversations import access
from conversations.actions import keys
from conversations.errors import NotFound, Refused
from conversations.forms import KeyForm
from conversations.views.json import SignedInRequest
from conversations.views.settings import settings_page


@require_POST
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@never_cache
def issue(request: SignedInRequest) -> HttpResponse:
    """Make a key. The answer is the page itself, with the key on it: it is written down nowhere on its way."""
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            key, secret = keys.issue(request.user, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, error.sentence)
        else:
            return settings_page(request, new_key=key, secret=secret)
    return settings_page(request, key_form=form, status=400)


@require_POST
@login_required
def revoke(request: SignedInRequest, key_id: int) -> HttpResponse:
    try:
        key = access.key_of(request.user, key_id)
    except NotFound as error:
        raise Http404 from error
    keys.revoke(key)
    messages.success(request, _("“%(name)s” is revoked. Programs that use it are refused from now on.") % {"name": key})
    return redirect("settings")
