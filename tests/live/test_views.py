"""Every page that is open on a conversation comes to the same state as a page that is loaded afresh."""

from __future__ import annotations

from tests.live.person import Person


async def test_a_page_that_watched_an_answer_equals_a_fresh_one(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, "Tell me of a lamp")
        await window.until_final(turn["id"])
        assert window.view.turns[turn["id"]]["status"] == "completed"
        assert window.view.shown() == await alice.fresh(conversation)
