"""MCP servers: reachable ones over streamable HTTP, and the documentation's fictitious ones, played here.

The protocol's part that is needed (revision 2025-06-18): initialize, tools/list, tools/call, as JSON-RPC by POST,
answered with JSON or with a short event stream.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp

from .egress import Egress, Forbidden

PROTOCOL = "2025-06-18"
FICTITIOUS = ("contoso.com", "gitmcp.io")
ANSWER_BYTES = 1024 * 1024
PAGES = 20


class McpError(Exception):
    """A server that cannot be reached, or that refused; `error` has the form of an item's `error`."""

    def __init__(self, message: str, error: dict[str, Any]) -> None:
        super().__init__(message)
        self.error = error


def http_error(message: str, code: int) -> McpError:
    """The server is not there, or does not let us in."""
    return McpError(message, {"type": "http_error", "code": code, "message": message})


def protocol_error(message: str, code: int) -> McpError:
    """The server does not speak as it should, or says no; `code` is JSON-RPC's."""
    return McpError(message, {"type": "mcp_protocol_error", "code": code, "message": message})


class Server(Protocol):
    """What a script needs of an MCP server."""

    async def list_tools(self) -> list[dict[str, Any]]:
        """The tools, as `tools` of an `mcp_list_tools` item. Raises McpError."""

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The text that a tool returns. Raises McpError."""


@asynccontextmanager
async def open_server(tool: dict[str, Any], egress: Egress) -> AsyncIterator[Server]:
    """The server that an `mcp` tool names. Raises McpError."""
    parts = urlsplit(tool["server_url"])
    host = parts.hostname or ""
    if any(host == name or host.endswith(f".{name}") for name in FICTITIOUS):
        yield PlayedServer(parts.path)
        return
    headers = {str(name): str(value) for name, value in (tool.get("headers") or {}).items()}
    if tool.get("authorization"):
        headers["Authorization"] = f"Bearer {tool['authorization']}"
    try:
        async with egress.session(tool["server_url"]) as session:
            server = RemoteServer(session, tool["server_url"], headers)
            await server.initialize()
            yield server
    except Forbidden as error:
        raise http_error(str(error), 403) from error
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise http_error(f"The MCP server at {host} cannot be reached.", 424) from error


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


class RemoteServer:
    """A server that is reached over streamable HTTP."""

    def __init__(self, session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        self._session = session
        self._url = url
        self._headers = {"Accept": "application/json, text/event-stream", **headers}
        self._count = 0

    async def initialize(self) -> None:
        """Open the MCP session."""
        client = {"name": "salon-demo-provider", "version": "1"}
        given = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client}
        result = await self._request("initialize", given)
        self._headers["MCP-Protocol-Version"] = str(result.get("protocolVersion", PROTOCOL))
        await self._post({"jsonrpc": "2.0", "method": "notifications/initialized"}, None)

    async def list_tools(self) -> list[dict[str, Any]]:
        """All pages of the tools."""
        tools: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        for _ in range(PAGES):
            result = await self._request("tools/list", cursor)
            tools += [
                {
                    "name": tool["name"],
                    "description": tool.get("description"),
                    "input_schema": tool.get("inputSchema", {"type": "object"}),
                    "annotations": {"read_only": tool.get("annotations", {}).get("readOnlyHint", False)},
                }
                for tool in result.get("tools", [])
            ]
            if not result.get("nextCursor"):
                break
            cursor = {"cursor": result["nextCursor"]}
        return tools

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The text parts of what the tool returns."""
        result = await self._request("tools/call", {"name": name, "arguments": arguments})
        text = "\n".join(part.get("text", f"({part.get('type')})") for part in result.get("content", []))
        if result.get("isError"):
            raise McpError(text, {"type": "mcp_tool_execution_error", "content": result["content"]})
        return text

    async def _request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        answer = await self._post(
            {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}, self._count
        )
        if "error" in answer:
            raise protocol_error(str(answer["error"].get("message")), int(answer["error"].get("code", 0)))
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    async def _post(self, message: dict[str, Any], wanted: int | None) -> dict[str, Any]:
        async with self._session.post(
            self._url, json=message, headers=self._headers, allow_redirects=False
        ) as response:
            if response.status >= 300:
                raise http_error(f"The MCP server answered with status {response.status}.", response.status)
            if "Mcp-Session-Id" in response.headers:
                self._headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
            if wanted is None:
                return {}
            try:
                return await read_answer(response, wanted)
            except ValueError as error:
                raise protocol_error("The MCP server's answer is not JSON-RPC.", -32700) from error


async def read_answer(response: aiohttp.ClientResponse, wanted: int) -> dict[str, Any]:
    """The message with the wanted id, from a JSON body or an event stream. Raises ValueError where there is none."""
    streamed = response.content_type == "text/event-stream"
    read = 0
    lines = []
    async for line in response.content:
        read += len(line)
        if read > ANSWER_BYTES:
            raise ValueError("too long")
        lines.append(line)
        if streamed and not line.strip():
            data = b"".join(entry[5:].strip() for entry in lines if entry.startswith(b"data:"))
            lines = []
            message = json.loads(data) if data else {}
            if isinstance(message, dict) and message.get("id") == wanted:
                return message
    message = {} if streamed else json.loads(b"".join(lines))
    if not isinstance(message, dict) or message.get("id") != wanted:
        raise ValueError("no answer")
    return message
