"""What the gateway says when it does not do what it was asked: always the API's envelope.

    {"error": {"message", "type", "param", "code"}}

`ApiError` is the only exception that the views raise on purpose; `error_for` makes one of whatever else was raised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError

from conversations.budgets import OverBudget
from conversations.errors import Refused
from conversations.upstream.errors import UpstreamError

log = structlog.get_logger(__name__)

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"
RATE_LIMITED = "rate_limit_error"


class ApiError(Exception):
    """An answer of 400 or more. `message` is a sentence for people, `code` for programs, `param` what was wrong."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type or _type(status)
        self.param = param
        self.code = code
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        """What a provider said beside the four: `innererror`, `content_filters`."""

    @property
    def envelope(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": self.more | error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """Return a 400 that names the parameter."""
    return ApiError(400, message, param=param, code=code)


def missing(param: str) -> ApiError:
    return invalid(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def wrong_type(param: str, expected: str, value: Any) -> ApiError:
    got = _kind(value)
    message = f"Invalid type for '{param}': expected {expected}, but got {got} instead."
    return invalid(message, param=param, code="invalid_type")


def unknown(what: str, given: str) -> ApiError:
    """Return the 404 of an id that is unknown, or not the caller's: the two are the same bytes."""
    return ApiError(404, f"{what} with id '{given}' not found.")


def too_large(most: int) -> ApiError:
    """Return a 413; `most` is in bytes."""
    return ApiError(413, f"The request is too large: {most:,} bytes is the most.", code="request_too_large")


def busy(message: str, *, seconds: float, code: str = "rate_limit_exceeded") -> ApiError:
    """Return a 429 that says when to come again, in both of the headers that clients look for."""
    headers = {"Retry-After": str(max(1, math.ceil(seconds))), "retry-after-ms": str(max(1, math.ceil(seconds * 1000)))}
    return ApiError(429, message, code=code, headers=headers)


def error_for(problem: BaseException) -> ApiError:
    """Return the answer for whatever a call raised. What is our own fault is logged, by type and place."""
    match problem:
        case ApiError():
            return problem
        case Refused():
            return _refused(problem)
        case UpstreamError():
            return _upstream(problem)
        case OperationalError() | InterfaceError():
            log.warning("database_unavailable", error=type(problem).__name__)
            return unavailable("The database is busy. Try again in a moment.")
        case RequestDataTooBig():
            return ApiError(413, "This is too much for one request.", code="request_too_large")
        case DisallowedHost():
            return invalid("This server is not known by that host name.", code="invalid_host")
        case SuspiciousOperation() | BadRequest() | MultiPartParserError():
            return invalid("The request cannot be read.")
    log.error("gateway_failed", exc_info=problem)
    return ApiError(500, "Something went wrong here. It was noted; try again, and name the x-request-id if you ask us.")


def unavailable(message: str, *, seconds: int = 5) -> ApiError:
    return ApiError(503, message, code="service_unavailable", headers={"Retry-After": str(seconds)})


def answer(error: ApiError) -> HttpResponse:
    """Return the error as a response."""
    response = HttpResponse(
        msgspec.json.encode(error.envelope), status=error.status, content_type="application/json", headers=error.headers
    )
    response["Cache-Control"] = "no-store"
    return response


def _refused(problem: Refused) -> ApiError:
    if isinstance(problem, OverBudget):
        error = busy(problem.sentence, seconds=problem.seconds, code="insufficient_quota")
        error.type = "insufficient_quota"
        error.headers["x-should-retry"] = "false"  # the official clients would wait in vain
        return error
    if problem.status == 429:
        return busy(problem.sentence, seconds=2, code=problem.code)
    return ApiError(problem.status, problem.sentence, code=problem.code)


def _upstream(problem: UpstreamError) -> ApiError:
    """Pass on what the provider said of the request; what it said of our own key is between it and us."""
    if problem.status in {401, 403}:
        return ApiError(502, problem.sentence, type=SERVER_ERROR, code="provider_refused")
    status = problem.status if problem.status and 400 <= problem.status < 600 else 502
    message = problem.body.get("message") if status < 500 else None
    more = {name: value for name, value in problem.body.items() if name not in {"message", "type", "param", "code"}}
    kind = problem.body.get("type") if status < 500 else None
    headers = {}
    if problem.retry_after is not None:
        headers = {
            "Retry-After": str(max(0, math.ceil(problem.retry_after))),
            "retry-after-ms": str(max(0, math.ceil(problem.retry_after * 1000))),
        }
    return ApiError(
        status,
        message if isinstance(message, str) and message else problem.sentence,
        type=kind if isinstance(kind, str) else "",
        param=problem.param,
        code=problem.code,
        headers=headers,
        more=more if status < 500 else None,
    )


def _type(status: int) -> str:
    if status == 429:
        return RATE_LIMITED
    return SERVER_ERROR if status >= 500 else INVALID_REQUEST


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"
