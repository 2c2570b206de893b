"""A person at the doors: pages and writes by HTTP, and windows on a conversation that live by their sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from tests.conftest import PASSWORD
from tests.live.server import Server
from tests.live.view import View

FINAL = (4400, 4401, 4403, 4404)
PATIENCE = 30.0


class Person:
    """Somebody who is signed in at a server, or nobody where `name` is empty."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self._door = 0

    async def __aenter__(self) -> Person:
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        if self.name and self.name not in self.server.cookies:
            await self._sign_in()
        self.http.cookie_jar.update_cookies(self.server.cookies.get(self.name, {}))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    @property
    def url(self) -> str:
        """The web process to ask next: each in turn."""
        self._door += 1
        return self.server.urls[self._door % len(self.server.urls)]

    @property
    def csrf(self) -> str:
        """The token that proves a write to come from a page."""
        return next((cookie.value for cookie in self.http.cookie_jar if cookie.key == "csrftoken"), "")

    async def _sign_in(self) -> None:
        address = f"{self.url}/accounts/login/"
        async with self.http.get(address) as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', await page.text())
        assert token
        login = f"{self.name.lower()}@example.com"
        form = {"login": login, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        async with self.http.post(address, data=form, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
        self.server.cookies[self.name] = {cookie.key: cookie.value for cookie in self.http.cookie_jar}

    async def ask(self, method: str, path: str, **sent: Any) -> tuple[int, bytes]:
        """Send a request with the token that forms carry; return status and body, redirects not followed."""
        headers = {"X-CSRFToken": self.csrf} | sent.pop("headers", {})
        async with self.http.request(method, self.url + path, headers=headers, allow_redirects=False, **sent) as answer:
            return answer.status, await answer.read()

    async def post(self, path: str, data: Any = None, *, expect: tuple[int, ...] = (200, 201, 202)) -> dict[str, Any]:
        """POST JSON that must be taken; return the answer."""
        status, body = await self.ask("POST", path, json={} if data is None else data)
        assert status in expect, body
        return json.loads(body)

    async def begin(self) -> str:
        """Begin a conversation and return its id."""
        async with self.http.post(
            f"{self.url}/conversations/",
            headers={"X-CSRFToken": self.csrf},
            allow_redirects=False,
        ) as answer:
            assert answer.status == 302
            return answer.headers["Location"].strip("/").split("/")[-1]

    async def send(self, conversation: str, text: str, **more: Any) -> dict[str, Any]:
        """Send a message; return its turn."""
        answer = await self.post(f"/conversations/{conversation}/messages/", {"text": text, **more})
        return answer["turn"]

    async def verb(self, conversation: str, response: int, verb: str) -> dict[str, Any]:
        """`stop`, `regenerate` or `continue` a response."""
        return await self.post(f"/conversations/{conversation}/responses/{response}/{verb}/")

    async def page(self, conversation: str) -> dict[str, Any]:
        """Return the state of a freshly loaded page."""
        status, body = await self.ask("GET", f"/conversations/{conversation}/")
        assert status == 200, body
        state = re.search(r'<script id="conversation-state"[^>]*>(.*?)</script>', body.decode(), re.DOTALL)
        assert state
        return json.loads(state[1])

    async def view(self, conversation: str) -> View:
        """Return what a freshly loaded page shows."""
        return View(await self.page(conversation))

    async def fresh(self, conversation: str) -> dict[str, Any]:
        """Return what `View.shown` of a freshly loaded page is."""
        page = await self.page(conversation)
        return {name: page[name] for name in ("position", "conversation", "turns")}

    def socket(self, conversation: str, query: str = "", **options: Any) -> Any:
        """Open a bare socket, as a page of the same server does."""
        url = self.url
        headers = {"Origin": url} | options.pop("headers", {})
        return self.http.ws_connect(
            f"{url}/ws/conversations/{conversation}/?{query}", headers=headers, max_msg_size=0, **options
        )

    @contextlib.asynccontextmanager
    async def window(self, conversation: str) -> AsyncIterator[Window]:
        """A page that is open on a conversation: it reconnects by itself until it is closed."""
        window = Window(self, conversation, await self.view(conversation))
        await window.online()
        try:
            yield window
        finally:
            await window.offline()


class Window:
    """One open page. `view` is what it shows."""

    def __init__(self, person: Person, conversation: str, view: View) -> None:
        self.person = person
        self.conversation = conversation
        self.view = view
        self.code: int | None = None
        """The code of the last close, when it says not to come back."""
        self.connections = 0
        self.codes: list[int | None] = []
        self.presence: dict[str, Any] = {"count": 0, "people": [], "writing": []}
        """Who is here, as the last frame about it says."""
        self.unread: dict[str, int] = {}
        self.noticed = 0
        """What this page was told of other conversations."""
        self.lose = 0
        """How many of the next frames to lose on the way."""
        self._news = asyncio.Condition()
        self._life: asyncio.Task[None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def online(self) -> None:
        """Connect, and come back whenever the connection ends. Return after the first hello."""
        before = self.connections
        self._life = asyncio.create_task(self._live())
        self._life.add_done_callback(self._tell_end)
        await self.until(lambda: self.connections > before or self.code is not None)

    async def offline(self) -> None:
        """Be without a network: the socket is gone, and nothing comes in its place."""
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life
            self._life = None

    async def drop(self) -> None:
        """Lose the connection once."""
        if self._socket is not None:
            await self._socket.close()

    async def type(self, to: str) -> None:
        """Tell the others that something is being typed."""
        assert self._socket is not None
        await self._socket.send_json({"type": "typing", "to": to})

    async def read(self) -> None:
        """Tell the server that all of this page was read."""
        assert self._socket is not None
        await self._socket.send_json({"type": "read", "position": self.view.position})

    @property
    def here(self) -> list[str]:
        return [person["name"] for person in self.presence["people"]]

    @property
    def writing(self) -> list[tuple[str, str]]:
        return [(writer["person"]["name"], writer["to"]) for writer in self.presence["writing"]]

    async def until(self, condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
        """Wait until frames have made `condition` true. Raise what ended the page's life, if anything did."""
        broken = self._broken
        async with self._news, asyncio.timeout(seconds):
            await self._news.wait_for(lambda: broken() or condition())
        if (error := broken()) is not None:
            raise error

    def _broken(self) -> BaseException | None:
        """Return what ended the life of this page while it should have gone on."""
        if self._life is None or not self._life.done() or self._life.cancelled():
            return None
        return self._life.exception()

    def _tell_end(self, _: asyncio.Task[None]) -> None:
        async def wake() -> None:
            async with self._news:
                self._news.notify_all()

        self._waking = asyncio.ensure_future(wake())

    async def until_final(self, response: int, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait until a response has ended here; return its turn."""
        await self.until(lambda: self.view.is_final(response), seconds)
        return self.view.turns[response]

    async def caught_up(self) -> dict[str, Any]:
        """Return a fresh page once this one has heard as much: a fact may show already what the next one tells."""
        while True:
            fresh = await self.person.fresh(self.conversation)
            await self.until(lambda: self.view.position >= fresh["position"])  # noqa: B023
            if self.view.position == fresh["position"]:
                return fresh

    async def _live(self) -> None:
        wait = 0.0
        while self.code is None:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with self.person.socket(self.conversation, self.view.query) as socket:
                    self._socket = socket
                    wait = 0.0
                    code = await self._listen(socket)
                    self.codes.append(code)
                    async with self._news:
                        self.code = code if code in FINAL else None
                        self._news.notify_all()
            await asyncio.sleep(wait * (0.5 + random.random() / 2))
            wait = min(max(0.2, wait * 2), 2.0)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> int | None:
        async for message in socket:
            assert message.type == aiohttp.WSMsgType.TEXT
            for line in message.data.split("\n"):
                if await self._hear(json.loads(line), socket):
                    return None
        return socket.close_code

    async def _hear(self, frame: dict[str, Any], socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Take a frame; return whether to connect anew."""
        if self.lose and frame["type"] in {"stream", "fact"}:
            self.lose -= 1
            return False
        wanted = self.view.apply(frame)
        if wanted == "resync":
            await socket.send_json({"type": "resync", "response": frame["response"]})
        if wanted == "reload":
            self.view.load(await self.person.page(self.conversation))
        if frame["type"] == "presence":
            self.presence = frame
        if frame["type"] == "unread":
            self.unread[frame["conversation"]] = frame["count"]
        self.noticed += frame["type"] == "notices"
        async with self._news:
            self.connections += frame["type"] == "hello"
            self._news.notify_all()
        return wanted in {"reload", "reconnect"}
