"""Handing frames to the sockets of a process."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from conversations.hub import MOST_WAITING, Hub, Viewer
from conversations.protocol import Close


async def test_what_waits_goes_out_together_one_frame_a_line() -> None:
    viewer = Viewer()
    for frame in ("one", "two", "three"):
        viewer.put(frame)
    assert await viewer.take() == "one\ntwo\nthree"


async def test_a_viewer_waits_until_there_is_news() -> None:
    viewer = Viewer()
    waiting = asyncio.ensure_future(viewer.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    viewer.put("news")
    assert await waiting == "news"


async def test_who_reads_too_slowly_is_let_go_and_costs_no_memory() -> None:
    viewer = Viewer()
    for _ in range(5):
        viewer.put("x" * (MOST_WAITING // 4))
    assert viewer.closed == Close.TOO_SLOW
    assert await viewer.take() == ""


async def test_one_frame_may_be_of_any_size() -> None:
    """A whole turn is one frame, and whoever is let go for it would only come back for the same."""
    viewer, large = Viewer(), "x" * (MOST_WAITING + 1)
    viewer.put("before")
    viewer.put(large)
    assert await viewer.take() == f"before\n{large}"
    assert viewer.closed == 0


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    await hub.start(lambda conversation_id, position: [])
    yield hub
    await hub.stop()


async def test_frames_reach_the_viewers_of_their_conversation_only(hub: Hub) -> None:
    here, there = Viewer(), Viewer()
    await hub.join("conv_here", here, 0)
    await hub.join("conv_there", there, 0)
    hub.deliver("conv_here", "frame")
    assert await here.take() == "frame"
    assert there._size == 0


async def test_a_viewer_that_has_left_gets_nothing_more(hub: Hub) -> None:
    viewer = Viewer()
    await hub.join("conv_here", viewer, 0)
    await hub.leave("conv_here", viewer)
    hub.deliver("conv_here", "frame")
    assert viewer._size == 0
    assert hub.viewers == {}
