"""Who is in a conversation: the page of its people, invitations, and the lobby of what is open to the team."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations import access, confirming
from conversations.actions import groups, joining, members
from conversations.errors import NotFound, Refused
from conversations.lists import lobby_list
from conversations.models import Conversation, Membership
from conversations.views.joining import link_from
from conversations.views.json import SignedInRequest


def of_people(view: Callable[..., HttpResponse | None]) -> Callable[..., HttpResponse]:
    """Make a POST view of a form on the page of people: what is refused is said on that page."""

    @require_POST
    @login_required
    @never_cache
    @functools.wraps(view)
    def checked(request: HttpRequest, conversation_id: str, **ids: int) -> HttpResponse:
        try:
            return view(request, conversation_id, **ids) or redirect("people", conversation_id)
        except NotFound as error:
            raise Http404 from error
        except Refused as error:
            return people_page(request, conversation_id, problem=error.sentence, status=error.status)

    return checked


@require_GET
@login_required
@never_cache
def people(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Show who is in the conversation; to its owner also what can be changed."""
    return people_page(request, conversation_id)


def people_page(request: HttpRequest, conversation_id: str, *, status: int = 200, **context: Any) -> HttpResponse:
    try:
        found = access.conversation_for(request.user, conversation_id)  # type: ignore[arg-type]  # it is signed in
    except NotFound as error:
        raise Http404 from error
    shown: dict[str, Any] = {
        "conversation": found.conversation,
        "membership": found.membership,
        "memberships": found.conversation.memberships.select_related("user").order_by("id"),
        "roles": [(role.value, role.label) for role in members.GIVEN],
        "groups": found.conversation.groups.select_related("group").order_by("group__name"),
        "audiences": Conversation.Audience.choices,
    }
    if found.membership.is_owner:
        shown["team_groups"] = Group.objects.order_by("name")
        shown["invitations"] = found.conversation.invitations.open().order_by("-id")
    return render(request, "people.html", shown | context, status=status)


@of_people
def add(request: SignedInRequest, conversation_id: str) -> HttpResponse | None:
    found = access.conversation_for(request.user, conversation_id)
    email, role = request.POST.get("email", ""), request.POST.get("role", "")
    added = joining.let_in(found, email=email, role=role, link=link_from(request))
    if added is None:
        messages.success(request, _("%(email)s has no account yet: a letter asks them in.") % {"email": email})
    else:
        messages.success(request, _("%(name)s is in.") % {"name": added.user.display_name})
    return None


@of_people
def add_group(request: SignedInRequest, conversation_id: str) -> None:
    """Let a group of the team in, or give it another role."""
    found = access.conversation_for(request.user, conversation_id)
    group = groups.add(found, group_id=request.POST.get("group", ""), role=request.POST.get("role", ""))
    messages.success(request, _("The group %(name)s is in.") % {"name": group.name})


@of_people
def remove_group(request: SignedInRequest, conversation_id: str, group_id: int) -> None:
    groups.remove(access.conversation_for(request.user, conversation_id), group_id)
    messages.success(request, _("The group is out."))


@of_people
def invite(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Make a link. The answer is the page itself, with the link on it: its secret is written down nowhere."""
    found = access.conversation_for(request.user, conversation_id)
    invitation, secret = members.invite(found, role=request.POST.get("role", ""))
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    return people_page(request, conversation_id, invitation=invitation, link=link)


@of_people
def withdraw(request: SignedInRequest, conversation_id: str, invitation_id: int) -> None:
    members.withdraw(access.conversation_for(request.user, conversation_id), invitation_id)
    messages.success(request, _("The invitation is withdrawn."))


@of_people
def open_up(request: SignedInRequest, conversation_id: str) -> None:
    audience, role = request.POST.get("audience", ""), request.POST.get("role", "")
    members.open_up(access.conversation_for(request.user, conversation_id), audience=audience, role=role)
    messages.success(request, _("Saved."))


@of_people
def change(request: SignedInRequest, conversation_id: str, user_id: int) -> None:
    """Give a member another role; the role “owner” hands the conversation over."""
    found, role = access.conversation_for(request.user, conversation_id), request.POST.get("role", "")
    if role == Membership.Role.OWNER:
        found.require_owner()
        confirming.require(request)
        members.hand_over(found, user_id)
    else:
        members.change_role(found, user_id, role)
    messages.success(request, _("Saved."))


@of_people
def remove(request: SignedInRequest, conversation_id: str, user_id: int) -> HttpResponse | None:
    """Take a member out. Who leaves goes back to their list."""
    members.remove(access.conversation_for(request.user, conversation_id), user_id)
    if user_id != request.user.pk:
        return None
    messages.success(request, _("You have left the conversation."))
    return redirect("home")


@login_required
@never_cache
def invitation(request: SignedInRequest, secret: str) -> HttpResponse:
    """Show what one is invited to; a POST accepts. What opens nothing looks the same whatever the reason."""
    try:
        if request.method == "POST":
            return redirect("conversation", members.accept(request.user, secret).pk)
        found = access.invitation_for(secret)
    except NotFound:
        return render(request, "invitation.html", {"invitation": None}, status=404)
    except Refused as error:
        return render(request, "invitation.html", {"invitation": None, "problem": error.sentence}, status=error.status)
    return render(request, "invitation.html", {"invitation": found, "role": Membership.Role(found.role).label})


@require_GET
@login_required
def lobby(request: SignedInRequest) -> HttpResponse:
    """Show the conversations that are open to the team and that one is not in."""
    listing = lobby_list(request.user, before=request.GET.get("before", ""))
    return render(request, "lobby.html", {"listing": listing})


@require_POST
@login_required
def join(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    try:
        conversation = access.joinable_by(request.user, conversation_id)
        return redirect("conversation", members.join(request.user, conversation).pk)
    except NotFound as error:
        raise Http404 from error
    except Refused as error:
        messages.error(request, error.sentence)
        return redirect("lobby")
