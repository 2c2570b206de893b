"""Whether an answer is the JSON that it was asked for as."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from typing import Any

import structlog

from conversations.intake.kinds import BadFile
from conversations.intake.workshop import Busy, workshop

log = structlog.get_logger(__name__)

SECONDS = 5.0
NOT_CHECKED = "The answer was not held against its schema: that took too long."


async def fit(options: Mapping[str, Any], final: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return whether the final response says JSON that fits what `options` ask for; None where nothing was asked for.

    Neither is it looked at where the model refused, which is an answer by itself.
    """
    text = options.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") not in {"json_schema", "json_object"} or final is None:
        return None
    said = _said(final)
    if said is None:
        return None
    schema = wanted.get("schema") if wanted["type"] == "json_schema" else None
    return await asyncio.to_thread(_fit, schema, said)


def _said(final: Mapping[str, Any]) -> str | None:
    """Return the text of the last message, or None where there is none or it holds a refusal."""
    output = final.get("output")
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    messages = [item for item in items if item.get("type") == "message"]
    content = messages[-1].get("content") if messages else None
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    if not parts or any(part.get("type") == "refusal" for part in parts):
        return None
    return "".join(str(part.get("text") or "") for part in parts)


def _fit(schema: Any, text: str) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps({"schema": schema, "text": text}).encode())
        try:
            return workshop.do("answer", [given], seconds=SECONDS)
        except (BadFile, Busy, OSError) as error:
            log.warning("answer_not_checked", error=type(error).__name__)
            return {"valid": None, "problem": NOT_CHECKED}
