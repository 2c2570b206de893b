"""Files at the provider: given once, named by id, given again when lost, and sent inside the request otherwise."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.db import transaction

from conversations import access, threads
from conversations.actions import files, program_files, turns
from conversations.models import Conversation, File, InputWay, ProviderFile, Response, User
from conversations.turns.provider import forget
from conversations.turns.turn import run_turn
from conversations.upstream.config import ProviderConfig
from tests.intake import made
from tests.upstream.script import answer_events, sse

pytestmark = pytest.mark.usefixtures("database_threads")


class FileProvider:
    """A provider that keeps files; `takes` are the types of parts that it takes by id."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, str, bytes]] = {}
        self.asked: list[dict[str, Any]] = []
        self.uploads = 0
        self.takes = {"input_image", "input_file"}
        self.has_files = True

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/files", self.upload)
        app.router.add_post("/v1/responses", self.respond)
        return app

    async def upload(self, request: web.Request) -> web.Response:
        if not self.has_files:
            return web.json_response({"detail": "Not Found"}, status=404)
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        self.uploads += 1
        name = f"file-{self.uploads:08}"
        self.files[name] = (str(form["purpose"]), file.filename, file.file.read())
        return web.json_response({"id": name, "object": "file", "expires_at": None})

    async def respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        for item in body["input"]:
            for part in item["content"]:
                name = part.get("file_id")
                if name and part["type"] not in self.takes:
                    return refusal(400, f"Invalid {part['type']}: file ids are not supported.", "input[0].content")
                if name and name not in self.files:
                    return refusal(404, f"No such File object: {name}", None)
        number = len(self.asked)
        events = sse(*answer_events(response_id=f"resp_{number}"))
        return web.Response(body=events, content_type="text/event-stream")

    def parts(self, number: int = -1) -> list[dict[str, Any]]:
        """The attachments of a request, all messages together."""
        content = [part for item in self.asked[number]["input"] for part in item["content"]]
        return [part for part in content if part["type"] in {"input_image", "input_file"}]


