"""Answers that were asked for as JSON: held against their schema, and what is not it says so."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from conversations import access, snapshots, threads
from conversations.actions import turns
from conversations.errors import Refused
from conversations.models import Conversation, Response, User
from conversations.turns.provider import forget
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.upstream.script import Answer, Script, answer_events, sse, streaming

pytestmark = pytest.mark.usefixtures("database_threads")
LAMPS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "lamps": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "height": {"type": "number"}}},
        }
    },
}
GOOD = {"lamps": [{"name": "Fenn", "height": 41}]}


class Talk:
    """Alice, who asks for an answer in a form; the provider says what the test hands it."""

    def __init__(self, alice: User, conversation: Conversation, settings: Any) -> None:
        self.alice, self.conversation, self.settings = alice, conversation, settings
        self.script: Script
        self.server: TestServer | None = None

    async def ask(self, answer: Answer, form: Any) -> dict[str, Any]:
        """Ask; return the turn as a page shows it."""
        await forget()
        self.script = Script(answer)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self.script.handle)
        self.server = TestServer(app)
        await self.server.start_server()
        url = str(self.server.make_url("/v1/"))
        self.settings.SALON_PROVIDER = ProviderConfig("compatible", url, "key-of-the-test", first_byte_timeout=5)
        return await self._turn(form)

    async def _turn(self, form: Any) -> dict[str, Any]:
        response = await threads.runner.run(self._send, form)
        await run_turn(response.pk, "runner")
        await threads.runner.run(response.refresh_from_db)
        shown: dict[str, Any] = await threads.runner.run(snapshots.turn, response)
        return shown

    def _send(self, form: Any) -> Any:
        found = access.conversation_for(self.alice, self.conversation.pk)
        options = {"text": {"format": form}} if form else None
        return turns.send_message(found, text="Which lamps are there?", options=options)[0]


@pytest.fixture
def asked(conversation: Conversation) -> Conversation:
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")
    return conversation


@pytest.fixture
async def talk(alice: User, asked: Conversation, settings: Any) -> AsyncIterator[Talk]:
    talk = Talk(alice, asked, settings)
    yield talk
    await forget()
    if talk.server is not None:
        await talk.server.close()


def form(schema: dict[str, Any] = LAMPS) -> dict[str, Any]:
    return {"type": "json_schema", "name": "lamps", "schema": schema, "strict": True}


def saying(text: str, *, kind: str = "output_text", ending: str = "completed", details: Any = None) -> Answer:
    part = {"type": kind, "text" if kind == "output_text" else "refusal": text}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": ending, "content": [part]}
    begun, *_, ended = answer_events()
    response = {**ended["response"], "output": [item], "status": ending, "incomplete_details": details}
    return streaming(sse(begun, {"type": f"response.{ending}", "sequence_number": 1, "response": response}))


async def test_an_answer_that_fits_says_so(talk: Talk) -> None:
    turn = await talk.ask(saying(json.dumps(GOOD)), form())
    assert (turn["form"], turn["fit"]) == ("lamps", {"valid": True, "problem": ""})
    assert talk.script.sent()["text"]["format"] == form()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"lamps": [{"name": "Fenn", "height": "tall"}]}', "at lamps[0].height"),
        ('{"lamps": 5}', "at lamps:"),
        ("[]", "does not fit its schema:"),
        ("Here are the lamps:", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 200_000, "is not JSON"),
        ('{"lamps": []', "is not JSON"),
    ],
)
async def test_an_answer_that_does_not_fit_says_where(talk: Talk, text: str, said: str) -> None:
    turn = await talk.ask(saying(text), form())
    assert turn["status"] == "completed"
    assert turn["fit"]["valid"] is False
    assert said in turn["fit"]["problem"]


async def test_a_refusal_and_half_an_answer_speak_for_themselves(talk: Talk) -> None:
    turn = await talk.ask(saying("I cannot say.", kind="refusal"), form())
    assert (turn["status"], turn["fit"]) == ("completed", None)
    details = {"reason": "max_output_tokens"}
    turn = await talk.ask(saying('{"lamps": [', ending="incomplete", details=details), form())
    assert (turn["status"], turn["incomplete"], turn["fit"]) == ("incomplete", "max_output_tokens", None)


async def test_json_that_was_cut_short_is_tried_again_with_twice_the_room_and_not_continued(talk: Talk) -> None:
    half = saying('{"lamps": [', ending="incomplete", details={"reason": "max_output_tokens"})
    await talk.ask(half, form())
    cut = await threads.runner.run(Response.objects.latest, "id")
    cut.options["max_output_tokens"] = 200
    await threads.runner.run(cut.save)
    found = await threads.runner.run(access.conversation_for, talk.alice, talk.conversation.pk)
    with pytest.raises(Refused):
        await threads.runner.run(turns.continue_answer, found, cut)
    again = await threads.runner.run(turns.regenerate, found, cut)
    assert (again.answer_form, again.options["max_output_tokens"]) == ("lamps", 400)


async def test_words_are_held_against_nothing(talk: Talk) -> None:
    turn = await talk.ask(saying("Fenn."), None)
    assert (turn["form"], turn["fit"]) == ("", None)


async def test_any_json_is_asked_for_in_words_too(talk: Talk) -> None:
    turn = await talk.ask(saying('{"a": 1}'), {"type": "json_object"})
    assert (turn["form"], turn["fit"]["valid"]) == ("json_object", True)
    assert "JSON" in talk.script.sent()["input"][-1]["content"][0]["text"]
    assert len(turn["input"]) == 1


async def test_a_pattern_that_never_ends_holds_nothing_up(talk: Talk) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^(?=(a+)+$)(a|aa)+\1$"}}}
    began = time.monotonic()
    turn = await talk.ask(saying(json.dumps({"a": "a" * 5_000 + "!"})), form(schema))
    assert time.monotonic() - began < 8
    assert turn["fit"]["valid"] is not True


async def test_ten_megabytes_are_held_against_their_schema_in_a_moment(talk: Talk) -> None:
    rows = {"lamps": [{"name": "x" * 60, "height": number} for number in range(100_000)]}
    began = time.monotonic()
    turn = await talk.ask(saying(json.dumps(rows)), form())
    assert turn["fit"] == {"valid": True, "problem": ""}
    assert time.monotonic() - began < 8
