"""The description of all calls, as OpenAPI: what `/openai/v1/openapi.json` answers.

It says what is checked here, and no more: parameters that are not in it are passed on to the provider.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from conversations.gateway import idempotency, schemas
from conversations.gateway.answers import obj
from conversations.gateway.calls import BASE, needs

Data = dict[str, Any]
EVERYWHERE = {401: "Unauthorized", 403: "MissingScope", 429: "TooMany", 503: "Unavailable"}
"""What every call that needs a key may answer."""
UPSTREAM = {502: "ProviderFailed", 500: "ProviderFailed", 504: "ProviderFailed"}
INCLUDE = {
    "name": "include[]",
    "in": "query",
    "schema": {"type": "array", "items": {"type": "string"}},
    "explode": True,
    "description": "More of what was said: `reasoning.encrypted_content`, `message.input_image.image_url`, ...",
}
AFTER = {
    "name": "after",
    "in": "query",
    "schema": {"type": "string"},
    "description": "The `last_id` of the page before.",
}
ORDER = {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"], "default": "desc"}}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST, "pattern": idempotency.PATTERN},
    "description": "The same key with the same request is the same answer for a day.",
}


def _id(name: str) -> Data:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


CONVERSATION = _id("conversation_id")


@needs("")
def describe(request: HttpRequest) -> HttpResponse:
    return obj(description(request.build_absolute_uri(f"{BASE}v1")))


def description(server: str) -> Data:
    """Return the document; `server` is the address that its paths follow."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Salon's gateway",
            "version": "1",
            "description": "The OpenAI Responses API. What is said through it stands in the team's conversations. "
            "Azure's clients call the same paths beneath `/openai` with any `api-version`.",
        },
        "servers": [{"url": server}],
        "security": [{"bearer": []}, {"api-key": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "api-key": {"type": "apiKey", "in": "header", "name": "api-key"},
            },
            "schemas": schemas.schemas(list(settings.SALON_MODELS)),
            "headers": {
                "x-request-id": {"schema": {"type": "string"}, "required": True},
                "Retry-After": {"schema": {"type": "string"}, "required": True},
                "retry-after-ms": {"schema": {"type": "string"}, "required": True},
            },
            "responses": {
                "Bad": _error("The request cannot be taken as it is; `param` names what to change."),
                "Unauthorized": _error("No key, or one that does not open anything."),
                "MissingScope": _error("The key or its person may not do this."),
                "Unknown": _error("There is nothing with this id, or it is not yours."),
                "Conflict": _error("Something else is at it: another turn, or the first request with this key."),
                "TooLarge": _error("The body is too large."),
                "WrongKind": _error("The body is of a kind that is not read here."),
                "Reused": _error("The Idempotency-Key was used for another request."),
                "TooMany": _error("Too many requests; come again later.", "Retry-After", "retry-after-ms"),
                "Unavailable": _error("The database or the provider is away for a moment.", "Retry-After"),
                "ProviderFailed": _error("The provider failed, or could not be reached."),
            },
        },
    }


