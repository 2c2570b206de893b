"""Messages: how a script says something, and how it cuts a text into deltas."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ..events import OUTPUT_TEXT, Answer, Pieces, as_async

# A delta is a few characters with the blank before them, about as long as a token.
PIECE = re.compile(r"\s*\S{1,8}|\s+")


def cut(text: str) -> Iterator[str]:
    """The pieces of a text, which add up to it."""
    return (match.group() for match in PIECE.finditer(text))


async def say(answer: Answer, pieces: Pieces, *, citations: list[dict[str, Any]] | None = None) -> str:
    """A message of the assistant, with its citations before its last piece, as real streams have them."""
    async with open_message(answer) as item:
        where = {"item_id": item["id"], "output_index": answer.index, "content_index": 0}
        part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
        await answer.emit("response.content_part.added", **where, part=part)
        cited = cite(answer, pieces, part["annotations"], citations or [], where)
        sent = await answer.stream(OUTPUT_TEXT, item, cited, content_index=0)
        part |= {"text": "".join(sent), "logprobs": answer.logprobs_of(sent)}
        await answer.emit("response.content_part.done", **where, part=part)
        item |= {"status": "completed", "content": [part]}
    return str(part["text"])


def open_message(answer: Answer) -> Any:
    """A message that nothing was said in yet."""
    return answer.item("msg", type="message", status="in_progress", content=[], role="assistant")


async def cite(
    answer: Answer, pieces: Pieces, made: list[dict[str, Any]], citations: list[dict[str, Any]], where: dict[str, Any]
) -> AsyncIterator[str]:
    """The pieces, and the citations as events when the last of them comes."""
    held: str | None = None
    async for piece in as_async(pieces):
        if held is not None:
            yield held
        held = piece
    for citation in citations:
        event = {"annotation_index": len(made), "annotation": citation}
        made.append(citation)
        await answer.emit("response.output_text.annotation.added", **where, **event)
    if held is not None:
        yield held


async def refuse(answer: Answer, text: str) -> None:
    """A message that is a refusal."""
    async with open_message(answer) as item:
        where = {"item_id": item["id"], "output_index": answer.index, "content_index": 0}
        await answer.emit("response.content_part.added", **where, part={"type": "refusal", "refusal": ""})
        sent = await answer.stream("response.refusal", item, cut(text), content_index=0)
        part = {"type": "refusal", "refusal": "".join(sent)}
        await answer.emit("response.content_part.done", **where, part=part)
        item |= {"status": "completed", "content": [part]}
