"""Handing frames to the sockets of a process."""

import asyncio

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


async def test_frames_reach_the_viewers_of_their_conversation_only() -> None:
    hub, here, there = Hub(), Viewer(), Viewer()
    await hub.join("conv_here", here, 0)
    await hub.join("conv_there", there, 0)
    hub.deliver("conv_here", "frame")
    assert await here.take() == "frame"
    assert there._size == 0


async def test_a_viewer_that_has_left_gets_nothing_more() -> None:
    hub, viewer = Hub(), Viewer()
    await hub.join("conv_here", viewer, 0)
    await hub.leave("conv_here", viewer)
    hub.deliver("conv_here", "frame")
    assert viewer._size == 0
    assert hub.viewers == {}
