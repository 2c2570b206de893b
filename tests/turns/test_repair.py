"""A provider refuses a request: it is sent again without what was refused, and the next turn knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.utils import timezone

from conversations import catalog, threads
from conversations.access import conversation_for
from conversations.actions import turns
from conversations.models import Conversation, RefusedParameter, Response, User
from conversations.turns.context import RETOLD
from conversations.turns.provider import forget
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.upstream.script import Answer, Script, answer_events, answering, sse, streaming

pytestmark = pytest.mark.usefixtures("database_threads")
Talk = Callable[..., Awaitable[Response]]
FINE = streaming(sse(*answer_events("All right")))


def refusing(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return answering({"error": error}, status=status)


NO_TEMPERATURE = refusing("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
GONE = refusing("Previous response with id 'resp_1' not found.", "previous_response_id", "previous_response_not_found")


class Talking:
    """A conversation of Alice's with a provider that answers as the test says."""

    def __init__(self, conversation: Conversation, alice: User, settings: Any) -> None:
        self.conversation, self.alice, self.settings = conversation, alice, settings
        self.server: TestServer | None = None

    async def say(self, text: str, *answers: Answer, **asked: Any) -> Response:
        """Send a message, let the provider give these answers to its requests, and return the ended response."""
        await self.close()
        self.script = Script(*answers)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self.script.handle)
        self.server = TestServer(app)
        await self.server.start_server()
        url = str(self.server.make_url("/v1/"))
        self.settings.SALON_PROVIDER = ProviderConfig("compatible", url, "key-of-the-test", first_byte_timeout=5)
        response = await threads.runner.run(self._queue, text, asked)
        await run_turn(response.pk, "runner")
        await threads.runner.run(response.refresh_from_db)
        return response

    def _queue(self, text: str, asked: dict[str, Any]) -> Response:
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return turns.ask(conversation_for(self.alice, self.conversation.pk), [message], **asked)[0]

    @property
    def sent(self) -> list[Any]:
        """The bodies of the requests for the last response."""
        return [self.script.sent(number) for number in range(len(self.script.bodies))]

    async def close(self) -> None:
        await forget()
        if self.server is not None:
            await self.server.close()


@pytest.fixture
async def talking(conversation: Conversation, alice: User, settings: Any) -> AsyncIterator[Talking]:
    talking = Talking(conversation, alice, settings)
    yield talking
    await talking.close()


async def test_a_refused_parameter_is_left_out_said_and_not_sent_again(talking: Talking) -> None:
    options = {"temperature": 0.5, "max_output_tokens": 500}
    response = await talking.say("One", NO_TEMPERATURE, FINE, options=options, model="gpt-4o")
    assert response.status == "completed"
    assert [body.get("temperature") for body in talking.sent] == [0.5, None]
    assert [body["max_output_tokens"] for body in talking.sent] == [500, 500]
    assert talking.sent[0]["input"] == talking.sent[1]["input"]
    assert any("“temperature”" in remark for remark in response.remarks)

    again = await talking.say("Two", FINE, options=options, model="gpt-4o")
    assert [body.get("temperature") for body in talking.sent] == [None]
    assert again.remarks == []

    other = await talking.say("Three", FINE, options=options, model="gpt-4.1")
    assert talking.sent[0]["temperature"] == 0.5
    assert other.status == "completed"


async def test_what_was_learned_is_sent_again_once_an_administrator_has_undone_it(talking: Talking) -> None:
    await talking.say("One", NO_TEMPERATURE, FINE, options={"temperature": 0.5}, model="gpt-4o")
    await threads.runner.run(RefusedParameter.objects.all().delete)
    catalog.forget()
    await talking.say("Two", FINE, options={"temperature": 0.5}, model="gpt-4o")
    assert talking.sent[0]["temperature"] == 0.5


async def test_several_refusals_are_learned_one_by_one(talking: Talking) -> None:
    top_p = refusing("Unknown parameter: 'top_p'.", "top_p", "unknown_parameter")
    options = {"temperature": 0.5, "top_p": 0.9}
    response = await talking.say("One", NO_TEMPERATURE, top_p, FINE, options=options, model="gpt-4o")
    assert (response.status, len(response.remarks)) == ("completed", 2)


async def test_a_provider_that_refuses_without_end_is_not_asked_without_end(talking: Talking) -> None:
    response = await talking.say("One", NO_TEMPERATURE, options={"temperature": 0.5}, model="gpt-4o")
    assert response.status == "failed"
    assert len(talking.sent) == 2


async def test_another_bad_request_fails_with_its_reason(talking: Talking) -> None:
    refused = refusing("Invalid schema for response_format.", "text.format.schema", "invalid_json_schema")
    response = await talking.say("One", refused, model="gpt-4o")
    assert response.status == "failed"
    assert "text.format.schema" in response.error["message"]
    assert len(talking.sent) == 1


@pytest.mark.parametrize("status", [400, 404])
async def test_a_chain_that_the_provider_has_forgotten_is_told_again(talking: Talking, status: int) -> None:
    first = await talking.say("One", FINE)
    gone = refusing(
        "Previous response with id 'resp_1' not found.",
        *(("previous_response_id", "previous_response_not_found") if status == 400 else (None, None)),
        status=status,
    )
    second = await talking.say("Two", gone, streaming(sse(*answer_events("Still here", response_id="resp_2"))))
    assert second.status == "completed"
    named, retold = talking.sent
    assert named["previous_response_id"] == first.provider_id == "resp_1"
    assert "previous_response_id" not in retold
    assert [item["content"][0]["text"] for item in retold["input"]] == ["One", "Two"]
    assert second.remarks == [RETOLD]
    await threads.runner.run(first.refresh_from_db)
    assert first.provider_expires_at <= timezone.now()

    await talking.say("Three", FINE)
    assert talking.sent[0]["previous_response_id"] == "resp_2"


async def test_a_history_that_the_provider_does_not_understand_is_told_without_its_seals(talking: Talking) -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    said = {"id": "m", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]}
    *begun, ended = answer_events("Yes")
    ended = {**ended, "response": {**ended["response"], "output": [thought, said]}}
    await threads.runner.run(Conversation.objects.filter(pk=talking.conversation.pk).update, state="stateless")
    await talking.say("One", streaming(sse(*begun, ended)), model="gpt-5")
    foreign = refusing("The encrypted content could not be verified.", None, "invalid_encrypted_content")
    response = await talking.say("Two", foreign, FINE, model="gpt-5")
    assert response.status == "completed"
    kinds = [[item["type"] for item in body["input"]] for body in talking.sent]
    assert kinds == [["message", "reasoning", "message", "message"], ["message", "message", "message"]]
