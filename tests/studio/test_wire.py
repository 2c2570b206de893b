"""What goes over the wire and what comes of it, beside the requests and the refusals of the real service."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from conversations import access, catalog, image_options, threads
from conversations.actions import making, turns
from conversations.actions.making import Wish
from conversations.models import Conversation, File, Response, User
from conversations.studio import state as states
from conversations.studio.state import state
from conversations.turns.provider import forget
from conversations.turns.recorder import recorder
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.intake import made
from tests.live.recordings import FOLDER
from tests.turns.test_attachments import FileProvider, Talk, refusal
from tests.upstream.script import sse

RECORDED = FOLDER / "openai-dotnet" / "ResponsesTests__ResponseWithImageGenTool.json"
pytestmark = pytest.mark.usefixtures("database_threads")
PICTURE = base64.b64encode(made.picture(size=(64, 48))).decode()


class Painter(FileProvider):
    """A provider that paints. `result` is what it calls a picture; `refuses` an option that it does not take."""

    result: Any = PICTURE
    refuses = ""
    filters = False
    hangs = False

    final_status = "completed"

    async def respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        [tool] = body["tools"]
        if self.filters:
            error = {"message": "Your request was rejected by the safety system.", "code": "moderation_blocked"}
            return web.json_response({"error": error | {"type": "image_generation_user_error"}}, status=400)
        if self.refuses in tool:
            return refusal(400, f"Unknown parameter: 'tools[0].{self.refuses}'.", f"tools[0].{self.refuses}")
        if self.hangs:
            stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await stream.prepare(request)
            await stream.write(sse(*self.events(len(self.asked), tool)[:-2]))
            await asyncio.sleep(30)
        return web.Response(body=sse(*self.events(len(self.asked), tool)), content_type="text/event-stream")

    def events(self, number: int, tool: dict[str, Any]) -> list[dict[str, Any]]:
        item = {"id": f"ig_{number}", "type": "image_generation_call", "status": "in_progress", "result": None}
        response = {"id": f"resp_{number}", "object": "response", "model": "gpt-5", "status": "completed", "output": []}
        output: list[dict[str, Any]] = []
        events = [{"type": "response.created", "response": response | {"status": "in_progress"}}]
        if self.result is not None:
            done = item | {"status": self.final_status, "result": self.result, "quality": "low", "size": "1024x1024"}
            output = [done]
            events.append({"type": "response.output_item.added", "output_index": 0, "item": item})
            for index in range(tool.get("partial_images", 0)):
                partial = base64.b64encode(made.picture(size=(32 + index, 24))).decode()
                event = {
                    "type": "response.image_generation_call.partial_image",
                    "output_index": 0,
                    "item_id": item["id"],
                }
                events.append(event | {"partial_image_index": index, "partial_image_b64": partial})
            events.append({"type": "response.output_item.done", "output_index": 0, "item": done})
        events.append({"type": "response.completed", "response": response | {"output": output}})
        return [event | {"sequence_number": number} for number, event in enumerate(events)]


@pytest.fixture
async def painter(settings: Any) -> AsyncIterator[Painter]:
    painter = Painter()
    server = TestServer(painter.app())
    await server.start_server()
    url = str(server.make_url("/v1/"))
    settings.SALON_PROVIDER = ProviderConfig("openai", url, "key-of-the-test", first_byte_timeout=5)
    settings.SALON_ENDPOINT = url
    settings.SALON_MODELS = ["gpt-5", "gpt-image-1"]
    yield painter
    await forget()
    await server.close()


@pytest.fixture
def talk(alice: User, conversation: Conversation) -> Talk:
    return Talk(alice, conversation)


async def paint(talk: Talk, prompt: str = "A lamp", **wish: Any) -> Response:
    """Have one picture made and wait for it."""
    found = await threads.runner.run(access.conversation_for, talk.alice, talk.conversation.pk)
    [response] = await threads.runner.run(making.make, found, Wish(prompt, **wish))
    await run_turn(response.pk, "runner")
    await threads.runner.run(response.refresh_from_db)
    return response


def results(response: Response) -> list[File]:
    return list(File.objects.filter(response=response, purpose=File.Purpose.RESULT))


def recorded() -> dict[str, Any]:
    entries = json.loads(RECORDED.read_text(encoding="utf-8-sig"))["Entries"]
    body: dict[str, Any] = next(entry for entry in entries if entry["RequestUri"].endswith("/responses"))["RequestBody"]
    return body


@pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded image in {FOLDER} (set RECORDED_STREAMS)")
async def test_a_request_is_what_was_recorded_of_the_real_service(talk: Talk, painter: Painter) -> None:
    real = recorded()
    [tool] = real["tools"]
    prompt = real["input"][0]["content"][0]["text"]
    options = {name: value for name, value in tool.items() if name in image_options.CHOICES}
    await paint(talk, prompt, options=options)
    [sent] = painter.asked
    # What is left to the service is not said
    expected = {name: value for name, value in tool.items() if value != "auto"}
    assert sent["input"] == real["input"]
    assert sent["tools"] == [expected]


async def test_an_edit_names_the_response_before_and_sends_no_picture_again(talk: Talk, painter: Painter) -> None:
    first = await paint(talk)
    [parent] = await threads.runner.run(results, first)
    await paint(talk, "Make it green", parent=parent.pk)
    edit = painter.asked[1]
    assert edit["previous_response_id"] == "resp_1"
    assert edit["input"] == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Make it green"}]}
    ]
    assert edit["tool_choice"] == {"type": "image_generation"}
    assert painter.uploads == 0


async def test_references_go_by_their_file_ids(talk: Talk, painter: Painter) -> None:
    one = await talk.upload(made.picture(), "bowl.png")
    two = await talk.upload(made.picture(size=(90, 60)), "cup.png")
    response = await paint(talk, "A still life", references=[one["file"], two["file"]])
    assert response.status == "completed", response.error
    assert [part["file_id"] for part in painter.parts()] == ["file-00000001", "file-00000002"]


async def test_a_provider_without_files_is_given_the_pictures_themselves(talk: Talk, painter: Painter) -> None:
    painter.has_files = False
    one = await talk.upload(made.picture(), "bowl.png")
    response = await paint(talk, "A still life", references=[one["file"]])
    assert response.status == "completed", response.error
    assert painter.parts()[0]["image_url"].startswith("data:image/png;base64,")


async def test_a_provider_that_streams_no_partials_is_not_asked_for_them_again(talk: Talk, painter: Painter) -> None:
    painter.refuses = "partial_images"
    response = await paint(talk, options={"partial_images": 2, "quality": "low"})
    assert response.status == "completed", response.error
    assert "partial_images" in response.remarks[-1]
    assert [tool["tools"][0].get("partial_images") for tool in painter.asked] == [2, None]
    await threads.runner.run(catalog.forget)
    offered = await threads.runner.run(lambda: image_options.offered(image_options.maker("")))
    assert offered["partial_images"] == 0
    await paint(talk, options={"partial_images": 2})
    assert len(painter.asked) == 3


async def test_partial_images_are_kept_beside_the_result(talk: Talk, painter: Painter) -> None:
    response = await paint(talk, options={"partial_images": 3})
    shown = await threads.runner.run(state, talk.conversation)
    assert len(shown["partials"][response.pk]) == 3
    [turn] = shown["turns"]
    assert (turn["output"][0]["image"]["width"], turn["output"][0]["image"]["height"]) == (64, 48)


async def numbers(talk: Talk) -> list[int]:
    """Return the numbers of the versions that the page shows."""
    shown = await threads.runner.run(state, talk.conversation)
    return [picture["number"] for turn in shown["turns"] for picture in turn["pictures"].values()]


async def test_versions_keep_their_numbers_whatever_the_page_shows_of_them(
    talk: Talk, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await paint(talk)
    await paint(talk)
    painter.result = None
    await paint(talk)
    painter.result = PICTURE
    await paint(talk)
    assert await numbers(talk) == [1, 2, 3]
    monkeypatch.setattr(states, "MOST_TURNS", 1)
    assert await numbers(talk) == [3]
    await threads.runner.run(File.objects.filter(response=first).delete)
    await paint(talk)
    assert await numbers(talk) == [4]


async def test_a_picture_that_ends_as_generating_is_a_picture(talk: Talk, painter: Painter) -> None:
    painter.final_status = "generating"
    response = await paint(talk)
    assert len(await threads.runner.run(results, response)) == 1


@pytest.mark.parametrize("result", [None, "no base64 at all", base64.b64encode(b"no picture").decode()])
async def test_no_picture_and_a_broken_one_are_turns_that_have_ended(
    talk: Talk, painter: Painter, result: str | None
) -> None:
    painter.result = result
    response = await paint(talk)
    assert response.status == "completed"
    [turn] = (await threads.runner.run(state, talk.conversation))["turns"]
    assert not any((item.get("image") or {}).get("width") for item in turn["output"])
    painter.result = PICTURE
    assert (await paint(talk)).status == "completed"


async def test_a_prompt_that_the_filter_refuses_is_explained_and_kept(talk: Talk, painter: Painter) -> None:
    painter.filters = True
    response = await paint(talk, "Something that is not allowed")
    assert response.status == "failed"
    assert "content filter refused" in response.error["message"]
    [turn] = (await threads.runner.run(state, talk.conversation))["turns"]
    assert turn["input"][0]["payload"]["content"][0]["text"] == "Something that is not allowed"


async def test_what_had_formed_when_it_was_stopped_is_kept_and_gone_on_from(talk: Talk, painter: Painter) -> None:
    painter.hangs = True
    found = await threads.runner.run(access.conversation_for, talk.alice, talk.conversation.pk)
    wish = Wish("A lamp", options={"partial_images": 2})
    [response] = await threads.runner.run(making.make, found, wish)
    running = asyncio.ensure_future(run_turn(response.pk, "runner"))
    async with asyncio.timeout(20):
        while not any(recording.sequence >= 4 for recording in recorder.recordings.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await threads.runner.run(turns.stop, found, response)
    next(iter(recorder.recordings.values())).cancelled.set()  # as the runner does that is told
    await running
    painter.hangs = False
    shown = await threads.runner.run(state, talk.conversation)
    assert [turn["status"] for turn in shown["turns"]] == ["cancelled"]
    partial = shown["partials"][response.pk][-1]
    following = await paint(talk, "Finish it", parent=partial)
    assert following.status == "completed", following.error
    assert "previous_response_id" not in painter.asked[-1]
    assert [part["type"] for part in painter.parts()] == ["input_image"]
