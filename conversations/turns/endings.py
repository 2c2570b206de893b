"""How a turn ended, from what the provider said last."""

from __future__ import annotations

from typing import Any

from conversations.models import Response
from conversations.turns.mirror import Ending
from conversations.upstream.classification import error_from_response
from conversations.upstream.errors import UpstreamError

ENDED = {status.value: status for status in Response.Status if status not in Response.RUNNING}


def ending_of(kind: str, data: dict[str, Any]) -> Ending:
    final = data.get("response") if isinstance(data.get("response"), dict) else None
    status = ENDED[kind.removeprefix("response.")]
    details = (final or {}).get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    error = None
    if status == Response.Status.FAILED:
        failure = error_from_response(final or {})
        error = {"code": failure.code or "server_error", "message": failure.sentence}
    incomplete = str(reason or "unknown") if status == Response.Status.INCOMPLETE else None
    return Ending(status, final=final, error=error, incomplete=incomplete)


def failed(error: UpstreamError) -> Ending:
    code = error.code or type(error).__name__
    return Ending(Response.Status.FAILED, error={"code": code, "message": error.sentence, "provider": error.details})
