"""Web search, file search and the code interpreter: scripted calls with results that are true or say they are not."""

import math
import re
from typing import Any

from ..context import Turn
from ..events import Answer
from .message import cut, say
from .text import excerpt, words_of


async def search_web(answer: Answer, turn: Turn) -> None:
    """A search with one made-up source, and a text that cites it."""
    query = excerpt(turn.prompt)
    url = "https://example.com/demo?q=" + "+".join(words_of(query)[:8])
    async with answer.item("ws", type="web_search_call", status="in_progress", action={"type": "search"}) as item:
        await answer.progress(item, "in_progress")
        await answer.progress(item, "searching")
        await answer.pause(10)
        await answer.progress(item, "completed")
        action: dict[str, Any] = {"type": "search", "queries": [query], "query": query}
        if turn.includes("web_search_call.action.sources"):
            action["sources"] = [{"type": "url", "url": url}]
        item |= {"status": "completed", "action": action}
    text = f"The demo searched for “{query}” and found a page that does not exist: "
    title = "A demo source"
    link = f"[{title}]({url})"
    citation = {
        "type": "url_citation",
        "start_index": len(text),
        "end_index": len(text) + len(link),
        "title": title,
        "url": url,
    }
    await say(answer, cut(f"{text}{link}."), citations=[citation])


async def search_files(answer: Answer, turn: Turn) -> None:
    """A search in the newest uploaded file, and a text that cites it."""
    query = excerpt(turn.prompt)
    found = (await turn.files.state.files())[:1]
    fields: dict[str, Any] = {"status": "in_progress", "queries": [], "results": None}
    async with answer.item("fs", type="file_search_call", **fields) as item:
        await answer.progress(item, "in_progress")
        await answer.progress(item, "searching")
        await answer.pause(10)
        await answer.progress(item, "completed")
        item |= {"status": "completed", "queries": [query]}
        if turn.includes("file_search_call.results"):
            item["results"] = [
                {"file_id": file["id"], "filename": file["filename"], "score": 1.0, "text": query, "attributes": {}}
                for file in found
            ]
    if not found:
        await say(answer, cut("There are no files to search in."))
        return
    text = f"I looked for “{query}” in {found[0]['filename']}."
    citation = {
        "type": "file_citation",
        "file_id": found[0]["id"],
        "filename": found[0]["filename"],
        "index": len(text) - 1,
    }
    await say(answer, cut(text), citations=[citation])


async def interpret(answer: Answer, turn: Turn) -> None:
    """Code for the sum or the factorial of the prompt's numbers. It is not run: we know what it prints."""
    numbers = [int(number) for number in re.findall(r"\d{1,4}", turn.prompt)] or [len(turn.prompt.split())]
    if "factorial" in turn.prompt.lower():
        number = min(numbers[0], 100)
        code, printed = f"import math\n\nprint(math.factorial({number}))", str(math.factorial(number))
    else:
        code, printed = f"print(sum({numbers}))", str(sum(numbers))
    fields = {"status": "in_progress", "code": "", "container_id": answer.new_id("cntr"), "outputs": None}
    async with answer.item("ci", type="code_interpreter_call", **fields) as item:
        await answer.progress(item, "in_progress")
        written = await answer.stream("response.code_interpreter_call_code", item, cut(code))
        await answer.progress(item, "interpreting")
        await answer.pause(10)
        await answer.progress(item, "completed")
        item |= {"status": "completed", "code": "".join(written)}
        if turn.includes("code_interpreter_call.outputs"):
            item["outputs"] = [{"type": "logs", "logs": f"{printed}\n"}]
    await say(answer, cut(f"The code prints {printed}."))
