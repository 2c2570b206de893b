"""The list of a person's conversations: the home page, and the fragment that the sidebar fetches."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from conversations import access
from conversations.errors import NotFound
from conversations.lists import Narrowed, home_list, sidebar_list, tags_of
from conversations.models import Conversation, User

LONGEST_QUERY = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the conversations or the archive; the opening screen to who has none; set-up where nobody is yet."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path()) if User.objects.exists() else redirect("setup")
    narrowed = _narrowed(request, request.user)
    listing = home_list(request.user, narrowed, before=request.GET.get("before", ""))
    if not listing.groups and not _has_any(request.user):
        return render(request, "home_empty.html", {"demo": settings.SALON_PROVIDER is None})
    context = {
        "listing": listing,
        "narrowed": narrowed,
        "archived": narrowed.archived,
        "tags": tags_of(request.user),
        "here": request.get_full_path(),
    }
    return render(request, "home.html", context)


def _has_any(user: User) -> bool:
    return Conversation.objects.visible_to(user).exists()


@login_required
@require_safe
def sidebar(request: HttpRequest) -> HttpResponse:
    """Answer the list of the sidebar as HTML: titles that have the words `q`, those in a `folder`, from `before` on."""
    assert isinstance(request.user, User)
    narrowed = _narrowed(request, request.user)
    listing = sidebar_list(request.user, narrowed, before=request.GET.get("before", ""))
    return render(request, "sidebar_list.html", {"listing": listing, "narrowed": narrowed})


def _narrowed(request: HttpRequest, user: User) -> Narrowed:
    given = request.GET.get("folder", "")
    try:
        if given and not (given.isascii() and given.isdigit() and len(given) < 19):
            raise NotFound
        folder = access.folder_for(user, int(given)) if given else None
    except NotFound as error:
        raise Http404 from error
    return Narrowed(
        query=_query(request),
        archived=request.GET.get("archived") == "1",
        folder=folder,
        tag=request.GET.get("tag", "").replace("\x00", "").strip().lower()[:LONGEST_QUERY],
    )


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
