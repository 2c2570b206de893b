"""Reasoning items: a summary where it is asked for, encrypted content where it is included."""

from ..context import Turn
from ..events import Answer
from ..sealed import seal
from .message import cut
from .text import excerpt

TOKENS = {"minimal": 16, "low": 64, "medium": 128, "high": 256, "xhigh": 512, "max": 1024}


def is_asked(turn: Turn) -> bool:
    """Whether the request wants reasoning: an effort other than none, or a summary."""
    reasoning = turn.body.get("reasoning", {})
    return reasoning.get("effort", "none" if not summary_of(turn) else "medium") not in (None, "none")


def summary_of(turn: Turn) -> str | None:
    """How the summary is wanted; the older name of the option counts too."""
    reasoning = turn.body.get("reasoning", {})
    summary: str | None = reasoning.get("summary") or reasoning.get("generate_summary")
    return summary


async def reason(answer: Answer, turn: Turn) -> None:
    """One reasoning item."""
    effort = turn.body["reasoning"].get("effort") or "medium"
    answer.reasoning_tokens += TOKENS[effort]
    answer.tokens += TOKENS[effort]
    topic = excerpt(turn.prompt)
    summaries = {
        None: [],
        "concise": [f"**Reading the question**\n\nThe question is “{topic}”. I play the script that fits it."],
    }.get(
        summary_of(turn),
        [
            f"**Reading the question**\n\nThe question is “{topic}”. I look for what the request asks of me.",
            "**Choosing a script**\n\nI am a demo: I choose the script that fits, and use the words that were given.",
        ],
    )
    async with answer.item("rs", type="reasoning", summary=[]) as item:
        await answer.pause(10)
        for number, summary in enumerate(summaries):
            where = {"item_id": item["id"], "output_index": answer.index, "summary_index": number}
            empty = {"type": "summary_text", "text": ""}
            await answer.emit("response.reasoning_summary_part.added", **where, part=empty)
            kind = "response.reasoning_summary_text"
            sent = await answer.stream(kind, item, cut(summary), summary_index=number)
            part = {"type": "summary_text", "text": "".join(sent)}
            await answer.emit("response.reasoning_summary_part.done", **where, part=part)
            item["summary"].append(part)
        if turn.includes("reasoning.encrypted_content"):
            item["encrypted_content"] = seal({"reasoning": topic})
