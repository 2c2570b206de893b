"""Errors in the API's own envelope: `{"error": {"message", "type", "param", "code"}}`."""

from typing import Any


class ApiError(Exception):
    """A refusal that reaches the client as it is: HTTP status, the four fields, extra fields and headers."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code, **(extra or {})}
        self.headers = headers or {}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """A 400 that names the parameter which is wrong."""
    return ApiError(400, message, param=param, code=code)


def response_not_found(response_id: str) -> ApiError:
    """The 404 of an unknown, deleted or expired response (wording as recorded from the real service)."""
    return ApiError(404, f"Response with id '{response_id}' not found.")


def previous_response_not_found(response_id: str) -> ApiError:
    """The 400 of a `previous_response_id` that is unknown, deleted or expired: the three look alike."""
    return invalid(
        f"Previous response with id '{response_id}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def item_not_found(item_id: str) -> ApiError:
    """The 404 of an item that was never stored."""
    return ApiError(
        404,
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input.",
        param="input",
    )


def file_not_found(file_id: str) -> ApiError:
    """The 404 of an unknown, deleted or expired file."""
    return ApiError(404, f"No such File object: {file_id}", param="id")
