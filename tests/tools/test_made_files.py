"""Files that code makes in the provider's container: kept here when the answer ends, opened by members only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from asgiref.sync import sync_to_async
from django.test import Client

from conversations.models import File, Response
from conversations.turns import made_files
from conversations.turns.provider import forget
from conversations.upstream.config import ProviderConfig
from tests.tools.conftest import Chat
from tests.tools.model import Model, saying

TABLE = b"lamp,price\nA,1\n"


class Container:
    """The files of the provider's container; it may have ended."""

    def __init__(self) -> None:
        self.files = {"cfile_1": TABLE}
        self.asked = 0

    async def content(self, request: web.Request) -> web.Response:
        self.asked += 1
        content = self.files.get(request.match_info["file"])
        if content is None or request.match_info["container"] != "cntr_1":
            return web.json_response({"error": {"message": "Container is expired."}}, status=404)
        return web.Response(body=content, content_type="application/octet-stream")


@pytest.fixture
async def container(model: Model, settings: Any) -> AsyncIterator[Container]:
    container = Container()
    app = web.Application()
    app.router.add_post("/v1/responses", model.handle)
    app.router.add_get("/v1/containers/{container}/files/{file}/content", container.content)
    server = TestServer(app)
    await server.start_server()
    settings.SALON_PROVIDER = ProviderConfig("compatible", str(server.make_url("/v1/")), "key-of-the-test")
    await forget()
    yield container
    await server.close()


def citing(name: str = "lamps.csv") -> dict[str, Any]:
    said = saying("Here is the table.")
    cited = {"type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1", "filename": name}
    said["content"][0]["annotations"] = [{**cited, "start_index": 8, "end_index": 17}]
    return said


async def answered(chat: Chat, model: Model, **named: Any) -> Response:
    model.will([citing(**named)])
    response = await chat.say("Make a table")
    await asyncio.gather(*made_files._keeping)
    return response


async def opened(client: Client, response: Response, file: str = "cfile_1") -> Any:
    path = f"/conversations/{response.conversation_id}/responses/{response.pk}/made/{file}/"
    return await sync_to_async(client.get)(path, follow=True)


async def test_what_the_answer_cites_is_kept_when_it_ends(chat: Chat, model: Model, container: Container) -> None:
    response = await answered(chat, model)
    [file] = await chat.db(lambda: list(File.objects.filter(response=response)))
    assert (file.name, file.size) == ("lamps.csv", len(TABLE))


async def test_it_is_opened_after_the_container_has_ended(
    chat: Chat, model: Model, container: Container, as_alice: Client, as_charlie: Client
) -> None:
    response = await answered(chat, model)
    container.files.clear()
    answer = await opened(as_alice, response)
    assert answer.getvalue() == TABLE
    assert answer["Content-Disposition"].startswith("attachment")
    assert container.asked == 1
    assert (await opened(as_charlie, response)).status_code == 404


async def test_one_that_could_not_be_kept_is_fetched_when_it_is_opened(
    chat: Chat, model: Model, container: Container, as_alice: Client
) -> None:
    content = container.files.pop("cfile_1")
    response = await answered(chat, model)
    gone = await opened(as_alice, response)
    assert "container has ended" in gone.content.decode()
    container.files["cfile_1"] = content
    assert (await opened(as_alice, response)).status_code == 200
    assert (await opened(as_alice, response, "cfile_2")).status_code == 404


async def test_a_name_from_the_container_is_no_path(chat: Chat, model: Model, container: Container) -> None:
    response = await answered(chat, model, name="/mnt/data/../..\\lamps.csv")
    [file] = await chat.db(lambda: list(File.objects.filter(response=response)))
    assert "/" not in file.name
    assert "\\" not in file.name
