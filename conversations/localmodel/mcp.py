"""MCP servers: reachable ones over streamable HTTP, and the documentation's fictitious ones, played here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from conversations.egress import mcp as remote
from conversations.egress.addresses import Allowance
from conversations.egress.mcp import McpError, protocol_error

__all__ = ["McpError", "Server", "open_server"]

FICTITIOUS = ("contoso.com", "gitmcp.io")


class Server(Protocol):
    """What a script needs of an MCP server."""

    async def list_tools(self) -> list[dict[str, Any]]:
        """The tools, as `tools` of an `mcp_list_tools` item. Raises McpError."""

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The text that a tool returns. Raises McpError."""


@asynccontextmanager
async def open_server(tool: dict[str, Any], allowance: Allowance) -> AsyncIterator[Server]:
    """The server that an `mcp` tool names. Raises McpError."""
    parts = urlsplit(tool["server_url"])
    host = parts.hostname or ""
    if any(host == name or host.endswith(f".{name}") for name in FICTITIOUS):
        yield PlayedServer(parts.path)
        return
    headers = {str(name): str(value) for name, value in (tool.get("headers") or {}).items()}
    if tool.get("authorization"):
        headers["Authorization"] = f"Bearer {tool['authorization']}"
    client = "salon-demo-provider"
    async with remote.open_server(tool["server_url"], headers, client=client, allowance=allowance) as server:
        yield server


class PlayedServer:
    """A server about a repository that does not exist."""

    def __init__(self, path: str) -> None:
        self.repository = path.strip("/") or "the-repository"
        self.name = self.repository.rpartition("/")[2].replace("-", "_").removesuffix("_specs")

    async def list_tools(self) -> list[dict[str, Any]]:
        """Two tools: fetch the documentation, and search it."""
        query = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
        empty = {"type": "object", "properties": {}, "additionalProperties": False}
        read_only = {"read_only": True}
        return [
            {
                "name": f"fetch_{self.name}_docs",
                "description": f"Fetch the whole documentation of the repo {self.repository}.",
                "input_schema": empty,
                "annotations": read_only,
            },
            {
                "name": f"search_{self.name}_docs",
                "description": f"Search within the documentation of {self.repository}.",
                "input_schema": query | {"additionalProperties": False},
                "annotations": read_only,
            },
        ]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The documentation of the repository, such as it is."""
        if name not in (f"fetch_{self.name}_docs", f"search_{self.name}_docs"):
            raise protocol_error(f"Unknown tool: {name}", -32602)
        found = f" Looked for: {arguments['query']}." if "query" in arguments else ""
        return (
            f"# {self.repository}\n\nThis is a played MCP server: the repository is fictitious. It would hold the "
            "specifications of a cloud's REST interfaces, one folder for each service, with examples and the "
            "rules by which they are reviewed. The 2025-03-26 version of the MCP specification has two transports, "
            f"stdio and streamable HTTP.{found}"
        )
