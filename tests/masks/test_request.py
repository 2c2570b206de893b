"""What goes over the wire for an edit under a mask: the form that was recorded of the real service."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from conversations import access, contents, threads
from conversations.actions import pixel_locks, turns
from conversations.models import Conversation, PixelLock, Response, User
from conversations.turns.turn import run_turn
from tests.intake import made
from tests.live.recordings import FOLDER
from tests.masks.conftest import SIZE, mask_of
from tests.studio.test_wire import Painter, paint, results
from tests.studio.test_wire import painter as painter
from tests.turns.test_attachments import Talk

RECORDED = FOLDER / "openai-dotnet" / "ResponsesToolTests__ImageGenToolInputMaskWithFileId.json"
pytestmark = pytest.mark.usefixtures("database_threads")


@pytest.fixture
def talk(alice: User, conversation: Conversation) -> Talk:
    return Talk(alice, conversation)


async def masked(talk: Talk, prompt: str = "Add a cat", **wish: Any) -> Response:
    """Have an uploaded picture edited under a mask."""
    picture = await talk.upload(made.picture(size=SIZE), "room.png")
    mask = await talk.upload(made.encoded(mask_of(), "PNG"), "mask.png")
    return await paint(talk, prompt, parent=picture["file"], mask=mask["file"], **wish)


def recorded() -> dict[str, Any]:
    entries = json.loads(RECORDED.read_text(encoding="utf-8-sig"))["Entries"]
    body: dict[str, Any] = next(entry for entry in entries if entry["RequestUri"].endswith("/responses"))["RequestBody"]
    return body


def parts(body: dict[str, Any], *, ids: list[str]) -> list[dict[str, Any]]:
    """What the messages of a request are made of, file ids by their place in `ids`; `auto` is what detail is anyway."""
    content = [part for item in body["input"] for part in item["content"]]
    named = [part | {"file_id": ids.index(part["file_id"])} if "file_id" in part else part for part in content]
    return [{name: value for name, value in part.items() if name != "detail"} for part in named]


@pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded mask in {FOLDER} (set RECORDED_STREAMS)")
async def test_the_request_is_what_was_recorded_of_the_real_service(
    talk: Talk, painter: Painter, settings: Any
) -> None:
    real = recorded()
    [tool] = real["tools"]
    settings.SALON_MODELS = ["gpt-5", tool["model"]]
    prompt = real["input"][0]["content"][0]["text"]
    options = {name: tool[name] for name in ("quality", "size", "output_format")}
    response = await masked(talk, prompt, options=options)
    assert response.status == "completed", response.error
    [sent] = painter.asked
    ours, theirs = sent["tools"][0], tool
    assert list(ours["input_image_mask"]) == list(theirs["input_image_mask"]) == ["file_id"]
    usual = {"output_format": "png"}
    assert usual | ours | {"input_image_mask": 0} == theirs | {"input_image_mask": 0}
    our_ids = [part["file_id"] for part in painter.parts()] + [ours["input_image_mask"]["file_id"]]
    real_ids = [part["file_id"] for item in real["input"] for part in item["content"] if "file_id" in part]
    assert len(set(our_ids)) == 2
    assert parts(sent, ids=our_ids) == parts(real, ids=real_ids)


async def test_the_mask_is_uploaded_for_the_recorded_purpose_and_is_clear_where_to_edit(
    talk: Talk, painter: Painter
) -> None:
    await masked(talk)
    [sent] = painter.asked
    purpose, name, content = painter.files[sent["tools"][0]["input_image_mask"]["file_id"]]
    assert (purpose, name) == ("user_data", "mask.png")
    assert made.opened(content).getchannel("A").tobytes() == mask_of().getchannel("A").tobytes()


async def test_a_provider_that_takes_no_files_is_given_the_mask_itself(talk: Talk, painter: Painter) -> None:
    painter.has_files = False
    response = await masked(talk)
    assert response.status == "completed", response.error
    [mask] = painter.asked[-1]["tools"][0]["input_image_mask"].values()
    assert mask.startswith("data:image/png;base64,")


async def test_a_version_that_was_locked_is_what_the_next_edit_is_given(talk: Talk, painter: Painter) -> None:
    first = await masked(talk, feather=4)
    for lock_id in await threads.runner.run(pixel_locks.due):
        await threads.runner.run(pixel_locks.settle, lock_id)
    lock = await threads.runner.run(PixelLock.objects.select_related("locked").get, response=first)
    assert lock.state == PixelLock.State.DONE, lock.problem
    [version] = await threads.runner.run(results, first)
    await paint(talk, "And a dog", parent=version.pk)
    [given] = painter.parts()
    assert lock.locked is not None
    assert painter.files[given["file_id"]][2] == await threads.runner.run(contents.read, lock.locked)


async def test_without_the_lock_nothing_is_laid_over(talk: Talk, painter: Painter) -> None:
    await masked(talk)
    assert await threads.runner.run(pixel_locks.due) == []


async def test_regenerating_in_the_chat_repeats_the_mask_and_the_lock(
    talk: Talk, painter: Painter, settings: Any
) -> None:
    settings.SALON_MODELS = ["gpt-5", "gpt-5-mini", "o3-mini", "gpt-image-1"]
    first = await masked(talk, options={"quality": "low"}, feather=4)
    for model, paints in (("", True), ("gpt-5-mini", True), ("o3-mini", False)):
        found = await threads.runner.run(access.conversation_for, talk.alice, talk.conversation.pk)
        again = await threads.runner.run(partial(turns.regenerate, found, first, model=model))
        await run_turn(again.pk, "runner")
        assert ("tools" in painter.asked[-1]) == paints
        locks = PixelLock.objects.filter(response=again, feather=4)
        assert await threads.runner.run(locks.count) == paints
        if paints:
            tools = [body["tools"] for body in (painter.asked[0], painter.asked[-1])]
            assert tools[0] == tools[1]
            assert painter.asked[-1]["tool_choice"] == {"type": "image_generation"}
            assert again.making == first.making
