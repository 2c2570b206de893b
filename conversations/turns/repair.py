"""Another request where the provider refused one: without what a model does not take, with a history told anew."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from conversations import catalog
from conversations.models import Response
from conversations.turns import context
from conversations.upstream.errors import RequestRejected, ResponseNotFound, UpstreamError
from conversations.upstream.unsupported import history_refused, unsupported_parameter, without

MOST = 6
"""Requests for one turn. Each is another one, so this only bounds what a strange provider can make us do."""


def repaired(response: Response, request: context.Request, error: UpstreamError) -> context.Request | None:
    """Return what to send after `error`, None where nothing can be done about it.

    A previous response that the provider has forgotten (30 days, or deleted there) is marked as such, and the history
    is told again. A parameter that the model does not take is noted in the catalogue and left out.
    """
    if isinstance(error, ResponseNotFound) and request.anchor_id is not None:
        Response.objects.filter(pk=request.anchor_id).update(provider_expires_at=timezone.now())
        return context.build(response, rebuild=True)
    if not isinstance(error, RequestRejected):
        return None
    retold = response.previous_response_id is not None or response.door == Response.Door.PAGE
    if history_refused(error) and retold and not request.bare:
        return context.build(response, bare=True)
    parameter = unsupported_parameter(error, request.body)
    if parameter is None or context.is_clients_own(response, parameter):
        return None
    catalog.learn(response.model, parameter)
    return replace(request, body=without(request.body, parameter), remarks=[*request.remarks, left_out(parameter)])


def left_out(parameter: str) -> str:
    """Say that a model did not take a parameter, or a value of one."""
    name, _, value = parameter.partition("=")
    what = f"“{value}” for “{name}”" if value else f"“{name}”"
    return f"The model does not take {what}. It was left out, and is not sent to this model again."
