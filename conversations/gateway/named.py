"""What the tools of a request name at the provider. One account there serves everybody, so it is checked here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from conversations.gateway.errors import ApiError, wrong_type
from conversations.models import Conversation, Item, User
from conversations.models.vector_store import usable

RAN_IN_CONTAINERS = ("code_interpreter_call", "shell_call", "shell_call_output")
MOST_LOOKED_AT = 1_000
"""Calls of the conversation, from the latest: a container ends after twenty idle minutes."""


def check(user: User, tools: list[dict[str, Any]], conversation: Conversation | None) -> None:
    """Raise `ApiError` (404) where tools name a vector store that is not offered to `user`, or a container in which
    nothing of this conversation ran. Somebody else's look like unknown ones."""
    stores = [(where, named) for where, named in _stores(tools)]
    if stores:
        known = {store.provider_id for store in usable(user)}
        for where, named in stores:
            if named not in known:
                raise ApiError(404, f"Vector store with id '{named[:100]}' not found.", param=where)
    for where, named in _containers(tools):
        if conversation is None or named not in _containers_of(conversation):
            raise ApiError(404, f"Container with id '{named[:100]}' not found.", param=where)


def _stores(tools: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for position, tool in enumerate(tools):
        where = f"tools[{position}].vector_store_ids"
        given = tool.get("vector_store_ids", [])
        if not isinstance(given, list):
            raise wrong_type(where, "an array", given)
        for named in given:
            if not isinstance(named, str):
                raise wrong_type(where, "an array of strings", named)
            yield where, named


def _containers(tools: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for position, tool in enumerate(tools):
        if isinstance(container := tool.get("container"), str):
            yield f"tools[{position}].container", container
        environment = tool.get("environment")
        if isinstance(environment, dict) and isinstance(named := environment.get("container_id"), str):
            yield f"tools[{position}].environment.container_id", named


def _containers_of(conversation: Conversation) -> set[str]:
    """What a client sends or a person imports may name any container: only the provider's own word counts."""
    ran = Item.objects.present().filter(
        conversation=conversation,
        type__in=RAN_IN_CONTAINERS,
        direction=Item.Direction.OUTPUT,
        response__endpoint=settings.SALON_ENDPOINT,
    )
    found: set[Any] = set()
    for payload in ran.order_by("-id").values_list("payload", flat=True)[:MOST_LOOKED_AT]:
        environment = payload.get("environment")
        found.add(payload.get("container_id"))
        found.add(environment.get("container_id") if isinstance(environment, dict) else None)
    return {named for named in found if isinstance(named, str)}
