"""A provider's error, in any of its shapes, to one of our exceptions and a sentence for people.

The shapes: the API's envelope `{"error": {...}}`, Azure's with `innererror` or `content_filters`, other servers'
`{"detail": ...}` and `{"message": ...}`, an empty body, a web page; in a stream nested and flat error events; and the
`error` of a failed response. Sources: the API reference, recorded traffic, Azure's content filtering documentation.
"""

import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from .decoder import decode_json
from .errors import (
    ContentFiltered,
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    UpstreamError,
)

NOT_FOUND = "The provider does not have this, or no longer keeps it."
NOT_THIS_API = "The provider's address does not answer as the Responses API does. Ask an administrator to check it."
A_DAY = 86_400.0

FILTER_CODES = {
    "content_filter",
    "responsibleaipolicyviolation",
    "content_policy_violation",
    "image_content_policy_violation",
    "moderation_blocked",
    "invalid_prompt",
    "bio_policy",
    "misalignment_policy_violation",
}
QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
MODEL_CODES = {"model_not_found", "deploymentnotfound", "unknown_model", "unsupported_model", "model_not_supported"}
VERSION_CODES = {"unsupported_api_version", "invalid_api_version", "missing_api_version", "operationnotsupported"}
STATUS_OF = {  # of errors that arrive inside a stream or a response, by code or type
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "too_many_requests": 429,
    "tokens": 429,
    "requests": 429,
    "server_error": 500,
    "vector_store_timeout": 503,
}
NAMES_OF_FILTERS = {"self_harm": "self-harm", "selfharm": "self-harm", "jailbreak": "attempt to bypass the rules"}


def error_from_body(body: bytes, *, status: int, headers: Mapping[str, str], one_object: bool = False) -> UpstreamError:
    """Return the exception for an HTTP answer that is an error (or no answer of this API at all).

    `one_object` tells that one response or file was asked for: a 404 is about that one.
    """
    try:
        data = decode_json(body)
    except (ValueError, RecursionError):
        data = None
    error = _error_object(data)
    if error and status < 300:
        status = _status_of(error, None)
    return _classify(
        error,
        status=status,
        request_id=request_id_of(headers),
        retry_after=retry_after(headers),
        should_retry=headers.get("x-should-retry"),
        one_object=one_object,
    )


def not_this_api(*, status: int, headers: Mapping[str, str]) -> ProviderRefused:
    """Return the exception for an answer that is fine as HTTP, but a web page or something else of another kind."""
    return ProviderRefused(NOT_THIS_API, status=status, request_id=request_id_of(headers))


def error_from_event(event: Mapping[str, Any], *, request_id: str | None = None) -> UpstreamError:
    """Return the exception for an `error` event, nested (as sent) or flat (as documented)."""
    error = _error_object(event)
    return _classify(error, status=_status_of(error, event.get("status")), request_id=request_id)


