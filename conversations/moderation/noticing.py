"""What is looked at by itself: the provider's filter in both of its shapes, and the terms that administrators block."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from conversations import markup
from conversations.errors import Refused
from conversations.markup import Piece
from conversations.models import Case, Item, Report, Response
from conversations.moderation import cases
from conversations.site_settings import BLOCKED_TERMS

HARSH = {"high"}
Priority = Case.Priority


def require_unblocked(text: str) -> None:
    """Raise `Refused` for a message with a blocked term: it is stored nowhere, and not logged."""
    if found := blocked_in(text):
        raise Refused(f"“{found[0]}” may not be used here. Word it differently.", code="blocked_term", status=422)


def blocked_in(text: str) -> list[str]:
    """Return the blocked terms in a text, whole words only and whatever their case."""
    pattern = _pattern(BLOCKED_TERMS.value)
    return list(dict.fromkeys(match.casefold() for match in pattern.findall(text))) if pattern and text else []


def lit(text: str, terms: Iterable[str]) -> list[Piece]:
    """Return a text in pieces, those lit that are blocked now or are among `terms`."""
    pattern = _pattern(tuple(sorted({*BLOCKED_TERMS.value, *terms})))
    return markup.lit(text, pattern.finditer(text) if pattern else ())


@functools.lru_cache(maxsize=4)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str] | None:
    words = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in sorted(terms, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if terms else None


def look(response_id: int) -> None:
    """Look at a turn that has ended, and open cases for what is found in it."""
    response = Response.objects.select_related("created_by").get(pk=response_id)
    outputs = list(Item.objects.present().filter(response=response, direction=Item.Direction.OUTPUT).order_by("index"))
    _look_at_filter(response, outputs)
    for item in outputs:
        if item.type == "message" and (found := blocked_in(item.text)):
            cases.notice(response, item, source=Report.Source.CHECK, priority=Priority.MEDIUM, found=found)


def wants_a_look(response: Response) -> bool:
    """Whether anything could be found in a turn, from what its runner holds in its hands."""
    final, error = response.final or {}, response.error or {}
    cut = response.incomplete_details or {}
    filtered = final.get("content_filters") or cut.get("reason") == "content_filter" or _is_refusal(error)
    return bool(filtered or BLOCKED_TERMS.value)


def _is_refusal(error: Mapping[str, Any]) -> bool:
    return error.get("code") in {"content_filter", "ContentFiltered"} or bool(_hits_of(error))


def _hits_of(error: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the provider's refusal names, which stands in the error object that came with it."""
    provider = error.get("provider")
    body = provider.get("body") if isinstance(provider, dict) else None
    return [hit for holder in _holders(body) for hit in _hits(holder)] if isinstance(body, dict) else []


def _look_at_filter(response: Response, outputs: list[Item]) -> None:
    final, error = response.final or {}, response.error or {}
    on_prompt: list[tuple[str, str]] = []
    on_answer: list[tuple[str, str]] = []
    for entry in _dicts(final.get("content_filters")):
        (on_prompt if entry.get("source_type") == "prompt" else on_answer).extend(_hits(entry))
    on_prompt += _hits_of(error)
    if (response.incomplete_details or {}).get("reason") == "content_filter" and not on_answer:
        on_answer = [("content_filter", "")]
    if _is_refusal(error) and not on_prompt:
        on_prompt = [("content_filter", "")]
    question = (
        Item.objects.filter(
            response=response.input_owner_id, direction=Item.Direction.INPUT, role="user", deleted_at=None
        )
        .order_by("index")
        .last()
    )
    answer = next((item for item in outputs if item.type == "message"), outputs[0] if outputs else None)
    for item, hits in ((question, on_prompt), (answer or question, on_answer)):
        if item is not None and hits:
            harsh = any(severity in HARSH for _, severity in hits)
            words = [f"{name}: {severity}" if severity else name for name, severity in hits]
            priority = Priority.MEDIUM if harsh else Priority.LOW
            cases.notice(response, item, source=Report.Source.PROVIDER, priority=priority, found=words)


def _holders(error: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what may hold results in an error: of the Responses API a list, of the older one its `innererror`."""
    return [dict(error), *_dicts(error.get("content_filters")), *_dicts([error.get("innererror")])]


def _hits(holder: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the categories that were hit, with their severity where there is one; only words of the API's kind."""
    hits = []
    for key in ("content_filter_results", "content_filter_result"):
        results = holder.get(key)
        for name, result in results.items() if isinstance(results, dict) else ():
            if isinstance(result, dict) and (result.get("filtered") or result.get("detected")):
                hits.append((_word(name), _word(result.get("severity"))))
    return hits


def _word(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,40}", value) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
