"""What the real service sent, served again over a real socket in random pieces, arrives as it was."""

import itertools
import random
from collections.abc import Awaitable, Callable

import pytest

from conversations.upstream.client import Provider
from conversations.upstream.errors import StreamBroken
from conversations.upstream.stream import TERMINAL

from .recordings import FOLDER, Recording, recordings
from .script import Script, streaming

Serve = Callable[..., Awaitable[tuple[Provider, Script]]]
RECORDINGS = recordings()

pytestmark = pytest.mark.skipif(not RECORDINGS, reason=f"no recorded streams in {FOLDER} (set RECORDED_STREAMS)")


def pieces(body: bytes, *, seed: str) -> list[bytes]:
    """The body cut at up to 40 random places, anywhere in a line, a word or a character."""
    chance = random.Random(seed)
    cuts = sorted({0, len(body), *(chance.randrange(len(body)) for _ in range(40))})
    return [body[start:end] for start, end in itertools.pairwise(cuts)]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
async def test_a_recorded_stream_arrives_event_for_event(serve: Serve, recording: Recording) -> None:
    provider, _ = await serve(streaming(*pieces(recording.body, seed=recording.name)))
    arrived = []
    ended = recording.events[-1]["type"] in TERMINAL
    async with provider.stream_response({"model": "m"}) as stream:
        try:
            async for events in stream:
                arrived += [event.data for event in events]
        except StreamBroken:
            assert not ended
        else:
            assert ended
    assert arrived == recording.events


def test_the_recordings_are_many_and_of_all_kinds() -> None:
    """So that a change of their folder or format does not leave the test above with nothing to say."""
    assert len(RECORDINGS) >= 50
    assert len({event["type"] for recording in RECORDINGS for event in recording.events}) >= 25
