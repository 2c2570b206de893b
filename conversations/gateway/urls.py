"""Every call of the gateway, beneath /openai/. Azure's dated form has the same addresses without `v1`."""

from django.urls import include, path

from conversations.gateway import models
from conversations.gateway.calls import Calls

calls = [
    path("models", Calls(GET=models.list_models), name="models"),
    path("models/<path:model>", Calls(GET=models.retrieve_model), name="model"),
]
urlpatterns = [path("v1/", include(calls)), path("", include(calls))]
