"""How the JSON doors of the pages read and answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException

from conversations.budgets import OverBudget
from conversations.errors import Refused
from conversations.models import User

log = structlog.get_logger(__name__)


class SignedInRequest(HttpRequest):
    """A request whose user is signed in, as the decorators of the views see to."""

    user: User


def answer(data: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return `data` as JSON that no cache keeps."""
    response = HttpResponse(msgspec.json.encode(data), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response


def refusal(error: Refused) -> JsonResponse:
    """Return what an action would not do, as a sentence and a code."""
    response = JsonResponse({"error": {"message": error.sentence, "code": error.code}}, status=error.status)
    response["Cache-Control"] = "no-store"
    if isinstance(error, OverBudget):
        response["Retry-After"] = str(error.seconds)
    return response


def door(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view of a JSON door: these methods only, for people who are signed in, refusals as JSON."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Refused("This address does not take that method.", code="method", status=405)
                if not request.user.is_authenticated:
                    raise Refused("Your session has ended. Sign in again.", code="signed_out", status=401)
                return view(request, *args, **kwargs)
            except Refused as error:
                return refusal(error)
            except (OperationalError, InterfaceError) as error:
                log.warning("database_unavailable", error=type(error).__name__)
                busy = Refused("The database is busy. Try again in a moment.", code="database", status=503)
                answered = refusal(busy)
                answered["Retry-After"] = "5"
                return answered

        return checked

    return decorate


def body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of the request; raise `Refused` for anything else."""
    try:
        data = msgspec.json.decode(request.body or b"{}")
    except (ValueError, RecursionError, RawPostDataException):  # the last: a form, which the CSRF check has read
        data = None
    except RequestDataTooBig:
        raise Refused("This is too much for one request. Shorten it or split it.", code="large", status=413) from None
    if not isinstance(data, dict):
        raise Refused("The request must be a JSON object.", code="not_json")
    return data


def whole_number(data: dict[str, Any], name: str) -> int | None:
    """Return an id from a JSON object, None where there is none; raise `Refused` for anything that is no id."""
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise Refused(f"{name} must be the number of a response.", code=name)
    return value


def text(data: dict[str, Any], name: str) -> str:
    """Return a text from a JSON object, "" where there is none; raise `Refused` for anything that is no text."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{name} must be text.", code=name)
    return value


def listing(data: dict[str, Any], name: str) -> list[Any]:
    """Return a list from a JSON object, empty where there is none; raise `Refused` for anything that is no list."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"{name} must be a list.", code=name)
    return value
