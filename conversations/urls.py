from django.urls import path

from conversations.views import chat, files

urlpatterns = [
    path("conversations/", chat.begin, name="begin"),
    path("conversations/<slug:conversation_id>/", chat.conversation, name="conversation"),
    path("conversations/<slug:conversation_id>/turns/", chat.turn_page, name="turns"),
    path("conversations/<slug:conversation_id>/messages/", chat.send, name="messages"),
    path("conversations/<slug:conversation_id>/update/", chat.update, name="update"),
    path("conversations/<slug:conversation_id>/delete/", chat.delete, name="delete"),
    path("conversations/<slug:conversation_id>/responses/<int:response_id>/stop/", chat.stop, name="stop"),
    path(
        "conversations/<slug:conversation_id>/responses/<int:response_id>/regenerate/",
        chat.regenerate,
        name="regenerate",
    ),
    path(
        "conversations/<slug:conversation_id>/responses/<int:response_id>/continue/",
        chat.continue_answer,
        name="continue",
    ),
    path("files/<slug:file_id>/", files.file, name="file"),
]
