"""Turns that call tools: a scripted model, and a runner that a test lets go on until nothing is left to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.contrib.auth.models import Permission

from conversations import access, threads
from conversations.actions import turns
from conversations.models import Conversation, Item, Response, User
from conversations.tools import registry
from conversations.tools.registry import Registry, made_of
from conversations.turns.provider import forget
from conversations.turns.runner import due
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.tools.model import Model


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`tools(function, ...)`: these are the tools of the deployment."""

    def offer(*functions: Any) -> None:
        found = {made.name: made for made in map(made_of, functions)}
        monkeypatch.setattr(registry, "registry", lambda: Registry(found, []))
        monkeypatch.setattr("conversations.tools.offers.registry", lambda: Registry(found, []))

    return offer


@pytest.fixture
async def model(settings: Any) -> AsyncIterator[Model]:
    model = Model()
    app = web.Application()
    app.router.add_post("/v1/responses", model.handle)
    server = TestServer(app)
    await server.start_server()
    settings.SALON_PROVIDER = ProviderConfig("compatible", str(server.make_url("/v1/")), "key-of-the-test")
    settings.SALON_MODELS = ["gpt-5-chat"]
    settings.SALON_BACKGROUND = "never"
    yield model
    await forget()
    await server.close()


class Chat:
    """A conversation as a person talks in it, with a runner that runs to the end."""

    def __init__(self, conversation: Conversation, user: User) -> None:
        self.conversation = conversation
        self.user = user

    async def switch_on(self, **offered: Any) -> None:
        """`functions=[...]`, `servers=[...]`, `hosted=[...]`"""
        await self.db(Conversation.objects.filter(pk=self.conversation.pk).update, offered=offered)

    async def say(self, text: str = "Do it", *, by: User | None = None, run: bool = True, **options: Any) -> Response:
        response = await self.db(self._send, text, by or self.user, options)
        return await self.after(response) if run else response

    def _send(self, text: str, user: User, options: dict[str, Any]) -> Response:
        found = access.conversation_for(user, self.conversation.pk)
        return turns.send_message(found, text=text, **options)[0]

    async def after(self, response: Response) -> Response:
        """Let the runner go on until nothing is left to do; return the response as it is then."""
        await self.run()
        await self.db(response.refresh_from_db)
        return response

    async def run(self) -> None:
        while ids := await self.db(due):
            for pk in ids:
                await run_turn(pk, "runner")

    async def answers(self) -> list[Response]:
        """All responses of the conversation, in the order in which they stand on its main branch."""
        return await self.db(self._answers)

    def _answers(self) -> list[Response]:
        self.conversation.refresh_from_db()
        path, step = [], self.conversation.branch.head if self.conversation.branch else None
        while step is not None:
            path.append(step)
            step = step.previous_response
        return path[::-1]

    async def inputs(self, response: Response) -> list[dict[str, Any]]:
        return await self.db(lambda: [item.payload for item in self._items(response, "input")])

    def _items(self, response: Response, direction: str) -> list[Item]:
        return list(Item.objects.filter(response=response, direction=direction).order_by("index"))

    @staticmethod
    async def db(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return await threads.runner.run(function, *arguments, **named)


@pytest.fixture
def chat(database_threads: None, conversation: Conversation, alice: User) -> Chat:
    return Chat(conversation, alice)


@pytest.fixture
async def lamp(chat: Chat, model: Model, tools: Callable[..., None]) -> Chat:
    from tests.tools import lamp as lamp_of_tests

    lamp_of_tests.made.clear()
    tools(lamp_of_tests.switch_lamp, lamp_of_tests.look)
    await chat.switch_on(functions=["switch_lamp", "look"])
    return chat


@pytest.fixture
def approver(bob: User) -> User:
    bob.user_permissions.add(Permission.objects.get(codename="decide_approvals"))
    return bob