def refusal(status: int, message: str, param: str | None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return web.json_response({"error": error}, status=status)


class Talk:
    """Alice, who attaches files in a conversation; each message is answered before the next."""

    def __init__(self, alice: User, conversation: Conversation) -> None:
        self.alice, self.conversation = alice, conversation

    async def upload(self, content: bytes, name: str) -> dict[str, Any]:
        file = await threads.runner.run(files.store_upload, self.alice, io.BytesIO(content), name=name)
        return {"file": file.pk}

    async def say(self, *attachments: dict[str, Any], text: str = "What is this?") -> Response:
        response = await threads.runner.run(self._send, text, attachments)
        await run_turn(response.pk, "runner")
        await threads.runner.run(response.refresh_from_db)
        return response

    def _send(self, text: str, attachments: Any) -> Response:
        found = access.conversation_for(self.alice, self.conversation.pk)
        return turns.send_message(found, text=text, attachments=attachments)[0]


@pytest.fixture
def talk(alice: User, conversation: Conversation) -> Talk:
    Conversation.objects.filter(pk=conversation.pk).update(model="gpt-5")
    return Talk(alice, conversation)


@pytest.fixture
async def provider(settings: Any) -> AsyncIterator[FileProvider]:
    provider = FileProvider()
    server = TestServer(provider.app())
    await server.start_server()
    url = str(server.make_url("/v1/"))
    settings.SALON_PROVIDER = ProviderConfig("openai", url, "key-of-the-test", first_byte_timeout=5)
    settings.SALON_ENDPOINT = url
    yield provider
    await forget()
    await server.close()


async def test_a_picture_and_a_pdf_are_given_once_and_named_by_their_ids(talk: Talk, provider: FileProvider) -> None:
    picture, pdf = await talk.upload(made.picture(), "lamp.png"), await talk.upload(made.pdf(), "notes.pdf")
    response = await talk.say({**picture, "detail": "high"}, pdf)
    assert response.status == "completed", response.error
    assert provider.parts() == [
        {"type": "input_image", "detail": "high", "file_id": "file-00000001"},
        {"type": "input_file", "file_id": "file-00000002"},
    ]
    assert [(purpose, name) for purpose, name, _ in provider.files.values()] == [
        ("vision", "lamp.png"),
        ("user_data", "notes.pdf"),
    ]
    await talk.say(pdf, text="Once more")
    again = await talk.upload(made.pdf(), "the same by another name.pdf")
    await talk.say(again, text="And again")
    assert provider.uploads == 2
    assert await threads.runner.run(ProviderFile.objects.count) == 2


async def test_a_file_for_the_container_of_a_tool_is_named_by_its_id_there(
    talk: Talk, provider: FileProvider, alice: User
) -> None:
    table = await threads.runner.run(kept_for_programs, alice, b"lamp,price\nA,1\n", "lamps.csv")
    for _ in range(2):
        response = await threads.runner.run(ask_with_files, talk, [table.pk])
        await run_turn(response.pk, "runner")
    assert [body["tools"][0]["container"] for body in provider.asked] == [
        {"type": "auto", "file_ids": ["file-00000001"]}
    ] * 2
    assert [content for _, _, content in provider.files.values()] == [b"lamp,price\nA,1\n"]


async def test_where_the_provider_takes_no_files_a_container_gets_none_and_that_is_said(
    talk: Talk, provider: FileProvider, alice: User
) -> None:
    provider.has_files = False
    table = await threads.runner.run(kept_for_programs, alice, b"lamp,price\nA,1\n", "lamps.csv")
    response = await threads.runner.run(ask_with_files, talk, [table.pk])
    await run_turn(response.pk, "runner")
    await threads.runner.run(response.refresh_from_db)
    assert response.status == "failed"
    assert "takes no files" in (response.error or {})["message"]


def kept_for_programs(user: User, content: bytes, name: str) -> File:
    return program_files.keep(user, io.BytesIO(content), name=name, purpose="user_data")


def ask_with_files(talk: Talk, file_ids: list[str]) -> Response:
    found = access.conversation_for(talk.alice, talk.conversation.pk)
    tools = [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": file_ids}}]
    said = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Add up"}]}]
    with transaction.atomic():
        options = {"tools": program_files.bring_in(found, tools)}
        return turns.ask(found, said, model="gpt-5", options=options, door=Response.Door.GATEWAY)[0]


async def test_azure_is_given_files_for_assistants(talk: Talk, provider: FileProvider, settings: Any) -> None:
    url = settings.SALON_PROVIDER.base_url
    settings.SALON_PROVIDER = ProviderConfig("azure", url, "key-of-the-test", first_byte_timeout=5)
    await talk.say(await talk.upload(made.pdf(), "notes.pdf"), await talk.upload(made.picture(), "lamp.png"))
    assert {purpose for purpose, _, _ in provider.files.values()} == {"assistants"}


async def test_a_lost_file_is_given_again_and_the_turn_says_so(talk: Talk, provider: FileProvider) -> None:
    picture = await talk.upload(made.picture(), "lamp.png")
    await talk.say(picture)
    provider.files.clear()
    response = await talk.say(picture, text="And now?")
    assert response.status == "completed", response.error
    assert provider.parts()[0]["file_id"] == "file-00000002"
    assert any("had lost a file" in remark for remark in response.remarks)


async def test_files_lost_from_the_providers_memory_are_given_again_with_the_history(
    talk: Talk, provider: FileProvider
) -> None:
    await talk.say(await talk.upload(made.picture(), "lamp.png"))
    provider.files.clear()
    refused: list[bool] = []
    respond = provider.respond

    async def remember(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if "previous_response_id" in body:
            refused.append(True)
            return refusal(404, "No such File object: file-00000001", None)
        return await respond(request)

    provider.respond = remember  # type: ignore[method-assign]
    server = TestServer(provider.app())
    await server.start_server()
    from django.conf import settings

    config = ProviderConfig("openai", str(server.make_url("/v1/")), "key-of-the-test", first_byte_timeout=5)
    settings.SALON_PROVIDER = config  # the same endpoint by name, so the chain goes on
    await forget()
    response = await talk.say(text="What did I show you?")
    assert refused == [True]
    assert response.status == "completed", response.error
    assert provider.parts()[0]["file_id"] == "file-00000002"
    await server.close()


async def test_a_provider_that_takes_no_ids_gets_the_bytes_and_is_remembered(
    talk: Talk, provider: FileProvider
) -> None:
    provider.takes = {"input_file"}
    picture = await talk.upload(made.picture(), "lamp.png")
    response = await talk.say(picture)
    assert response.status == "completed", response.error
    [part] = provider.parts()
    assert part["image_url"].startswith("data:image/png;base64,")
    assert made.opened(base64.b64decode(part["image_url"].partition(",")[2])).size == (120, 80)
    assert any("inside the request" in remark for remark in response.remarks)
    asked = len(provider.asked)
    response = await talk.say(picture, text="Once more")
    assert len(provider.asked) == asked + 1, "it was asked the wrong way once more"
    assert not any("inside the request" in remark for remark in response.remarks)
    assert await threads.runner.run(InputWay.objects.get, kind="picture")


async def test_a_server_without_files_gets_the_bytes(talk: Talk, provider: FileProvider) -> None:
    provider.has_files = False
    response = await talk.say(await talk.upload(made.pdf(), "notes.pdf"))
    assert response.status == "completed", response.error
    [part] = provider.parts()
    assert part["filename"] == "notes.pdf"
    assert base64.b64decode(part["file_data"].removeprefix("data:application/pdf;base64,")) == made.pdf()


async def test_a_provider_that_shall_keep_nothing_is_given_no_file_to_keep(talk: Talk, provider: FileProvider) -> None:
    await threads.runner.run(Conversation.objects.filter(pk=talk.conversation.pk).update, state="stateless")
    await talk.say(await talk.upload(made.picture(), "lamp.png"))
    await talk.say(text="And what was that?")
    assert provider.uploads == 0
    assert len(provider.parts(0)) == len(provider.parts(1)) == 1
    assert provider.parts(0) == provider.parts(1)


async def test_a_text_goes_as_a_file_where_that_is_promised_and_as_words_elsewhere(
    talk: Talk, provider: FileProvider, settings: Any
) -> None:
    notes = await talk.upload("Grüße, 12 Lampen".encode("cp1252"), "notes.md")
    await talk.say(notes)
    assert provider.files[provider.parts()[0]["file_id"]][1:] == ("notes.md", "Grüße, 12 Lampen".encode())
    settings.SALON_PROVIDER = ProviderConfig("azure", settings.SALON_PROVIDER.base_url, "key-of-the-test")
    await forget()
    await talk.say(notes, text="Once more")
    texts = [part["text"] for part in provider.asked[-1]["input"][-1]["content"]]
    assert texts == ["Once more", "The file notes.md:\n\nGrüße, 12 Lampen"]


async def test_an_address_goes_to_the_provider_as_it_is(talk: Talk, provider: FileProvider) -> None:
    await talk.say({"url": "https://pictures.example/lamp.png?size=2", "detail": "low"})
    await talk.say({"url": "https://papers.example/notes.pdf"}, text="And this?")
    assert provider.parts(0) == [
        {"type": "input_image", "image_url": "https://pictures.example/lamp.png?size=2", "detail": "low"}
    ]
    assert provider.parts(1) == [{"type": "input_file", "file_url": "https://papers.example/notes.pdf"}]


async def test_what_is_kept_of_a_message_names_the_file_and_holds_no_bytes(talk: Talk, provider: FileProvider) -> None:
    response = await talk.say(await talk.upload(made.noise(), "lamp.png"))
    [item] = await threads.runner.run(list, response.items.filter(direction="input"))
    assert len(json.dumps(item.payload)) < 1000
    assert item.payload["content"][1]["image_url"]["name"] == "lamp.png"
