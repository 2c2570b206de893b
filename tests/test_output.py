"""Folding stream events into output items."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.output import MOST_INDEX, RULES, Output

MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
PART = {"type": "output_text", "text": "", "annotations": []}


def delta(text: str, *, output_index: int = 0, content_index: int = 0) -> dict:
    return {
        "type": "response.output_text.delta",
        "output_index": output_index,
        "content_index": content_index,
        "delta": text,
    }


def begun() -> Output:
    output = Output()
    output.apply({"type": "response.output_item.added", "output_index": 0, "item": MESSAGE})
    output.apply({"type": "response.content_part.added", "output_index": 0, "content_index": 0, "part": PART})
    return output


def test_deltas_add_up_to_the_text() -> None:
    output = begun()
    for piece in ("Two ", "words", "."):
        output.apply(delta(piece))
    assert output.items()[0]["content"][0]["text"] == "Two words."


def test_looking_in_between_changes_nothing() -> None:
    looked, unlooked = begun(), begun()
    for piece in "a lamp and a book":
        looked.apply(delta(piece))
        looked.items()
        unlooked.apply(delta(piece))
    assert looked.items() == unlooked.items()


def test_the_done_event_of_an_item_is_what_counts() -> None:
    output = begun()
    output.apply(delta("draft"))
    done = MESSAGE | {"status": "completed", "content": [PART | {"text": "final"}]}
    output.apply({"type": "response.output_item.done", "output_index": 0, "item": done})
    assert output.items() == [done]


def test_unknown_events_leave_the_output_alone() -> None:
    output = begun()
    before = output.items()
    output.apply({"type": "response.something_new.delta", "output_index": 0, "delta": "?"})
    output.apply({"type": 7})
    output.apply({})
    assert output.items() == before


def test_an_event_before_its_item_makes_the_place_that_it_needs() -> None:
    output = Output()
    output.apply(delta("late", output_index=1))
    assert output.items() == [{}, {"content": [{"text": "late"}]}]


def test_an_absurd_index_takes_no_memory() -> None:
    output = begun()
    for index in (MOST_INDEX + 1, -1, 2**70, True, "0", None, [0], {"a": 1}):
        output.apply({"type": "response.output_item.added", "output_index": index, "item": MESSAGE})
        output.apply(delta("x", content_index=index))  # type: ignore[arg-type]
    assert len(output.slots) == 1
    assert output.items()[0]["content"] == [PART]


def test_what_is_handed_out_is_a_copy() -> None:
    output = begun()
    output.items()[0]["content"].append("spoiled")
    assert output.items()[0]["content"] == [PART]


ODD = [None, True, -1, 2**70, "", "text", [], [None], {}, {"content": "x"}, {"content": [{"text": 1}]}, MESSAGE]
FIELDS = (
    "output_index",
    "content_index",
    "summary_index",
    "annotation_index",
    "command_index",
    "delta",
    "item",
    "part",
)


VALUES = st.integers(0, 3) | st.sampled_from(ODD)
EVENTS = st.tuples(st.sampled_from(sorted(RULES)), st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES)))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=12))
def test_whatever_a_provider_sends_the_output_stays_json(events: list[tuple[str, dict]]) -> None:
    output = Output()
    for kind, fields in events:
        output.apply({"type": kind, **fields})
    assert json.loads(json.dumps(output.items())) == output.items()
