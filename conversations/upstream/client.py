"""The provider's Responses API, with answers as they came on the wire: dictionaries and events, no SDK objects."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote

import msgspec

from .classification import NOT_FOUND, not_this_api
from .config import ProviderConfig
from .decoder import decode_json
from .entra import TokenCredential
from .errors import ResponseNotFound
from .stream import EventStream
from .transport import OnWait, Transport

WHOLE_ANSWER_TIMEOUT = 600.0  # seconds: without a stream the first byte comes after the last token
# What the input_tokens endpoint takes of a request.
COUNTED = {"model", "input", "instructions", "previous_response_id", "conversation", "truncation", "personality"}
COUNTED |= {"tools", "tool_choice", "parallel_tool_calls", "reasoning", "text"}


class Provider:
    """One provider, for all requests of one process and event loop: they share its connections and its token.

    Every method raises an `UpstreamError`. What failed before anything of the answer was seen is tried again where
    that can help (`retries`), and once with a new token after a 401 with Entra ID.
    """

    def __init__(self, config: ProviderConfig, *, credential: TokenCredential | None = None) -> None:
        self._transport = Transport(config, credential=credential)

    def stream_response(
        self, body: Mapping[str, Any], *, on_wait: OnWait | None = None
    ) -> AbstractAsyncContextManager[EventStream]:
        """POST a response and stream its events; `body` is sent as it is, with `stream`.

        `on_wait` is told the seconds and the reason before each wait for another attempt. Leaving the block closes the
        connection, which ends a response that is not a background one.
        """
        content = msgspec.json.encode({**body, "stream": True})
        return self._transport.stream("post", "responses", content=content, on_wait=on_wait)

    def resume_stream(
        self, response_id: str, *, starting_after: int | None, on_wait: OnWait | None = None
    ) -> AbstractAsyncContextManager[EventStream]:
        """Stream a background response that was created with `stream`, from the event after `starting_after`."""
        params: dict[str, object] = {"stream": "true"}
        if starting_after is not None:
            params["starting_after"] = starting_after
        path = _path("responses", response_id)
        return self._transport.stream("get", path, params=params, starting_after=starting_after, on_wait=on_wait)

    async def create_response(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a response without a stream; return it when it is complete, or at once for a background one.

        What may have reached the model is not tried again: it would be paid twice.
        """
        content = msgspec.json.encode({**body, "stream": False})
        return await self._json(
            "post", "responses", content=content, first_byte_timeout=WHOLE_ANSWER_TIMEOUT, repeatable=False
        )

    async def retrieve_response(self, response_id: str, *, include: Iterable[str] = ()) -> dict[str, Any]:
        """Return the response as the provider has it now."""
        return await self._json("get", _path("responses", response_id), params={"include": list(include)})

    async def cancel_response(self, response_id: str) -> dict[str, Any]:
        """Stop a background response and return it; one that is complete comes back unchanged."""
        return await self._json("post", _path("responses", response_id, "cancel"))

    async def delete_response(self, response_id: str) -> bool:
        """Delete the response at the provider; True also when it was not there (any more)."""
        return await self._delete(_path("responses", response_id))

    async def list_input_items(
        self, response_id: str, *, after: str | None = None, limit: int = 100, order: str = "asc"
    ) -> dict[str, Any]:
        """Return a page of the input items of a response: `data`, `first_id`, `last_id`, `has_more`."""
        params: dict[str, object] = {"limit": limit, "order": order}
        if after is not None:
            params["after"] = after
        return await self._json("get", _path("responses", response_id, "input_items"), params=params)

    async def count_input_tokens(self, body: Mapping[str, Any]) -> int:
        """Return how many tokens the input of a request is; `body` is that of the response to be created."""
        content = msgspec.json.encode({key: value for key, value in body.items() if key in COUNTED})
        answer = await self._json("post", "responses/input_tokens", content=content)
        return int(answer["input_tokens"])

    async def compact_response(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a shorter form of a request's input, as items that stand for it in later requests.

        What may have reached the model is not tried again: it would be paid twice.
        """
        content = msgspec.json.encode(body)
        return await self._json(
            "post", "responses/compact", content=content, first_byte_timeout=WHOLE_ANSWER_TIMEOUT, repeatable=False
        )

    async def list_models(self) -> list[str]:
        """Return the ids of the models that the provider lists (on Azure: its catalogue, not our deployments)."""
        answer = await self._json("get", "models")
        return [model["id"] for model in answer["data"]]

    async def upload_file(self, *, name: str, content: bytes, media_type: str, purpose: str) -> dict[str, Any]:
        """Upload a file and return its object.

        What may have reached the provider is not tried again: it could leave a file that nobody knows or deletes.
        """
        return await self._json(
            "post",
            "files",
            body={"purpose": purpose},
            files=[("file", (name, content, media_type))],
            headers={"Content-Type": "multipart/form-data"},
            repeatable=False,
        )

    async def retrieve_file(self, file_id: str) -> dict[str, Any]:
        """Return the object that describes the file."""
        return await self._json("get", _path("files", file_id))

    async def file_content(self, file_id: str) -> bytes:
        """Return the bytes of the file, all in memory."""
        return (await self._transport.request("get", _path("files", file_id, "content"))).content

    async def container_file_content(self, container_id: str, file_id: str) -> bytes:
        """Return the bytes of a file that code made in a container, all in memory."""
        path = _path("containers", container_id, "files", file_id, "content")
        return (await self._transport.request("get", path)).content

    async def delete_file(self, file_id: str) -> bool:
        """Delete the file at the provider; True also when it was not there (any more)."""
        return await self._delete(_path("files", file_id))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def _delete(self, path: str) -> bool:
        try:
            return (await self._json("delete", path)).get("deleted") is True
        except ResponseNotFound:
            return True

    async def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = await self._transport.request(method, path, **request)
        try:
            answer = decode_json(response.content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise not_this_api(status=response.status_code, headers=response.headers)
        return answer


def _path(*segments: str) -> str:
    """Join path segments, of which ids may be anybody's words. Raises ResponseNotFound for what can be no id."""
    if not all(segment.strip(".") for segment in segments):
        # An empty segment or dots would name another resource.
        raise ResponseNotFound(NOT_FOUND, status=404)
    return "/".join(quote(segment, safe="") for segment in segments)