def paths() -> dict[str, Data]:
    """Return every call by its path and method."""
    return {
        "/responses": {
            "post": _call(
                "Create a response",
                "write",
                body="CreateResponse",
                answer="Response",
                parameters=[IDEMPOTENCY],
                errors=UPSTREAM,
                streams=True,
            )
        },
        "/responses/compact": {
            "post": _call("Compact a conversation", "write", body="Compact", answer="Compaction", errors=UPSTREAM)
        },
        "/responses/input_tokens": {
            "post": _call("Count input tokens", "write", body="CountTokens", answer="InputTokens", errors=UPSTREAM)
        },
        "/responses/{response_id}": {
            "get": _call(
                "Retrieve a response, or its stream",
                "read",
                answer="Response",
                parameters=[
                    _id("response_id"),
                    INCLUDE,
                    {"name": "stream", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "starting_after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                    {"name": "include_obfuscation", "in": "query", "schema": {"type": "boolean"}},
                ],
                errors=UPSTREAM,
                streams=True,
            ),
            "delete": _call(
                "Delete a response, also at the provider",
                "write",
                answer="Deleted",
                parameters=[_id("response_id")],
                errors={409: "Conflict", **UPSTREAM},
            ),
        },
        "/responses/{response_id}/cancel": {
            "post": _call(
                "Cancel a background response",
                "write",
                answer="Response",
                parameters=[_id("response_id")],
                errors={409: "Conflict", **UPSTREAM},
            )
        },
        "/responses/{response_id}/input_items": {
            "get": _call(
                "List the input items of a response",
                "read",
                answer="ItemList",
                parameters=[_id("response_id"), AFTER, _limit(20, 100), ORDER, INCLUDE],
                errors=UPSTREAM,
            )
        },
        "/conversations": {
            "post": _call(
                "Create a conversation",
                "write",
                body="CreateConversation",
                answer="Conversation",
                parameters=[IDEMPOTENCY],
            )
        },
        "/conversations/{conversation_id}": {
            "get": _call("Retrieve a conversation", "read", answer="Conversation", parameters=[CONVERSATION]),
            "post": _call(
                "Update a conversation", "write", body="Metadata", answer="Conversation", parameters=[CONVERSATION]
            ),
            "delete": _call("Delete a conversation", "write", answer="Deleted", parameters=[CONVERSATION]),
        },
        "/conversations/{conversation_id}/items": {
            "get": _call(
                "List the items of a conversation",
                "read",
                answer="ItemList",
                parameters=[CONVERSATION, AFTER, _limit(20, 100), ORDER, INCLUDE],
            ),
            "post": _call(
                "Add items to a conversation",
                "write",
                body="CreateItems",
                answer="ItemList",
                parameters=[CONVERSATION, INCLUDE, IDEMPOTENCY],
            ),
        },
        "/conversations/{conversation_id}/items/{item_id}": {
            "get": _call("Retrieve an item", "read", answer="Item", parameters=[CONVERSATION, _id("item_id"), INCLUDE]),
            "delete": _call(
                "Delete an item from a conversation",
                "write",
                answer="Conversation",
                parameters=[CONVERSATION, _id("item_id")],
            ),
        },
        "/files": {
            "get": _call(
                "List the files of your programs",
                "files",
                answer="FileList",
                parameters=[
                    AFTER,
                    _limit(10_000, 10_000),
                    ORDER,
                    {"name": "purpose", "in": "query", "schema": {"type": "string", "enum": list(schemas.PURPOSES)}},
                ],
            ),
            "post": _call(
                "Upload a file",
                "files",
                body="CreateFile",
                form=True,
                answer="File",
                parameters=[IDEMPOTENCY],
                errors={507: "ProviderFailed"},
            ),
        },
        "/files/{file_id}": {
            "get": _call("Retrieve a file", "files", answer="File", parameters=[_id("file_id")]),
            "delete": _call(
                "Delete a file, also at the provider", "files", answer="Deleted", parameters=[_id("file_id")]
            ),
        },
        "/files/{file_id}/content": {
            "get": _call("Read a file", "files", answer="", parameters=[_id("file_id")]),
        },
        "/models": {"get": _call("List the models", "models", answer="ModelList")},
        "/models/{model}": {
            "get": _call("Retrieve a model", "models", answer="Model", parameters=[_id("model")]),
        },
        "/openapi.json": {
            "get": {
                "summary": "This description",
                "security": [],
                "responses": {"200": _ok({"type": "object"})},
            }
        },
    }


def _call(
    summary: str,
    scope: str,
    *,
    answer: str,
    body: str = "",
    form: bool = False,
    parameters: list[Data] | None = None,
    errors: dict[int, str] | None = None,
    streams: bool = False,
) -> Data:
    """Return an operation. `body`, `answer` name schemas; `errors` are those beside what any such call may answer."""
    said: dict[int, str] = {**EVERYWHERE, **(errors or {})}
    if parameters or body:
        said[400] = "Bad"
    if body:
        said |= {404: "Unknown", 409: "Conflict", 413: "TooLarge", 415: "WrongKind", 422: "Reused"}
    elif any(parameter["in"] == "path" for parameter in parameters or ()):
        said[404] = "Unknown"
    call: Data = {
        "summary": summary,
        "description": f"Needs a key with the scope `{scope}`.",
        "parameters": parameters or [],
        "responses": {
            "200": _ok(answer, streams=streams),
            **{str(status): {"$ref": f"#/components/responses/{name}"} for status, name in sorted(said.items())},
        },
    }
    if body:
        kind = "multipart/form-data" if form else "application/json"
        content = {kind: {"schema": {"$ref": f"#/components/schemas/{body}"}}}
        call["requestBody"] = {"required": True, "content": content}
    return call


def _ok(answer: str | Data, *, streams: bool = False) -> Data:
    """Return an answer of 200: an object of a schema, "" for bytes."""
    schema = {"$ref": f"#/components/schemas/{answer}"} if isinstance(answer, str) else answer
    content: Data = {"application/json": {"schema": schema}} if answer else {"application/octet-stream": {}}
    if streams:
        content["text/event-stream"] = {"schema": {"$ref": "#/components/schemas/Event"}}
    headers = {"x-request-id": {"$ref": "#/components/headers/x-request-id"}}
    return {"description": "As asked.", "content": content, "headers": headers}


def _error(description: str, *headers: str) -> Data:
    names = ("x-request-id", *headers)
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _limit(usual: int, most: int) -> Data:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return {"name": "limit", "in": "query", "schema": schema}