def error_from_response(response: Mapping[str, Any], *, request_id: str | None = None) -> UpstreamError:
    """Return the exception that says what `error` of a failed response (`response.failed`) means."""
    error = _error_object(response)
    return _classify(error, status=_status_of(error, None), request_id=request_id)


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return the id that the provider's support asks for: OpenAI's header, or the one of Azure's front."""
    return headers.get("x-request-id") or headers.get("apim-request-id")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait: `retry-after-ms`, else `Retry-After` as seconds or date (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if not math.isnan(seconds):
            return min(max(0.0, seconds), A_DAY)
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return min(max(0.0, date.timestamp() - time.time()), A_DAY)
    except (TypeError, ValueError, OverflowError):
        return None


def _error_object(data: object) -> dict[str, Any]:
    """Return the innermost error object of a body, empty where there is none."""
    if not isinstance(data, dict):
        return {}
    error = data.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {**data, "message": error}
    if "detail" in data and "message" not in data:
        return {**data, "message": data["detail"]}
    return data if data.keys() & {"message", "code"} else {}


def _status_of(error: Mapping[str, Any], given: object) -> int:
    """Return the HTTP status that an error without one would have had; 500 where nothing tells."""
    for value in (given, error.get("status")):
        if type(value) is int and 400 <= value < 600:
            return value
    for key in ("code", "type"):
        word = error.get(key)
        if isinstance(word, str) and word.lower() in STATUS_OF:
            return STATUS_OF[word.lower()]
    code = error.get("code")
    if isinstance(code, str) and re.search(r"image|not_found|invalid|unsupported|too_large|context_length", code):
        return 400
    return 500


def _classify(
    error: dict[str, Any],
    *,
    status: int,
    request_id: str | None,
    retry_after: float | None = None,
    should_retry: str | None = None,
    one_object: bool = False,
) -> UpstreamError:
    inner = error.get("innererror")
    inner_code = _token(inner.get("code")) if isinstance(inner, dict) else None
    code = _token(error.get("code")) or inner_code
    param = _token(error.get("param"))
    words = {word.lower() for word in (code, inner_code, _token(error.get("type"))) if word}
    message = error.get("message")
    text = message if isinstance(message, str) else ""
    details: dict[str, Any] = {
        "code": code,
        "param": param,
        "status": status,
        "request_id": request_id,
        "retry_after": retry_after,
        "body": error,
    }

    if words & FILTER_CODES:
        filters = _filters_hit(error)
        named = f" ({', '.join(NAMES_OF_FILTERS.get(name, name.replace('_', ' ')) for name in filters)})"
        sentence = f"The provider's content filter refused this request{named if filters else ''}."
        return ContentFiltered(f"{sentence} Rephrase it and try again.", filters=filters, **details)
    if "previous_response_not_found" in words or _is_forgotten_response(param, text):
        return ResponseNotFound("The provider no longer keeps the response that this one continues.", **details)
    if words & MODEL_CODES:
        return ProviderRefused(
            "The provider does not have this model. Choose another one, or ask an administrator to check its name.",
            **details,
        )
    if words & QUOTA_CODES or status == 402:
        return ProviderBusy(
            "The provider's quota is used up. Ask an administrator to raise it, or choose another model.", **details
        )
    if status == 429:
        details["retryable"] = should_retry != "false"
        return ProviderBusy(f"The model provider has too much to do. Try again {_when(retry_after)}.", **details)
    if "permissiondenied" in words:
        return ProviderRefused(
            "The server's identity may not use this Azure resource. Ask an administrator to give it the role "
            "“Cognitive Services OpenAI User”.",
            **details,
        )
    if status == 401:
        return ProviderRefused(
            "The model provider does not accept the credentials. Ask an administrator to check them.", **details
        )
    if status == 403:
        return ProviderRefused(
            "The model provider does not allow this. Ask an administrator to check the permissions.", **details
        )
    if status >= 500 or status in (408, 409):
        details["retryable"] = should_retry != "false"
        return ProviderUnavailable("The model provider has a fault. Try again in a moment.", **details)
    if _no_such_endpoint(error, status=status, code=code, text=text) or words & VERSION_CODES:
        return ProviderRefused(NOT_THIS_API, **details)
    if status == 404 and one_object:
        return ResponseNotFound(NOT_FOUND, **details)
    return RequestRejected(_rejection(status=status, code=code, param=param, text=text), **details)


def _is_forgotten_response(param: str | None, text: str) -> bool:
    """Tell that a previous response is unknown where the code does not say it: some servers answer a bare 404."""
    return "not found" in text.lower() and (
        param == "previous_response_id" or re.match(r"(?:previous )?response with id ", text, re.I) is not None
    )


def _when(seconds: float | None) -> str:
    if seconds is None or seconds <= 1:
        return "in a moment"
    return f"in {math.ceil(seconds)} seconds" if seconds <= 120 else f"in {math.ceil(seconds / 60)} minutes"


def _no_such_endpoint(error: Mapping[str, Any], *, status: int, code: str | None, text: str) -> bool:
    """Tell a wrong address from an unknown object: a deletion must not be taken for done because of a wrong address."""
    if status < 400 or status == 405:
        return True
    if status != 404:
        return False
    return not error or code == "404" or text.strip(". ").lower() in ("not found", "resource not found", "")


def _rejection(*, status: int, code: str | None, param: str | None, text: str) -> str:
    if code in ("context_length_exceeded", "string_above_max_length") or status == 413:
        return "This is more than the model can take. Shorten it, start a new conversation or choose a larger model."
    if code in ("unsupported_parameter", "unsupported_value", "unknown_parameter") or "not supported" in text:
        named = f"“{param}”" if param else "one of the settings"
        return f"The model does not take {named}. Change it, or choose another model."
    if param:
        return f"The provider does not accept “{param}” of this request. Change it and try again."
    return "The provider does not accept this request. Change it and try again."


def _filters_hit(error: Mapping[str, Any]) -> list[str]:
    """Return the categories that were hit, from both shapes of Azure's refusal."""
    inner = error.get("innererror")
    sources = error.get("content_filters")
    hit: dict[str, None] = {}
    for holder in [error, inner, *(sources if isinstance(sources, list) else [])]:
        if not isinstance(holder, dict):
            continue
        for key in ("content_filter_results", "content_filter_result"):
            results = holder.get(key)
            for name, result in results.items() if isinstance(results, dict) else ():
                if isinstance(result, dict) and (result.get("filtered") or result.get("detected")):
                    hit[str(name)] = None
    return list(hit)


def _token(value: object) -> str | None:
    """Return the provider's code or parameter name if it is one: these go to logs and screens, content must not."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and re.fullmatch(r"[\w.\[\]:-]{1,120}", value) else None
