"""What Salon offers the model in a turn: the tools and MCP servers that are on, and that the asker may use."""

from __future__ import annotations

from typing import Any

from conversations.computer import needs
from conversations.mcp import servers
from conversations.models import Response
from conversations.models.vector_store import usable as usable_stores
from conversations.tools import hosted
from conversations.tools.offers import offers_for
from conversations.upstream.catalog import Capabilities

NO_TOOLS = "This model takes no tools, so what is switched on here was left out."


def tools_of(response: Response, capabilities: Capabilities) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the tools for the request of `response`, secrets sealed, and sentences about what was left out."""
    kinds = ("functions", "servers", "hosted", "stores")
    functions, ids, own, stores = (response.offered.get(kind, ()) for kind in kinds)
    if not functions and not ids and not own and not stores:
        return [], []
    asked = {tool.get("type") for tool in response.options.get("tools") or () if isinstance(tool, dict)}
    if "computer" in own and (hosted.COMPUTERS & asked or not needs.is_on()):
        own = [name for name in own if name != "computer"]
    usable = [name for name in own if hosted.takes(capabilities, name) and name not in asked]
    tools = [hosted.definition(name, capabilities) for name in usable]
    remarks: list[str] = []
    if stores and "file_search" in capabilities.tools:
        found = [store.provider_id for store in usable_stores(response.created_by, stores)]
        tools += [{"type": "file_search", "vector_store_ids": found}] if found else []
    if functions and "function" in capabilities.tools:
        offers = offers_for(response.created_by)
        tools += [offers[name].tool.definition for name in functions if name in offers]
    if ids and "mcp" in capabilities.tools:
        for server in servers.usable(response.created_by, ids):
            tool, sentence = servers.request_tool(server)
            tools += [tool] if tool else []
            remarks += [sentence] if sentence else []
    if not {"function", "mcp", "file_search", *hosted.HOSTED, *hosted.COMPUTERS} & set(capabilities.tools):
        remarks.append(NO_TOOLS)
    return tools, remarks
