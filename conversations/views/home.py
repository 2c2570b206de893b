"""The list of a person's conversations: the home page, and the fragment that the sidebar fetches."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from conversations.lists import home_list, sidebar_list
from conversations.models import Conversation, User

LONGEST_QUERY = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the conversations or the archive; the opening screen to who has none; set-up where nobody is yet."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path()) if User.objects.exists() else redirect("setup")
    archived = request.GET.get("archived") == "1"
    listing = home_list(request.user, query=_query(request), before=request.GET.get("before", ""), archived=archived)
    if not listing.groups and not _has_any(request.user):
        return render(request, "home_empty.html", {"demo": settings.SALON_PROVIDER is None})
    return render(request, "home.html", {"listing": listing, "archived": archived, "here": request.get_full_path()})


def _has_any(user: User) -> bool:
    return Conversation.objects.visible_to(user).exists()


@login_required
@require_safe
def sidebar(request: HttpRequest) -> HttpResponse:
    """Answer the list of the sidebar as HTML, narrowed to the titles that have the words `q`, from `before` on."""
    assert isinstance(request.user, User)
    listing = sidebar_list(request.user, query=_query(request), before=request.GET.get("before", ""))
    return render(request, "sidebar_list.html", {"listing": listing})


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
