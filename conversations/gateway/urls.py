"""Every call of the gateway, beneath /openai/. Azure's dated form has the same addresses without `v1`."""

from django.urls import include, path

from conversations.gateway import files, models
from conversations.gateway.calls import Calls

calls = [
    path("files", Calls(GET=files.list_files, POST=files.upload), name="files"),
    path("files/<str:file_id>", Calls(GET=files.retrieve, DELETE=files.delete), name="file"),
    path("files/<str:file_id>/content", Calls(GET=files.content), name="content"),
    path("models", Calls(GET=models.list_models), name="models"),
    path("models/<path:model>", Calls(GET=models.retrieve_model), name="model"),
]
urlpatterns = [path("v1/", include(calls)), path("", include(calls))]
