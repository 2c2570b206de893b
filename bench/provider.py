"""The stand-in provider: answers of the Responses API at an exact pace, on bare sockets so that it costs little.

Each delta carries its number and the moment of its writing (`7:123456789 `, nanoseconds of CLOCK_MONOTONIC, which all
processes of a machine share); the first one also the moment at which the request had come. With `--prose` the deltas
are words of a Markdown text instead, for a browser to paint. Run: python -m bench.provider PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle, islice

PROSE = """## What the tide leaves

The **shore** is read twice a day, and each reading differs: `drift` first, then *stone*.

- a row of shells, sorted by the water
- rope, a cork, one glove

| hour | level |
|---|---|
| six | 1.20 m |
| noon | 3.45 m |

```python
def level(hour: float) -> float:
    return 2.3 + 1.1 * cos(hour / 12.4)
```

Then the wind turns, and [the page](https://example.com/tide) is wiped for the next one. """


def words(text: str) -> list[str]:
    """Split into pieces of a token's length, white space kept."""
    return [text[place : place + 4] for place in range(0, len(text), 4)]


class Answer:
    """One answer's events as the service writes them, numbered from 0."""

    def __init__(self) -> None:
        self.number = 0
        self.text: list[str] = []
        self.id = f"resp_{time.monotonic_ns():048x}"
        self.item = f"msg_{time.monotonic_ns():048x}"

    def event(self, kind: str, fields: str) -> bytes:
        """Return one event as a chunk of a chunked body; `fields` is the inside of a JSON object."""
        data = f'event: {kind}\ndata: {{"type":"{kind}","sequence_number":{self.number},{fields}}}\n\n'.encode()
        self.number += 1
        return b"%x\r\n%b\r\n" % (len(data), data)

    def opening(self) -> bytes:
        place = f'"item_id":"{self.item}","output_index":0,"content_index":0'
        response = json.dumps({"response": self.response("in_progress")})[1:-1]
        item = json.dumps({"output_index": 0, "item": self.message("in_progress", [])})[1:-1]
        part = json.dumps({"part": {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}})[1:-1]
        return (
            self.event("response.created", response)
            + self.event("response.in_progress", response)
            + self.event("response.output_item.added", item)
            + self.event("response.content_part.added", f"{place},{part}")
        )

    def delta(self, text: str) -> bytes:
        self.text.append(text)
        place = f'"item_id":"{self.item}","output_index":0,"content_index":0'
        fields = f'{place},"delta":{json.dumps(text)},"logprobs":[],"obfuscation":"kL8fQz1pWn"'
        return self.event("response.output_text.delta", fields)

    def ending(self) -> bytes:
        text = "".join(self.text)
        place = f'"item_id":"{self.item}","output_index":0,"content_index":0'
        part: dict[str, object] = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
        item = self.message("completed", [part])
        return (
            self.event("response.output_text.done", f'{place},"text":{json.dumps(text)},"logprobs":[]')
            + self.event("response.content_part.done", f'{place},"part":{json.dumps(part)}')
            + self.event("response.output_item.done", f'"output_index":0,"item":{json.dumps(item)}')
            + self.event("response.completed", json.dumps({"response": self.response("completed", item)})[1:-1])
            + b"0\r\n\r\n"
        )

    def message(self, status: str, content: Sequence[dict[str, object]]) -> dict[str, object]:
        return {"id": self.item, "type": "message", "status": status, "content": content, "role": "assistant"}

    def response(self, status: str, *output: dict[str, object]) -> dict[str, object]:
        tokens = {"input_tokens": 8, "output_tokens": len(self.text), "total_tokens": 8 + len(self.text)}
        return {
            "id": self.id,
            "object": "response",
            "created_at": int(time.time()),
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "model": "gpt-5-2025-08-07",
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": "none", "summary": None},
            "store": True,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": tokens if output else None,
            "metadata": {},
        }


class Connection(asyncio.Protocol):
    """Reads requests off one connection and answers each with a paced stream, or at once where none is asked for."""

    def __init__(self, deltas: int, interval: float, prose: bool) -> None:
        self.deltas, self.interval, self.prose = deltas, interval, prose
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if end and len(body) >= length:
            self.buffer = body[length:]
            if b'"stream":true' in body[:length].replace(b" ", b""):
                self.begin(time.monotonic_ns())
            else:
                self.answer_at_once()

    def answer_at_once(self) -> None:
        answer = Answer()
        answer.text = ["Tides"]
        part: dict[str, object] = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Tides"}
        body = json.dumps(answer.response("completed", answer.message("completed", [part]))).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)

    def begin(self, received: int) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
        answer = Answer()
        self.transport.write(head + b"x-request-id: req_1\r\n\r\n" + answer.opening())
        loop = asyncio.get_running_loop()
        pieces = islice(cycle(words(PROSE)), self.deltas)
        step = partial(self.write, answer, received, loop.time(), lambda: next(pieces))
        loop.call_later(self.interval, step, 0)

    def write(self, answer: Answer, received: int, began: float, piece: Callable[[], str], number: int) -> None:
        if self.transport.is_closing():
            return
        stamp = f"{number}:{time.monotonic_ns()}{f':{received}' if number == 0 else ''} "
        text = piece() if self.prose else stamp
        self.transport.write(answer.delta(text))
        if number + 1 == self.deltas:
            self.transport.write(answer.ending())
            return
        # From the beginning, not from the last write: a late one is made up for
        due = began + (number + 2) * self.interval
        asyncio.get_running_loop().call_at(due, self.write, answer, received, began, piece, number + 1)


async def serve(port: int, deltas: int, interval: float, prose: bool) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(deltas, interval, prose), "127.0.0.1", port, backlog=1000
    )
    await server.serve_forever()


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--deltas", type=int, default=300)
    parser.add_argument("--interval", type=float, default=0.01, help="seconds")
    parser.add_argument("--prose", action="store_true")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.port, options.deltas, options.interval, options.prose))
    except KeyboardInterrupt:
        sys.exit()


if __name__ == "__main__":
    main()
