"""A client for MCP servers over streamable HTTP, through the guarded client.

The protocol's part that is needed (revision 2025-06-18): initialize, tools/list, tools/call, as JSON-RPC by POST,
answered with JSON or with a short event stream. Redirects are refused, and what a server sends is bounded.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from conversations.egress.addresses import Allowance
from conversations.egress.client import open_session
from conversations.egress.errors import AddressRefused

PROTOCOL = "2025-06-18"
ANSWER_BYTES = 1024 * 1024
PAGES = 20
MOST_TOOLS = 500
SECONDS = 60.0
"""For one request, its whole answer included."""


class McpError(Exception):
    """A server that cannot be reached, or that refused; `error` has the form of an `mcp_call` item's `error`."""

    def __init__(self, message: str, error: dict[str, Any]) -> None:
        super().__init__(message)
        self.error = error


def http_error(message: str, code: int) -> McpError:
    """The server is not there, or does not let us in."""
    return McpError(message, {"type": "http_error", "code": code, "message": message})


def protocol_error(message: str, code: int) -> McpError:
    """The server does not speak as it should, or says no; `code` is JSON-RPC's."""
    return McpError(message, {"type": "mcp_protocol_error", "code": code, "message": message})


@asynccontextmanager
async def open_server(
    url: str,
    headers: Mapping[str, str],
    *,
    client: str,
    allowance: Allowance | None = None,
    seconds: float = SECONDS,
) -> AsyncIterator[RemoteServer]:
    """Open an MCP session with the server at `url`; raise `McpError`, also for what fails inside the block."""
    host = urlsplit(url).hostname or ""
    try:
        async with open_session(url, allowance) as session:
            server = RemoteServer(session, url, headers, seconds)
            await server.initialize(client)
            yield server
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefused):
            raise http_error(error.os_error.sentence, 403) from error
        raise http_error(f"The MCP server at {host} cannot be reached.", 424) from error
    except AddressRefused as error:
        raise http_error(error.sentence, 403) from error
    except TimeoutError as error:
        raise http_error(f"The MCP server at {host} did not answer within {seconds:g} seconds.", 504) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise http_error(f"The MCP server at {host} cannot be reached.", 424) from error


class RemoteServer:
    """A server that is reached over streamable HTTP."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], seconds: float = SECONDS
    ) -> None:
        self._session = session
        self._url = url
        self._headers = {"Accept": "application/json, text/event-stream", **headers}
        self._seconds = seconds
        self._count = 0

    async def initialize(self, client: str) -> None:
        """Open the MCP session; `client` is the name that the server is told."""
        given = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": client, "version": "1"}}
        result = await self._request("initialize", given)
        self._headers["MCP-Protocol-Version"] = _line(result.get("protocolVersion")) or PROTOCOL
        await self._post({"jsonrpc": "2.0", "method": "notifications/initialized"}, None)

    async def list_tools(self) -> list[dict[str, Any]]:
        """Return the tools of all pages, in the form of an `mcp_list_tools` item's `tools`."""
        tools: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        for _ in range(PAGES):
            result = await self._request("tools/list", cursor)
            found = result.get("tools")
            tools += [_listed(tool) for tool in found if _is_tool(tool)] if isinstance(found, list) else []
            if len(tools) > MOST_TOOLS:
                raise protocol_error(f"The MCP server lists more than {MOST_TOOLS} tools.", -32603)
            if not result.get("nextCursor"):
                break
            cursor = {"cursor": result["nextCursor"]}
        return tools

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Return the text parts of what the tool returns."""
        result = await self._request("tools/call", {"name": name, "arguments": arguments})
        content = result.get("content")
        parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
        text = "\n".join(str(part.get("text", f"({part.get('type')})")) for part in parts)
        if result.get("isError"):
            raise McpError(text, {"type": "mcp_tool_execution_error", "content": parts})
        return text

    async def _request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        answer = await self._post(
            {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}, self._count
        )
        if "error" in answer:
            error = answer["error"] if isinstance(answer["error"], dict) else {}
            code = error.get("code")
            raise protocol_error(str(error.get("message")), code if isinstance(code, int) else 0)
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    async def _post(self, message: dict[str, Any], wanted: int | None) -> dict[str, Any]:
        async with (
            asyncio.timeout(self._seconds),
            self._session.post(self._url, json=message, headers=self._headers, allow_redirects=False) as response,
        ):
            if response.status >= 300:
                raise http_error(f"The MCP server answered with status {response.status}.", response.status)
            if session := _line(response.headers.get("Mcp-Session-Id")):
                self._headers["Mcp-Session-Id"] = session
            if wanted is None:
                return {}
            try:
                return await read_answer(response, wanted)
            except (ValueError, RecursionError) as error:
                raise protocol_error("The MCP server's answer is not JSON-RPC.", -32700) from error


async def read_answer(response: aiohttp.ClientResponse, wanted: int) -> dict[str, Any]:
    """Return the message with the wanted id, from a JSON body or an event stream; raise `ValueError` for none."""
    streamed = response.content_type == "text/event-stream"
    read = 0
    lines: list[bytes] = []
    async for line in _lines(response):
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


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Yield the lines of a body, an endless one as soon as it is too long."""
    rest = b""
    async for chunk in response.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > ANSWER_BYTES:
            yield rest
            return
    if rest:
        yield rest


def _is_tool(tool: Any) -> bool:
    return isinstance(tool, dict) and isinstance(tool.get("name"), str) and bool(tool["name"])


def _listed(tool: dict[str, Any]) -> dict[str, Any]:
    annotations = tool.get("annotations")
    schema = tool.get("inputSchema")
    return {
        "name": tool["name"],
        "description": tool.get("description") if isinstance(tool.get("description"), str) else None,
        "input_schema": schema if isinstance(schema, dict) else {"type": "object"},
        "annotations": {"read_only": isinstance(annotations, dict) and annotations.get("readOnlyHint") is True},
    }


def _line(value: Any) -> str:
    """Return what a server wants repeated in a header, "" where it is none."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) < 1000 else ""
