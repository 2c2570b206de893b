"""`models`: what the settings offer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from conversations.gateway.answers import listing, obj
from conversations.gateway.calls import needs
from conversations.gateway.errors import ApiError

SINCE = 1_735_689_600
"""A model's `created`. Providers differ in what they mean by it and deployments have none: it is one and the same."""


@needs("models")
def list_models(request: HttpRequest) -> HttpResponse:
    return listing([_model(name) for name in settings.SALON_MODELS])


@needs("models")
def retrieve_model(request: HttpRequest, model: str) -> HttpResponse:
    if model not in settings.SALON_MODELS:
        raise ApiError(404, f"The model '{model}' does not exist", param="model", code="model_not_found")
    return obj(_model(model))


def _model(name: str) -> dict[str, Any]:
    provider = settings.SALON_PROVIDER.kind if settings.SALON_PROVIDER else "salon-demo"
    return {"id": name, "object": "model", "created": SINCE, "owned_by": provider}
