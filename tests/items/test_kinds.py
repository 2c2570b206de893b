"""Every event and every item that the installed SDK knows is known here, by name."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import pytest
from openai.types.responses import ResponseInputItem, ResponseItem, ResponseOutputItem, ResponseStreamEvent
from openai.types.responses.responses_server_event import ResponsesServerEvent
from pydantic import BaseModel

from conversations.output import TABLE, Output
from tests.items.gallery import ITEMS, ONLY_INPUT, Item
from tests.items.node import run_script
from tests.items.streams import Event, events_of

ONLY_RECORDED = {"response.apply_patch_call_operation_diff.delta", "response.apply_patch_call_operation_diff.done"}
"""Events of the real service that the SDK does not name."""


def types_of(union: Any) -> set[str]:
    """The `type` values of all classes of a union of the SDK."""
    origin = typing.get_origin(union)
    if origin is typing.Annotated:
        return types_of(typing.get_args(union)[0])
    if origin is not None:
        return set().union(*(types_of(member) for member in typing.get_args(union)))
    if isinstance(union, type) and issubclass(union, BaseModel):
        return words_of(union.model_fields["type"].annotation)
    return set()


def words_of(annotation: Any) -> set[str]:
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    return set().union(*(words_of(member) for member in typing.get_args(annotation)))


def test_every_event_of_the_sdk_is_handled_by_name() -> None:
    known = types_of(ResponseStreamEvent) | types_of(ResponsesServerEvent)
    assert len(known) >= 59
    assert known - TABLE.keys() == set()
    assert TABLE.keys() - known == ONLY_RECORDED


def test_every_recorded_event_is_handled_by_name() -> None:
    recordings = pytest.importorskip("tests.live.recordings")
    if not recordings.FOLDER.is_dir():
        pytest.skip("no recorded streams here")
    seen = {event["type"] for recording in recordings.read_recordings() for event in recording.events}
    assert seen
    assert seen - TABLE.keys() == set()


def test_every_item_of_the_sdk_has_words_on_the_page() -> None:
    known = types_of(ResponseOutputItem) | types_of(ResponseItem) | types_of(ResponseInputItem)
    assert len(types_of(ResponseOutputItem)) >= 28
    shown = set(json.loads(run_script(Path(__file__).with_name("kinds.mjs"), ""))) | {"message"}
    assert known - shown == set()


def test_the_gallery_has_every_kind() -> None:
    assert types_of(ResponseOutputItem) - ITEMS.keys() == set()
    assert types_of(ResponseInputItem) - ITEMS.keys() - ONLY_INPUT.keys() == set()


def folded(events: list[Event]) -> list[Item]:
    output = Output()
    for event in events:
        output.apply(event)
    return output.items()


@pytest.mark.parametrize("kind", ITEMS)
def test_an_item_that_streams_is_in_the_end_what_it_is_after_a_reload(kind: str) -> None:
    assert folded(events_of([ITEMS[kind]])) == [ITEMS[kind]]


def test_before_its_last_event_an_item_shows_all_that_has_come() -> None:
    for kind in (
        "reasoning",
        "function_call",
        "custom_tool_call",
        "shell_call",
        "shell_call_output",
        "apply_patch_call",
    ):
        *before, _, _ = events_of([ITEMS[kind]])
        [item] = folded(before)
        unsaid = {name for name, value in ITEMS[kind].items() if item.get(name) != value} - {"status"}
        assert unsaid == set(), kind


def test_both_reducers_make_the_same_of_every_kind_at_every_event() -> None:
    events = events_of(list(ITEMS.values()))
    cuts = [events[:end] for end in range(0, len(events) + 1, 3)]
    theirs = json.loads(run_script(Path(__file__).parents[1] / "live" / "reduce.mjs", json.dumps(cuts)))
    ours = [folded(cut) for cut in cuts]
    assert [[item or {} for item in output] for output in theirs] == ours


def test_an_event_of_tomorrow_changes_nothing_and_breaks_nothing() -> None:
    events = events_of([ITEMS["message"]])
    tomorrow = {"type": "response.hologram.delta", "output_index": 0, "delta": "?", "item_id": "msg_1"}
    assert folded([event for one in events for event in (one, tomorrow)]) == [ITEMS["message"]]
