"""The registered servers as tools of a request, and their tools as providers and administrators see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from conversations import sealing
from conversations.models import McpServer, McpTool, User
from conversations.models.fields import plain
from conversations.models.mcp import fingerprint
from conversations.models.tool import offered_to

MOST_TOOLS = 500
LONGEST_DESCRIPTION = 10_000


def usable(user: User, ids: Iterable[int]) -> list[McpServer]:
    """Return those of the servers that `user` may use now, by label."""
    if not user.is_active:
        return []
    return list(
        offered_to(user, McpServer.objects.filter(pk__in=list(ids))).order_by("label").prefetch_related("tools")
    )


def by_label(ids: Iterable[int]) -> dict[str, McpServer]:
    """Return these servers by their labels."""
    return {server.label: server for server in McpServer.objects.filter(pk__in=list(ids))}


def request_tool(server: McpServer) -> tuple[dict[str, Any] | None, str]:
    """Return the `mcp` tool that stands for a server in a request, and a sentence where something is left out.

    A server whose tools nobody has looked at may be used call by call, with a person's approval of each. Of any other
    the model gets the tools that are to the letter what an administrator approved. Secrets stay sealed.
    """
    tool: dict[str, Any] = {"type": "mcp", "server_label": server.label, "server_url": server.url}
    if server.description:
        tool["server_description"] = server.description
    sentence = ""
    if server.checked_at is None:
        tool["require_approval"] = "always"
    else:
        rows = [row for row in server.tools.all() if row.is_allowed and not row.is_gone]
        allowed = [row for row in rows if not row.has_changed]
        if left := sorted(row.name for row in rows if row.has_changed):
            sentence = (
                f"The server {server.label} has changed {', '.join(left[:5])} since an administrator approved it. "
                "It is not used until an administrator has looked at it."
            )
        if not allowed:
            return None, sentence or f"The server {server.label} has no tool that may be used."
        tool["allowed_tools"] = [row.name for row in allowed]
        tool["require_approval"] = _policy(server, allowed)
    try:
        secrets = server.secrets()
    except sealing.Unreadable:
        return (
            None,
            f"The secrets of the server {server.label} cannot be read. An administrator has to enter them anew.",
        )
    tool |= {name: {sealing.SEALED: sealing.seal(value)} for name, value in secrets.items()}
    return tool, sentence


def _policy(server: McpServer, tools: Sequence[McpTool]) -> Any:
    if server.approval != McpServer.Approval.PER_TOOL:
        return server.approval
    named = {
        policy: [row.name for row in tools if row.approval == policy]
        for policy in (McpTool.Approval.ALWAYS, McpTool.Approval.NEVER)
    }
    return {str(policy.value): {"tool_names": names} for policy, names in named.items() if names}


def note_listings(ids: Iterable[int], listings: Sequence[dict[str, Any]]) -> list[str]:
    """Compare what servers listed to a provider with what administrators approved; return a sentence for each change.

    A tool that is not what it was needs a new approval from now on.
    """
    if not listings:
        return []
    servers, sentences = by_label(ids), []
    for listing in listings:
        server = servers.get(str(listing.get("server_label")))
        tools = listing.get("tools")
        if server is None or server.checked_at is None or listing.get("error") or not isinstance(tools, list):
            continue
        changed = note_tools(server, [tool for tool in tools if isinstance(tool, dict)], whole=False)
        if changed:
            sentences.append(
                f"The server {server.label} now describes {', '.join(changed[:5])} differently than when an "
                "administrator approved it. It is not used again until an administrator has looked at it."
            )
    return sentences


def note_tools(server: McpServer, tools: Sequence[dict[str, Any]], *, whole: bool) -> list[str]:
    """Keep what a server says its tools are; return the names of those that changed by this, new ones left out.

    `whole`: it listed all of them, so what it did not list is gone.
    """
    known = {row.name: row for row in McpTool.objects.filter(server=server)}
    seen, changed = set(), []
    for tool in tools[:MOST_TOOLS]:
        name = plain(str(tool.get("name") or ""))[:200]
        if not name or name in seen:
            continue
        seen.add(name)
        print_now = fingerprint(tool, server.url)
        row = known.get(name) or McpTool(server=server, name=name)
        if row.pk and row.fingerprint == print_now and not row.is_gone:
            continue
        if row.approved_fingerprint and print_now != row.approved_fingerprint and print_now != row.fingerprint:
            changed.append(name)
        row.description = plain(str(tool.get("description") or ""))[:LONGEST_DESCRIPTION]
        schema = tool.get("input_schema")
        row.schema, row.fingerprint, row.is_gone = schema if isinstance(schema, dict) else {}, print_now, False
        row.save()
    if whole:
        server.tools.exclude(name__in=seen).update(is_gone=True)
    return changed


def approve_tools(server: McpServer, user: User, names: Iterable[str] | None = None) -> int:
    """Approve tools as they are now, all without `names`; return how many were not before."""
    rows = [
        row
        for row in server.tools.exclude(fingerprint="")
        if row.has_changed and (names is None or row.name in set(names))
    ]
    for row in rows:
        row.approved_fingerprint, row.approved_by, row.approved_at = row.fingerprint, user, timezone.now()
        row.save(update_fields=["approved_fingerprint", "approved_by", "approved_at"])
    return len(rows)
