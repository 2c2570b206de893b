"""Budgets at a whole server: exact when fifty ask at once, on the pages and at the gateway, and after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.live.person import Person
from tests.live.server import Server

AT_ONCE = 25
RECOVERY = 45.0


async def test_of_fifty_who_ask_at_once_for_the_last_unit_one_gets_it(
    new_server: Callable[..., Server], enter: Callable[..., Any]
) -> None:
    server = new_server()
    server.inside("add_budget", scope="site", measure="requests", period="month", amount=1)
    key = server.inside("issue_key", name="Bob")
    server.start()
    alice = await enter(Person(server, "Alice"))
    nobody = await enter(Person(server, ""))
    conversations = [await alice.begin() for _ in range(AT_ONCE)]

    async def by_page(conversation: str) -> tuple[int, Any]:
        address = f"{alice.url}/conversations/{conversation}/messages/"
        async with alice.http.post(address, json={"text": "Hello"}, headers={"X-CSRFToken": alice.csrf}) as answer:
            return answer.status, (await answer.json()).get("error", {}).get("code") or answer.headers

    async def by_gateway() -> tuple[int, Any]:
        headers, body = {"Authorization": f"Bearer {key}"}, {"model": "demo", "input": "Hello"}
        async with nobody.http.post(f"{nobody.url}/openai/v1/responses", json=body, headers=headers) as answer:
            said = await answer.json()
            if answer.status == 429:
                assert said["error"]["type"] == said["error"]["code"] == "insufficient_quota"
                assert int(answer.headers["Retry-After"]) > 0
                assert int(answer.headers["retry-after-ms"]) > 0
                assert answer.headers["x-should-retry"] == "false"
            return answer.status, None

    asked = [by_page(conversation) for conversation in conversations] + [by_gateway() for _ in range(AT_ONCE)]
    statuses = [status for status, _ in await asyncio.gather(*asked)]
    assert sorted(statuses)[0] in {200, 201}
    assert sorted(statuses)[1:] == [429] * (2 * AT_ONCE - 1)

    async with asyncio.timeout(20):
        while await asyncio.sleep(0.05, server.inside("running")):
            pass
    counted = server.inside("used")
    assert (counted["used"], counted["reserved"], counted["requests"]) == (1, 0, 1)


async def test_a_turn_that_survives_a_crash_is_counted_once(
    new_server: Callable[..., Server], enter: Callable[..., Any]
) -> None:
    server = new_server(paced=True, SALON_BACKGROUND="always")
    server.inside("add_budget", scope="each", measure="tokens", period="day", amount=10**9)
    server.start()
    alice = await enter(Person(server, "Alice"))
    window = await enter(alice.window(await alice.begin()))
    turn = await alice.send(window.conversation, "Tell me of a lamp")
    await window.until(lambda: window.view.text(turn["id"]))
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    await window.until_final(turn["id"], RECOVERY)
    counted = server.inside("used")
    assert (counted["requests"], counted["reserved"]) == (1, 0)
    assert counted["used"] > counted["tokens"] > 0
