"""How earlier turns are told again: as the API takes them, and nothing half."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from openai.types.responses import ResponseInputItemParam
from pydantic import TypeAdapter

from conversations.models import Branch, Conversation, Item, Response, User
from conversations.turns import blobs
from conversations.turns.history import FIELDS, MOST_IMAGES, Listener, Told, matched, told_again
from tests.live.recordings import FOLDER, read_recordings

ITEM = TypeAdapter(ResponseInputItemParam)
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
SAID = {**MESSAGE, "content": [{"type": "output_text", "text": "Yes", "annotations": [], "logprobs": []}]}
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And?"}]}
THOUGHT = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"}
CALL = {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "now", "arguments": "{}", "status": "completed"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "noon"}
SEARCH = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "lamps"},
}
LIST = {"id": "mcpl_1", "type": "mcp_list_tools", "server_label": "docs", "tools": []}
REQUEST = {"id": "mcpr_1", "type": "mcp_approval_request", "server_label": "docs", "name": "read", "arguments": "{}"}
GRANT = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
MCP_CALL = {
    "id": "mcp_1",
    "type": "mcp_call",
    "server_label": "docs",
    "name": "read",
    "arguments": "{}",
    "error": None,
    "approval_request_id": "mcpr_1",
    "output": "text",
    "status": "completed",
}
WEB = {"type": "web_search"}
DOCS = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}

ALWAYS = {"role", "content", "phase", "status", "summary", "encrypted_content", "id", "result"}


def turn(*output: dict[str, Any], asked: list[dict[str, Any]] | None = None, endpoint: str = "here") -> Told:
    items = [Item(payload=payload, type=payload["type"]) for payload in output]
    return Told(Response(endpoint=endpoint), [Item(payload=payload) for payload in asked or [ASKED]], items)


def tell(*turns: Told, tools: list[dict[str, Any]] | None = None, reasons: bool = True) -> list[dict[str, Any]]:
    """The history before a new message, as a request that names no previous response has it."""
    told = told_again(turns, Listener("here", reasons=reasons, tools=tools or []))
    return matched([*told, ASKED], alone=True)


def kinds(items: list[dict[str, Any]]) -> list[str]:
    return [item["type"] for item in items if item != ASKED]


@pytest.mark.parametrize(
    ("output", "tools", "expected"),
    [
        ([THOUGHT, SAID], [], ["reasoning", "message"]),
        ([THOUGHT], [], []),
        ([THOUGHT, {**MESSAGE, "content": []}], [], []),
        ([THOUGHT, SEARCH, SAID], [WEB], ["reasoning", "web_search_call", "message"]),
        ([THOUGHT, SEARCH, SAID], [], ["message"]),
        ([{**THOUGHT, "encrypted_content": None}, SEARCH, SAID], [WEB], ["message"]),
        ([SEARCH, SAID], [WEB], ["web_search_call", "message"]),
        ([{**SEARCH, "status": "searching"}, SAID], [WEB], ["message"]),
        ([THOUGHT, CALL], [], []),
        ([LIST, SAID], [DOCS], ["mcp_list_tools", "message"]),
        ([LIST, SAID], [{**DOCS, "server_label": "another"}], ["message"]),
        ([LIST, REQUEST], [DOCS], ["mcp_list_tools"]),
        ([{"type": "tomorrow", "id": "t_1"}, SAID], [], ["message"]),
        ([{**CALL, "status": "incomplete", "arguments": '{"a'}], [], []),
    ],
    ids=[
        *("thought and words", "a thought alone", "a thought about nothing", "a thought that led to a search"),
        *("a search that is not offered any more", "a thought without its seal", "a search", "a search cut off"),
        *("a call nobody answered", "a list of tools", "a list of another server", "an approval nobody gave"),
        *("an unknown kind", "a call cut off"),
    ],
)
def test_an_answer_is_told_without_what_would_be_refused(
    output: list[dict[str, Any]], tools: list[dict[str, Any]], expected: list[str]
) -> None:
    assert kinds(tell(turn(*output), tools=tools)) == expected


def test_a_call_goes_along_with_its_result_from_the_next_turn() -> None:
    items = tell(turn(THOUGHT, CALL), turn(SAID, asked=[RESULT]))
    assert kinds(items) == ["reasoning", "function_call", "function_call_output", "message"]
    assert "id" not in items[2]


def test_a_result_whose_call_lies_in_the_named_response_is_kept() -> None:
    assert matched([RESULT], alone=False) == [RESULT]
    assert matched([RESULT], alone=True) == []


def test_an_approved_call_is_told_with_its_approval() -> None:
    items = tell(turn(LIST, REQUEST), turn(MCP_CALL, SAID, asked=[GRANT]), tools=[DOCS])
    assert kinds(items) == ["mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "mcp_call", "message"]
    assert items[4]["approval_request_id"] == "mcpr_1"


def test_a_call_names_no_approval_that_is_not_told() -> None:
    items = tell(turn(MCP_CALL, SAID), tools=[DOCS])
    assert "approval_request_id" not in items[1]


def test_sealed_reasoning_stays_with_the_provider_and_the_models_that_can_read_it() -> None:
    assert kinds(tell(turn(THOUGHT, SAID), reasons=False)) == ["message"]
    assert kinds(tell(turn(THOUGHT, SEARCH, SAID, endpoint="elsewhere"), tools=[WEB])) == ["message"]


def test_a_compaction_stands_for_all_before_it() -> None:
    sealed = {"id": "cmp_1", "type": "compaction", "encrypted_content": "all of it"}
    items = tell(turn(SAID), turn(sealed, SAID), turn(SAID))
    assert kinds(items) == ["compaction", "message", "message"]
    assert items[0] == {"type": "compaction", "encrypted_content": "all of it"}
    assert kinds(tell(turn(SAID), turn({**sealed}, SAID, endpoint="elsewhere"))) == ["message", "message"]


@pytest.fixture
def picture(conversation: Conversation, alice: User) -> dict[str, Any]:
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    response = Response.objects.create(conversation=conversation, branch=branch, created_by=alice)
    reference = blobs.store(b"not really a png", response, "result")
    return {"id": "ig_1", "type": "image_generation_call", "status": "generating", "revised_prompt": "A lamp"} | {
        "result": reference,
        "size": "1024x1024",
    }


@pytest.mark.django_db
def test_images_are_told_with_their_bytes_the_newest_ones_only(picture: dict[str, Any]) -> None:
    items = tell(*[turn(picture)] * (MOST_IMAGES + 1), tools=[{"type": "image_generation"}])
    assert kinds(items) == ["message", *["image_generation_call"] * MOST_IMAGES]
    encoded = base64.b64encode(b"not really a png").decode()
    assert items[3] == {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": encoded}
    assert "A lamp" in items[1]["content"][0]["text"]


@pytest.mark.django_db
def test_an_image_is_told_in_words_where_none_can_be_made(picture: dict[str, Any]) -> None:
    items = tell(turn(picture))
    assert items[1]["content"][0]["text"] == "[An image was made here: A lamp]"


def recorded_answers() -> Iterator[Any]:
    if not FOLDER.is_dir():
        yield pytest.param(None, marks=pytest.mark.skip(reason="no recorded streams: see RECORDED_STREAMS"))
        return
    for recording in read_recordings():
        if recording.final and recording.final.get("output"):
            yield pytest.param(recording.final, id=recording.name)


@pytest.mark.parametrize("final", list(recorded_answers()))
def test_every_recorded_answer_is_told_as_the_api_takes_it(final: dict[str, Any]) -> None:
    tools = [tool for tool in final.get("tools") or [] if isinstance(tool, dict)]
    items = tell(turn(*final["output"]), tools=tools)
    for item in items:
        assert item.keys() - {"type"} <= set(FIELDS.get(item["type"], "").split()) | ALWAYS
        needed = {**item, "id": "x_1", "status": "completed"} if item["type"] in {"message", "reasoning"} else item
        ITEM.validate_python(needed)
