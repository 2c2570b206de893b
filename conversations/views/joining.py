"""The doors of new people: asking for an account, an invitation's page; and of who invites them."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from conversations.actions import joining
from conversations.actions.identities import INVITED
from conversations.errors import NotFound, Refused
from conversations.forms import JoinForm
from conversations.models import AccountInvitation, User
from conversations.site_settings import SIGNUP
from conversations.views.json import SignedInRequest

SHOWN = 200


def link_from(request: HttpRequest) -> joining.Link:
    """Return what makes the address of an invitation; without a secret that of the sign-in."""

    def link(given: str) -> str:
        path = reverse("account_invitation", args=[given]) if given else reverse("account_login")
        return request.build_absolute_uri(path)

    return link


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")  # type: ignore[untyped-decorator]
def signup(request: HttpRequest) -> HttpResponse:
    """Send a letter to who may have an account by their address; say that there is none to be had otherwise."""
    if SIGNUP.value != "domains":
        return render(request, "account/signup_closed.html")
    shown: dict[str, Any] = {"domains": sorted(joining.domains())}
    if request.method == "POST":
        try:
            joining.ask(request.POST.get("email", ""), link=link_from(request))
        except Refused as error:
            shown |= {"problem": error.sentence, "email": request.POST.get("email", "")[:254]}
            return render(request, "joining/ask.html", shown, status=error.status)
        shown["sent"] = True
    return render(request, "joining/ask.html", shown)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")  # type: ignore[untyped-decorator]
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the account that one is invited to, and sign in. What opens nothing looks the same whatever the reason."""
    try:
        invitation = joining.found(secret)
        form = JoinForm(request.POST or None, email=invitation.email)
        if not form.is_valid():
            request.session[INVITED] = secret
            shown = {"form": form, "invitation": invitation}
            return render(request, "joining/join.html", shown, status=400 if form.is_bound else 200)
        user = joining.accept(secret, **form.cleaned_data)
    except NotFound:
        return render(request, "joining/join.html", {"invitation": None}, status=404)
    except Refused as error:
        return render(
            request, "joining/join.html", {"invitation": None, "problem": error.sentence}, status=error.status
        )
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    record_authentication(request, user, method="password")
    return redirect("conversation", invitation.conversation_id) if invitation.conversation_id else redirect("home")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: SignedInRequest) -> HttpResponse:
    """Show the open invitations, one's own or all, and send another one."""
    if not joining.may_invite(request.user):
        raise Http404
    shown: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        email = request.POST.get("email", "")
        try:
            link = joining.invite(request.user, email=email, link=link_from(request))
        except Refused as error:
            shown, status = {"problem": error.sentence, "email": email[:254]}, error.status
        else:
            shown = {"sent_to": email, "link": link if _makes_accounts(request.user) else ""}
    rows = AccountInvitation.objects.open().select_related("created_by").order_by("-id")
    if not _makes_accounts(request.user):
        rows = rows.filter(created_by=request.user)
    return render(request, "joining/invitations.html", {"open": rows[:SHOWN], **shown}, status=status)


@require_POST
@login_required
def withdraw(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    try:
        joining.withdraw(request.user, invitation_id)
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("account_invitations")


def _makes_accounts(user: User) -> bool:
    return user.has_perm(joining.MAKE_ACCOUNTS)
