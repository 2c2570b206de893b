"""An administrator's look at a server: its tools, listed through the guarded client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from conversations import sealing
from conversations.egress.mcp import McpError, open_server
from conversations.mcp.servers import approve_tools, note_tools
from conversations.models import McpServer, User
from conversations.models.fields import plain

log = structlog.get_logger(__name__)

SECONDS = 20.0


@dataclass(frozen=True)
class Checked:
    """What came of it: a `problem`, or the tools that are `new` or `changed` since they were approved."""

    problem: str = ""
    count: int = 0
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def check(server: McpServer, user: User) -> Checked:
    """List the server's tools. The first time `user` approves them by this; later what is new or changed waits."""
    first = server.checked_at is None
    try:
        tools = asyncio.run(_listed(server))
    except (McpError, TimeoutError, sealing.Unreadable) as error:
        server.problem = _reason(server, error)
        server.save(update_fields=["problem"])
        log.info("mcp_server_not_checked", server=server.pk, error=type(error).__name__)
        return Checked(problem=server.problem)
    with transaction.atomic():
        note_tools(server, tools, whole=True)
        if first:
            approve_tools(server, user)
        server.checked_at, server.problem = timezone.now(), ""
        server.save(update_fields=["checked_at", "problem"])
    waiting = [row for row in server.tools.filter(is_gone=False) if row.has_changed]
    return Checked(
        count=len(tools),
        new=tuple(row.name for row in waiting if not row.approved_fingerprint),
        changed=tuple(row.name for row in waiting if row.approved_fingerprint),
    )


async def _listed(server: McpServer) -> list[dict[str, Any]]:
    secrets = server.secrets()
    headers = {str(name): str(value) for name, value in secrets.get("headers", {}).items()}
    if secrets.get("authorization"):
        headers["Authorization"] = f"Bearer {secrets['authorization']}"
    async with asyncio.timeout(SECONDS), open_server(server.url, headers, client="salon", seconds=SECONDS) as opened:
        return await opened.list_tools()


def _reason(server: McpServer, error: Exception) -> str:
    """Return why a server could not be asked, with nothing secret in it: servers repeat what they were sent."""
    if isinstance(error, sealing.Unreadable):
        return "Its secrets cannot be read with the keys of this deployment. Enter them anew."
    if isinstance(error, TimeoutError):
        return f"It did not list its tools within {SECONDS:g} seconds."
    wiped = sealing.wipe(str(error), set(sealing.secrets_in([server.secrets()])))
    return plain(str(wiped))[:300]
