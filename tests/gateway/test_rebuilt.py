"""A stream whose log is not kept any more is made anew from the response's end: it adds up to the same."""

from __future__ import annotations

import json

import pytest

from conversations.gateway import rebuilt
from conversations.output import Output
from tests.live.recordings import FOLDER, Recording, read_recordings

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded streams: {FOLDER} is not there")
RECORDINGS = read_recordings()


@pytest.mark.parametrize("recording", RECORDINGS, ids=str)
def test_it_adds_up_to_the_items_and_has_no_gaps(recording: Recording) -> None:
    assert recording.final is not None
    events = [json.loads(event) for event in rebuilt.events(recording.final)]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    assert events[-1]["response"] == recording.final
    output = Output()
    for event in events:
        output.apply(event)
    assert output.items() == recording.final["output"]


@pytest.mark.parametrize("recording", RECORDINGS[::25], ids=str)
def test_it_goes_on_behind_any_event_and_always_tells_the_end(recording: Recording) -> None:
    assert recording.final is not None
    whole = rebuilt.events(recording.final)
    for after in (-1, 0, 3, len(whole) - 2):
        assert rebuilt.events(recording.final, after=after) == whole[after + 1 :]
    for after in (len(whole) - 1, len(whole) + 500):
        [last] = [json.loads(event) for event in rebuilt.events(recording.final, after=after)]
        assert (last["type"], last["sequence_number"]) == (json.loads(whole[-1])["type"], after + 1)
