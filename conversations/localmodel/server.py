"""The HTTP side: routes under /v1, the key, request ids, errors in the API's envelope."""

import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from . import files as file_routes
from .errors import ApiError, invalid
from .files import page
from .identifiers import fresh_id
from .inputs import shown
from .requests import DEMO, SMALL
from .responses import Responses
from .stream import drop, send_stream

logger = logging.getLogger(__name__)

BODY_BYTES = 256 * 1024 * 1024
MODELS_SINCE = 1_760_000_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(responses: Responses, *, key: str) -> web.Application:
    """The whole provider as an aiohttp application."""
    app = web.Application(client_max_size=BODY_BYTES, middlewares=[answer_errors, require_key(key)])
    app.on_response_prepare.append(add_headers)
    add_routes(app, responses)
    file_routes.add_routes(app, responses.files)
    return app


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the API's envelope."""
    request["started"] = time.perf_counter()
    try:
        return await handler(request)
    except ApiError as error:
        return envelope(error)
    except web.HTTPException as error:
        return envelope(ApiError(error.status, f"Invalid URL ({request.method} {request.path})"))
    except ConnectionError:
        # The client is gone: nobody will read this, and it is no error of ours to log.
        return web.Response()
    except Exception:
        logger.exception("%s %s broke", request.method, request.path)
        message = "The server had an error while processing your request."
        return envelope(ApiError(500, message, kind="server_error"))


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that every answer of the service has; also a stream's, which leaves before its handler ends."""
    response.headers["x-request-id"] = fresh_id("req")
    response.headers["openai-processing-ms"] = str(int((time.perf_counter() - request["started"]) * 1000))


def envelope(error: ApiError) -> web.Response:
    """An error as JSON."""
    return web.json_response({"error": error.error}, status=error.status, headers=error.headers)


def require_key(key: str) -> Any:
    """Only callers with the key get in, by `Authorization: Bearer` or by `api-key`."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = request.headers.get("api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(sent.encode(), key.encode()):
            message = "Incorrect API key provided." if sent else "You didn't provide an API key."
            raise ApiError(401, message, code="invalid_api_key")
        return await handler(request)

    return check


async def read_json(request: web.Request) -> Any:
    """The body as JSON. Raises ApiError where it is none."""
    try:
        return msgspec.json.decode(await request.read())
    except msgspec.DecodeError as error:
        raise invalid("We could not parse the JSON body of your request: it is not valid JSON.") from error


def json_answer(value: Any) -> web.Response:
    """A 200 with JSON."""
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def add_routes(app: web.Application, responses: Responses) -> None:
    """The endpoints for responses and models."""

    async def create(request: web.Request) -> web.StreamResponse:
        body = await read_json(request)
        run = await responses.create(body)
        try:
            if "drop_before_headers" in run.faults:
                drop(request)
            if body.get("stream"):
                obfuscated = (body.get("stream_options") or {}).get("include_obfuscation", True)
                return await send_stream(request, run.follow(-1), faults=run.faults, obfuscated=obfuscated)
            if not run.background:
                await run.done.wait()
            return json_answer(run.response)
        finally:
            # Whoever drops a foreground response ends it: its id was never stored, and stays unknown.
            if not run.background and not run.done.is_set():
                await run.stop()

    async def retrieve(request: web.Request) -> web.StreamResponse:
        response_id = request.match_info["id"]
        if request.query.get("stream", "false").lower() != "true":
            return json_answer(await responses.find(response_id))
        after = request.query.get("starting_after", "-1")
        if not after.removeprefix("-").isdecimal():
            raise invalid("Invalid type for 'starting_after': expected an integer.", param="starting_after")
        obfuscated = request.query.get("include_obfuscation", "true").lower() == "true"
        batches = await responses.follow(response_id, int(after))
        faults = responses.faults((await responses.find(response_id))["metadata"])
        return await send_stream(request, batches, faults=faults, obfuscated=obfuscated)

    async def delete(request: web.Request) -> web.Response:
        return json_answer(await responses.delete(request.match_info["id"]))

    async def cancel(request: web.Request) -> web.Response:
        return json_answer(await responses.cancel(request.match_info["id"]))

    async def input_items(request: web.Request) -> web.Response:
        items = await responses.input_items(request.match_info["id"])
        if request.query.get("order", "desc") == "desc":
            items.reverse()
        include = request.query.getall("include[]", []) + request.query.getall("include", [])
        listing = page(items, request.query, most=100, usual=20)
        return json_answer(listing | {"data": [shown(item, include) for item in listing["data"]]})

    async def compact(request: web.Request) -> web.Response:
        return json_answer(await responses.compact(await read_json(request)))

    async def input_tokens(request: web.Request) -> web.Response:
        return json_answer(await responses.count_input(await read_json(request)))

    async def models(_: web.Request) -> web.Response:
        return json_answer({"object": "list", "data": [model(name) for name in (SMALL, DEMO)]})

    async def show_model(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in (SMALL, DEMO):
            raise ApiError(404, f"The model '{name}' does not exist", param="model", code="model_not_found")
        return json_answer(model(name))

    app.router.add_post("/v1/responses", create)
    app.router.add_post("/v1/responses/compact", compact)
    app.router.add_post("/v1/responses/input_tokens", input_tokens)
    app.router.add_get("/v1/responses/{id}", retrieve)
    app.router.add_delete("/v1/responses/{id}", delete)
    app.router.add_post("/v1/responses/{id}/cancel", cancel)
    app.router.add_get("/v1/responses/{id}/input_items", input_items)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/v1/models/{name}", show_model)


def model(name: str) -> dict[str, Any]:
    """A model as the listing shows it."""
    return {"id": name, "object": "model", "created": MODELS_SINCE, "owned_by": "built-in"}
