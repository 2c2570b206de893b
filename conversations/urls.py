from django.urls import path, re_path

from conversations.views import approvals, chat, deleted, files, guide, home, inspector, keys, people, setup, tools

urlpatterns = [
    path("", home.home, name="home"),
    path("sidebar/", home.sidebar, name="sidebar"),
    path("setup/", setup.setup, name="setup"),
    path("settings/", people.profile, name="settings"),
    path("settings/theme/", people.theme, name="theme"),
    path("settings/sign-out-everywhere/", people.sign_out_everywhere, name="sign_out_everywhere"),
    path("settings/gateway/", guide.guide, name="guide"),
    path("settings/keys/", keys.issue, name="keys"),
    path("settings/keys/<int:key_id>/revoke/", keys.revoke, name="key_revoke"),
    re_path(r"^avatars/(?P<name>[0-9a-f]{32}\.webp)$", people.avatar, name="avatar"),
    path("files/", files.upload, name="files"),
    path("files/<str:file_id>/", files.file, name="file"),
    path("files/<str:file_id>/preview/", files.preview, name="file_preview"),
    path("files/<str:file_id>/remove/", files.remove, name="file_remove"),
    path("approvals/", approvals.waiting, name="approvals"),
    path("deleted/", deleted.deleted, name="deleted"),
    path("deleted/<int:deletion_id>/restore/", deleted.restore, name="restore"),
    path("conversations/", chat.begin, name="conversations"),
    path("conversations/<str:conversation_id>/", chat.conversation, name="conversation"),
    path("conversations/<str:conversation_id>/turns/", chat.turn_page, name="turns"),
    path("conversations/<str:conversation_id>/messages/", chat.send, name="messages"),
    path("conversations/<str:conversation_id>/update/", chat.update, name="conversation_update"),
    path("conversations/<str:conversation_id>/delete/", chat.delete, name="conversation_delete"),
    path("conversations/<str:conversation_id>/tools/", tools.switch, name="tools"),
    path("conversations/<str:conversation_id>/approvals/<int:approval_id>/", approvals.decide, name="approval"),
    path("conversations/<str:conversation_id>/responses/<int:response_id>/stop/", chat.stop, name="stop"),
    path(
        "conversations/<str:conversation_id>/responses/<int:response_id>/regenerate/",
        chat.regenerate,
        name="regenerate",
    ),
    path(
        "conversations/<str:conversation_id>/responses/<int:response_id>/continue/",
        chat.continue_answer,
        name="continue",
    ),
    path(
        "conversations/<str:conversation_id>/responses/<int:response_id>/inspector/",
        inspector.panel,
        name="inspector",
    ),
    path(
        "conversations/<str:conversation_id>/responses/<int:response_id>/inspector/<slug:part>/",
        inspector.panel_part,
        name="inspector_part",
    ),
    path(
        "conversations/<str:conversation_id>/responses/<int:response_id>/inspector/as/<slug:form>/",
        inspector.snippet,
        name="inspector_snippet",
    ),
    path(
        "conversations/<str:conversation_id>/responses/<int:response_id>/delete-at-provider/",
        inspector.delete_at_provider,
        name="delete_at_provider",
    ),
]
