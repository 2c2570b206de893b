from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.defaults import page_not_found

from conversations.views import home, people, setup


def not_here_yet(request: HttpRequest, **_: str) -> HttpResponse:
    return page_not_found(request, Exception())


urlpatterns = [
    path("", home.home, name="home"),
    path("sidebar/", home.sidebar, name="sidebar"),
    path("setup/", setup.setup, name="setup"),
    path("settings/", people.profile, name="settings"),
    path("settings/theme/", people.theme, name="theme"),
    path("settings/sign-out-everywhere/", people.sign_out_everywhere, name="sign_out_everywhere"),
    re_path(r"^avatars/(?P<name>[0-9a-f]{32}\.webp)$", people.avatar, name="avatar"),
    path("conversations/", not_here_yet, name="conversations"),
    path("conversations/<str:conversation_id>/", not_here_yet, name="conversation"),
    path("conversations/<str:conversation_id>/update/", not_here_yet, name="conversation_update"),
    path("conversations/<str:conversation_id>/delete/", not_here_yet, name="conversation_delete"),
]
