"""A server of one conversation that a test directs: the real page, scripted turns, sockets that it can cut.

It speaks the wire of `conversations/protocol.py` and knows nothing of models, so that each state of the page can be
brought about at will.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web
from django.template.backends.django import DjangoTemplates

from tests.e2e.chat_harness.play import CONVERSATION, Play

ROOT = Path(__file__).parents[3]
HOME = f"/conversations/{CONVERSATION}/"
ALICE = {"id": 1, "name": "Alice", "initial": "A", "hue": 45, "avatar": None}
BOB = {"id": 2, "name": "Bob", "initial": "B", "hue": 250, "avatar": None}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Stage(Play):
    """Runs in a thread of its own; its public methods are called from the test's."""

    def __init__(self, probe: Path) -> None:
        self.probe = probe
        super().__init__()
        self.sockets: set[web.WebSocketResponse] = set()
        self.joined = threading.Semaphore(0)
        """Released by each socket that from now on gets every frame."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refuse: tuple[int, str] | None = None
        """Answer the next writes with this status and sentence."""
        self.hold = threading.Event()
        """While it is clear, calls for older turns wait."""
        self.hold.set()
        self._branches = itertools.count(1)
        self._ids = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.address = self._run(self._serve())

    def close(self) -> None:
        self.drop()
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)

    # What a test directs

    def ask(
        self, text: str, *, author: dict[str, Any] = ALICE, edits: int | None = None, client_id: str = "", at: str = ""
    ) -> int:
        """Add a turn with a message, as if somebody had sent it; return its id."""
        previous = self.turns[edits]["previous"] if edits else self._head(self.conversation["branch"])
        branch = next(self._branches) if edits or not previous else self.conversation["branch"]
        content = [{"type": "input_text", "text": text}]
        item = {
            "id": next(self._ids),
            "type": "message",
            "role": "user",
            "author": author,
            "client_id": client_id,
            "created_at": at or now(),
            "payload": {"type": "message", "role": "user", "content": content},
        }
        return self._add(previous, branch, [item], None, at)

    def again(self, turn_id: int) -> int:
        """Add another answer to the message of a turn."""
        turn = self.turns[turn_id]
        return self._add(turn["previous"], next(self._branches), turn["input"], turn["input_from"] or turn_id, "")

    def start(self, turn_id: int) -> None:
        self.turns[turn_id]["status"] = "in_progress"
        self.turns[turn_id]["stream"] = {"epoch": 1, "sequence": 0}
        self._tell(turn_id)

    def event(self, turn_id: int, *events: dict[str, Any]) -> None:
        """Stream events; the output that a reload shows is set with `finish`."""
        stream = self.turns[turn_id]["stream"]
        frame = {"type": "stream", "response": turn_id, **stream, "events": list(events)}
        stream["sequence"] += len(events)
        self._send(frame)

    def say(self, turn_id: int, *deltas: str) -> None:
        """Stream words of an answer; a reload shows them too."""
        output = self.turns[turn_id]["output"]
        if not output:
            item = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
            part = {"type": "output_text", "text": "", "annotations": []}
            output.append({**item, "content": [part]})
            self.event(
                turn_id,
                {"type": "response.output_item.added", "output_index": 0, "item": item},
                {"type": "response.content_part.added", "output_index": 0, "content_index": 0, "part": {**part}},
            )
        for delta in deltas:
            output[0]["content"][0]["text"] += delta
            event = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": delta}
            self.event(turn_id, event)

    def finish(self, turn_id: int, status: str = "completed", **fields: Any) -> None:
        turn = self.turns[turn_id]
        usage = {"input_tokens": 3384, "output_tokens": 212, "total_tokens": 3596}
        turn.update({"status": status, "stream": None, "usage": usage, **fields})
        turn["timing"] |= {"first_token_ms": 640, "done_ms": 11400}
        for item in turn["output"]:
            item["status"] = "completed"
        self._tell(turn_id)

    def answer(self, text: str, question: str = "Hello", **message: Any) -> int:
        """Add a finished turn."""
        turn_id = self.ask(question, **message)
        self.start(turn_id)
        self.say(turn_id, text)
        self.finish(turn_id)
        return turn_id

    def drop(self, code: int = 1012) -> None:
        """Close every socket."""

        async def close() -> None:
            for socket in list(self.sockets):
                await socket.close(code=code)

        self._run(close())

    def send(self, frame: dict[str, Any]) -> None:
        self._send(frame)

    # The server

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(10)

    async def _serve(self) -> str:
        app = web.Application(middlewares=[_policy])
        app.router.add_get(HOME, self._page)
        app.router.add_get(f"{HOME}turns/", self._turns)
        app.router.add_post(f"{HOME}messages/", self._write(self._message))
        app.router.add_post(f"{HOME}responses/{{id}}/stop/", self._write(self._stop))
        app.router.add_post(f"{HOME}responses/{{id}}/regenerate/", self._write(self._regenerate))
        app.router.add_post(f"{HOME}responses/{{id}}/continue/", self._write(self._continue))
        app.router.add_post(f"{HOME}update/", self._write(self._update))
        app.router.add_post(f"{HOME}delete/", self._write(self._delete))
        app.router.add_get(f"/ws{HOME}", self._socket)
        app.router.add_get("/", self._home)
        app.router.add_get("/files/{name}/", self._picture)
        app.router.add_get("/files/{name}/size/{side}/", self._picture)
        app.router.add_static("/static/dist", ROOT / "build/static/dist")
        app.router.add_static("/static/img", ROOT / "static/img")
        app.router.add_static("/probe", self.probe)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _page(self, request: web.Request) -> web.Response:
        branch = int(request.query.get("branch") or self.conversation["branch"] or 0) or None
        state = {
            "conversation": self.conversation,
            "me": ALICE,
            "models": self.models,
            "position": self.position,
            **self.shown(branch, None),
        }
        html = await asyncio.to_thread(
            PAGES.get_template("conversations/conversation.html").render,
            {"state": state, "kept": "Kept until somebody deletes it"},
        )
        return web.Response(text=html, content_type="text/html")

    async def _home(self, request: web.Request) -> web.Response:
        return web.Response(
            text='<!doctype html><link rel="icon" href="/static/img/mark.svg"><h1>Home</h1>', content_type="text/html"
        )

    async def _picture(self, request: web.Request) -> web.Response:
        shade = request.match_info["name"]
        rect = f'<rect width="64" height="64" fill="#{shade}"/>'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">{rect}</svg>'
        return web.Response(text=svg, content_type="image/svg+xml")

    async def _turns(self, request: web.Request) -> web.Response:
        await asyncio.to_thread(self.hold.wait, 10)
        if self.refuse:
            return self._refusal()
        branch = int(request.query.get("branch") or 0) or self.conversation["branch"]
        before = int(request.query["before"]) if "before" in request.query else None
        return web.json_response({**self.shown(branch, before), "position": self.position})

    def _write(self, view: Callable[[dict[str, Any], int], dict[str, Any]]) -> Any:
        async def answer(request: web.Request) -> web.Response:
            body = await request.json()
            self.calls.append((request.path.removeprefix(HOME), body))
            if self.refuse:
                return self._refusal()
            return web.json_response(view(body, int(request.match_info.get("id", 0))))

        return answer

    def _refusal(self) -> web.Response:
        assert self.refuse
        status, message = self.refuse
        return web.json_response({"error": {"message": message, "code": "refused"}}, status=status)

    def _message(self, body: dict[str, Any], _: int) -> dict[str, Any]:
        known = [t for t in self.turns.values() if t["input"] and t["input"][0]["client_id"] == body["client_id"]]
        turn_id = known[0]["id"] if known else self.ask(body["text"], edits=body["edits"], client_id=body["client_id"])
        return self._answered(turn_id)

    def _stop(self, body: dict[str, Any], turn_id: int) -> dict[str, Any]:
        self.finish(turn_id, "cancelled")
        return {}

    def _regenerate(self, body: dict[str, Any], turn_id: int) -> dict[str, Any]:
        return self._answered(self.again(turn_id))

    def _continue(self, body: dict[str, Any], turn_id: int) -> dict[str, Any]:
        return self._answered(self._add(turn_id, self.turns[turn_id]["branch"], [], None, ""))

    def _update(self, body: dict[str, Any], _: int) -> dict[str, Any]:
        self.conversation.update(body)
        self._tell(None)
        return {"conversation": self.conversation}

    def _delete(self, body: dict[str, Any], _: int) -> dict[str, Any]:
        return {}

    def _answered(self, turn_id: int) -> dict[str, Any]:
        return {"turn": self.shown_turn(turn_id), "branch": self.turns[turn_id]["branch"]}

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        after = int(request.query["after"])
        frames = [{"type": "hello", "position": self.position}]
        frames += [self.fact(position, turn_id) for position, turn_id in self.facts if position > after]
        frames += [self.snapshot(turn_id) for turn_id, turn in self.turns.items() if turn["stream"]]
        self.sockets.add(socket)
        await socket.send_str("\n".join(map(json.dumps, frames)))
        self.joined.release()
        async for message in socket:
            told = json.loads(message.data) if message.type == WSMsgType.TEXT else {}
            if "response" in told:  # not what a person is doing, which nobody here wants to know
                await socket.send_str(json.dumps(self.snapshot(told["response"])))
        self.sockets.discard(socket)
        return socket

    # What turns look like from outside

    def _add(self, previous: int | None, branch: int, items: list[Any], input_from: int | None, at: str) -> int:
        turn_id = max(self.turns, default=0) + 1
        self.turns[turn_id] = {
            "id": turn_id,
            "previous": previous,
            "input_from": input_from,
            "branch": branch,
            "status": "queued",
            "model": "gpt-5",
            "model_label": "gpt-5",
            "demo": False,
            "input": items,
            "output": [],
            "usage": None,
            "error": None,
            "incomplete": None,
            "remarks": [],
            "stream": {"epoch": 0, "sequence": 0},
            "timing": {"queued_at": at or now(), "first_token_ms": None, "done_ms": None},
        }
        self.conversation["branch"] = branch
        self._tell(turn_id)
        return turn_id

    def _tell(self, turn_id: int | None) -> None:
        self.position += 1
        self.facts.append((self.position, turn_id))
        self._send(self.fact(self.position, turn_id))

    def _send(self, frame: dict[str, Any]) -> None:
        text = json.dumps(frame)

        async def send() -> None:
            for socket in list(self.sockets):
                if not socket.closed:
                    await socket.send_str(text)

        # Also called from within the loop, where waiting for it would never end
        asyncio.run_coroutine_threadsafe(send(), self._loop)


@web.middleware
async def _policy(request: web.Request, handler: Any) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = POLICY
    return response


def now() -> str:
    from django.utils import timezone

    return timezone.now().isoformat()


PAGES = DjangoTemplates(
    {
        "NAME": "pages",
        "DIRS": [Path(__file__).parent / "templates", ROOT / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "libraries": {
                "i18n": "django.templatetags.i18n",
                "static": "django.templatetags.static",
                "salon": "conversations.templatetags.salon",
            }
        },
    }
)
