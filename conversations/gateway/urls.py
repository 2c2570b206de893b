"""Every call of the gateway, beneath /openai/. Azure's dated form has the same addresses without `v1`."""

from django.urls import include, path

from conversations.gateway import conversations, files, models, openapi, responses
from conversations.gateway.calls import Calls

calls = [
    path("responses", Calls(POST=responses.create), name="responses"),
    path("responses/compact", Calls(POST=responses.compact), name="compact"),
    path("responses/input_tokens", Calls(POST=responses.input_tokens), name="input_tokens"),
    path("responses/<str:response_id>", Calls(GET=responses.retrieve, DELETE=responses.delete), name="response"),
    path("responses/<str:response_id>/cancel", Calls(POST=responses.cancel), name="cancel"),
    path("responses/<str:response_id>/input_items", Calls(GET=responses.input_items), name="input_items"),
    path("conversations", Calls(POST=conversations.create), name="conversations"),
    path(
        "conversations/<str:conversation_id>",
        Calls(GET=conversations.retrieve, POST=conversations.update, DELETE=conversations.delete),
        name="conversation",
    ),
    path(
        "conversations/<str:conversation_id>/items",
        Calls(GET=conversations.list_items, POST=conversations.create_items),
        name="items",
    ),
    path(
        "conversations/<str:conversation_id>/items/<str:item_id>",
        Calls(GET=conversations.retrieve_item, DELETE=conversations.delete_item),
        name="item",
    ),
    path("files", Calls(GET=files.list_files, POST=files.upload), name="files"),
    path("files/<str:file_id>", Calls(GET=files.retrieve, DELETE=files.delete), name="file"),
    path("files/<str:file_id>/content", Calls(GET=files.content), name="content"),
    path("models", Calls(GET=models.list_models), name="models"),
    path("models/<path:model>", Calls(GET=models.retrieve_model), name="model"),
    path("openapi.json", Calls(GET=openapi.describe), name="openapi"),
]
urlpatterns = [path("v1/", include(calls)), path("", include(calls))]
