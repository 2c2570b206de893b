"""The tools that come along. What their docstrings say is what models read of them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Annotated

import msgspec
from django.urls import reverse

from conversations.egress.client import Limits, fetch
from conversations.egress.errors import EgressError
from conversations.models import User
from conversations.search.find import find
from conversations.search.query import parse
from conversations.tools.arithmetic import BadExpression, calculated
from conversations.tools.reading import readable
from conversations.tools.registry import ToolFailed, tool
from conversations.tools.signatures import Caller

MOST_FOUND = 10
PAGE = Limits(
    size=4 * 1024 * 1024,
    seconds=15,
    types=("text/", "application/xhtml+xml", "application/json", "application/xml"),
)
MOST_TEXT = 20_000


def search_conversations(
    caller: Caller, query: Annotated[str, msgspec.Meta(description="Words that must all occur", max_length=200)]
) -> list[dict[str, str]]:
    """Search the messages of this team's conversations for words. Finds only what the person who asks may see."""
    wanted = parse(query)
    if wanted.is_empty:
        raise ToolFailed("Give words to search for.")
    user = User.objects.get(pk=caller.user_id)
    hits = [hit for hit in find(user, wanted).hits if hit.item.type == "message" and hit.item.role != "developer"]
    return [
        {
            "conversation": hit.item.conversation.title or "Untitled",
            "address": reverse("conversation", args=[hit.item.conversation_id]),
            "when": hit.item.created_at.isoformat(timespec="minutes"),
            "who": hit.item.author.display_name if hit.item.author else "a model",
            "excerpt": "".join(words for words, _ in hit.pieces),
        }
        for hit in hits[:MOST_FOUND]
    ]


def current_time(
    time_zone: Annotated[str, msgspec.Meta(description="IANA name such as Europe/Berlin")] = "UTC",
) -> dict[str, str]:
    """Tell the current date, weekday and time in a time zone."""
    try:
        zone = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolFailed(f"There is no time zone {time_zone!r}. Use an IANA name such as Europe/Berlin.") from None
    now = dt.datetime.now(zone)
    return {"time": now.isoformat(timespec="seconds"), "weekday": now.strftime("%A"), "time_zone": time_zone}


def calculate(
    expression: Annotated[str, msgspec.Meta(description="Such as (2 + 3) * sqrt(16) / 7")],
) -> int | float:
    """Calculate the exact value of an arithmetic expression. Knows + - * / // % **, sqrt, log, sin, round and more."""
    try:
        return calculated(expression)
    except BadExpression as error:
        raise ToolFailed(str(error)) from error


@tool(seconds=30)
async def fetch_page(url: Annotated[str, msgspec.Meta(description="http or https address")]) -> str:
    """Fetch a public web page and read its text, with its links."""
    try:
        page = await fetch(url, limits=PAGE, headers={"Accept": "text/html, text/plain;q=0.9, */*;q=0.5"})
    except EgressError as error:
        raise ToolFailed(error.sentence) from error
    if page.status >= 400:
        raise ToolFailed(f"The server answered with status {page.status}.")
    if page.media_type not in {"text/html", "application/xhtml+xml"}:
        return f"{page.url}\n\n{page.text[:MOST_TEXT]}"
    title, text = readable(page.text, page.url)
    cut = "\n\n(The page is longer; this is its beginning.)" if len(text) > MOST_TEXT else ""
    return f"{title}\n{page.url}\n\n{text[:MOST_TEXT]}{cut}".strip()


BUILT_IN = (search_conversations, current_time, calculate, fetch_page)
