"""What goes over the wire for an edit under a mask: the form that was recorded of the real service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations import access, threads
from conversations.actions import files, masks, turns
from conversations.models import Conversation, Response, User
from conversations.turns.turn import run_turn
from tests.intake import made
from tests.live.recordings import FOLDER
from tests.masks.conftest import SIZE, mask_of, uploaded
from tests.turns.test_attachments import FileProvider
from tests.turns.test_attachments import provider as provider

RECORDED = FOLDER / "openai-dotnet" / "ResponsesToolTests__ImageGenToolInputMaskWithFileId.json"
pytestmark = pytest.mark.usefixtures("database_threads")
TOOL = {"type": "image_generation", "quality": "low", "size": "1024x1024", "output_format": "png"}


@pytest.fixture
def asked(alice: User, conversation: Conversation) -> Response:
    """A turn that was sent with a picture and a mask."""
    Conversation.objects.filter(pk=conversation.pk).update(model="gpt-5")
    found = access.conversation_for(alice, conversation.pk)
    masked = masks.for_editing(
        alice, uploaded(alice, made.picture(size=SIZE)).pk, uploaded(alice, mask_of(), "mask.png").pk
    ).brought_in(found)
    words = {"type": "input_text", "text": "Edit this image by adding a big cat"}
    content = [words, *files.attach(found, [{"file": masked.picture.pk}])]
    return turns.ask(
        found,
        [{"type": "message", "role": "user", "content": content}],
        options={"tools": [TOOL | {"input_image_mask": masked.tool_part}]},
    )[0]


def recorded() -> dict[str, Any]:
    entries = json.loads(RECORDED.read_text(encoding="utf-8-sig"))["Entries"]
    body: dict[str, Any] = next(entry for entry in entries if entry["RequestUri"].endswith("/responses"))["RequestBody"]
    return body


def shape(value: Any) -> Any:
    """The names of a request and the kinds of its values, without the values themselves."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded mask in {FOLDER} (set RECORDED_STREAMS)")
async def test_the_mask_goes_by_its_file_id_as_recorded(asked: Response, provider: FileProvider) -> None:
    await run_turn(asked.pk, "runner")
    [sent] = provider.asked
    [ours], [theirs] = sent["tools"], recorded()["tools"]
    assert shape(ours) == shape({name: value for name, value in theirs.items() if name != "model"})
    assert {name: ours[name] for name in TOOL} == {name: theirs[name] for name in TOOL}
    given = [part for item in sent["input"] for part in item["content"]]
    kept = [part for item in recorded()["input"] for part in item["content"]]
    named = [{name: part[name] for name in part if name != "detail"} for part in given]  # `auto`, which is the default
    assert shape(named) == shape(kept)


async def test_picture_and_mask_are_uploaded_and_the_mask_is_clear_where_to_edit(
    asked: Response, provider: FileProvider
) -> None:
    await run_turn(asked.pk, "runner")
    [sent] = provider.asked
    mask = provider.files[sent["tools"][0]["input_image_mask"]["file_id"]]
    assert mask[:2] == ("user_data", "mask.png")
    assert made.opened(mask[2]).getchannel("A").tobytes() == mask_of().getchannel("A").tobytes()


async def test_a_provider_that_takes_no_files_is_given_the_mask_itself(asked: Response, provider: FileProvider) -> None:
    provider.has_files = False
    await run_turn(asked.pk, "runner")
    await threads.runner.run(asked.refresh_from_db)
    assert asked.status == "completed", asked.error
    [mask] = provider.asked[-1]["tools"][0]["input_image_mask"].values()
    assert mask.startswith("data:image/png;base64,")
