"""Switching tools on and off in a conversation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse

from conversations import access, catalog, snapshots
from conversations.actions import conversations
from conversations.computer import needs
from conversations.errors import Refused
from conversations.mcp import servers
from conversations.models import McpServer, User
from conversations.models.tool import offered_to
from conversations.models.vector_store import usable as usable_stores
from conversations.tools.hosted import HOSTED, takes
from conversations.tools.offers import offers_for
from conversations.views.json import SignedInRequest, answer, body, door


def offered(user: User) -> list[dict[str, Any]]:
    """Return what `user` may switch on, as the composer lists it."""
    functions = [
        {
            "kind": "functions",
            "key": name,
            "label": name.replace("_", " ").capitalize(),
            "about": offer.tool.description.split("\n")[0],
            "approval": offer.approval,
        }
        for name, offer in offers_for(user).items()
    ]
    rows = offered_to(user, McpServer.objects.all()).order_by("label") if user.is_active else ()
    models = [catalog.capabilities(model) for model in settings.SALON_MODELS]
    of_provider = [
        {"kind": "hosted", "key": name, "label": tool.label, "about": tool.about, "approval": False}
        for name, tool in HOSTED.items()
        if name in switchable() and any(takes(known, name) for known in models)
    ]
    stores = [
        {"kind": "stores", "key": row.pk, "label": row.label, "about": row.description, "approval": False}
        for row in (usable_stores(user) if any("file_search" in known.tools for known in models) else ())
    ]
    return (
        of_provider
        + stores
        + functions
        + [
            {
                "kind": "servers",
                "key": row.pk,
                "label": row.label,
                "about": row.description,
                "approval": row.approval != McpServer.Approval.NEVER,
            }
            for row in rows
        ]
    )


def switchable() -> set[str]:
    """Return the tools of the API that may be switched on here: the computer only where an administrator has."""
    return set(HOSTED) - (set() if needs.is_on() else {"computer"})


@door("POST")
def switch(request: SignedInRequest, conversation_id: str) -> HttpResponse:
    """Switch tools: `{"functions": {name: on}, "servers": {id: on}, "hosted": {type: on}, "stores": {id: on}}`.

    What is not named stays as it is.
    """
    found = access.conversation_for(request.user, conversation_id)
    found.require_writer()
    data = body(request)
    functions, ids, hosted, stores = (_switches(data, kind) for kind in ("functions", "servers", "hosted", "stores"))
    mine = offers_for(request.user)
    usable = {str(server.pk) for server in servers.usable(request.user, map(int, ids))}
    shelves = {str(store.pk) for store in usable_stores(request.user, map(int, stores))}
    known = [(functions, set(mine)), (ids, usable), (hosted, switchable()), (stores, shelves)]
    if any(on and name not in names for switches, names in known for name, on in switches.items()):
        raise Refused("This tool is not offered to you. Load the page again to see what is.", code="not_offered")
    conversation = conversations.switch_tools(
        found,
        functions=functions,
        servers={int(key): on for key, on in ids.items()},
        hosted=hosted,
        stores={int(key): on for key, on in stores.items()},
    )
    return answer({"conversation": snapshots.conversation_state(conversation, found.membership)})


def _switches(data: dict[str, Any], kind: str) -> dict[str, bool]:
    given = data.get(kind, {})
    good = isinstance(given, dict) and all(isinstance(on, bool) for on in given.values())
    if not good or len(given) > 100:
        raise Refused(f"{kind} must say of each name whether it is on.", code=kind)
    if kind in {"servers", "stores"} and not all(key.isascii() and key.isdigit() and len(key) < 19 for key in given):
        raise Refused(f"{kind} are named by their numbers.", code=kind)
    return {key[:100]: on for key, on in given.items()}
