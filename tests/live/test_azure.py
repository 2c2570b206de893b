"""A whole Salon that signs in at Azure with the identity of its App Service, while tokens end between the turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.live.person import Person
from tests.live.server import Server
from tests.upstream.azure import Azure


@pytest.fixture
def azure() -> Iterator[Azure]:
    azure = Azure()
    yield azure
    azure.close()


@pytest.mark.parametrize(
    ("version", "path"),
    [("", "/openai/v1/responses"), ("2025-04-01-preview", "/openai/responses")],
    ids=["v1", "dated"],
)
async def test_people_talk_on_while_tokens_end(
    new_server: Callable[..., Server], azure: Azure, version: str, path: str
) -> None:
    azure.life = 2
    server = new_server(**azure.settings, AZURE_OPENAI_API_VERSION=version)
    server.start()
    async with Person(server, "Alice") as alice:
        conversation = await alice.begin()
        async with alice.window(conversation) as window:
            for number in range(2):
                turn = await alice.send(conversation, f"Message {number}")
                ended = await window.until_final(turn["id"])
                assert ended["status"] == "completed", ended
                await asyncio.sleep(azure.life)
    assert {asked.path for asked in azure.turns} == {path}
    assert {asked.query.get("api-version", "") for asked in azure.turns} == {version}
    assert {asked.status for asked in azure.asked} == {200}
    assert len({asked.token for asked in azure.turns}) > 1
    assert azure.turns[1].body["previous_response_id"] == "resp_1"
    assert server.troubles() == []
