"""Files by the official clients: uploaded, used in requests by their ids, listed, read and deleted."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openai import NotFoundError
from PIL import Image

from tests.intake.made import pdf
from tests.live.gateway.conftest import client_for, key_for
from tests.live.gateway.test_snippets import decoded
from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")


def png(colour: str, mode: str = "RGB") -> bytes:
    held = io.BytesIO()
    Image.new(mode, (96, 64), colour).save(held, "PNG")
    return held.getvalue()


def uploaded(client: Any, content: bytes, name: str, purpose: str) -> str:
    file_id: str = client.files.create(file=(name, content), purpose=purpose).id
    return file_id


def ask(client: Any, *content: dict[str, Any], **options: Any) -> Any:
    message = {"role": "user", "content": [{"type": "input_text", "text": "What is this?"}, *content]}
    return client.responses.create(model="demo", input=[message], **options)


def test_a_picture_is_named_by_its_id(client: Any) -> None:
    file_id = uploaded(client, png("teal"), "lamp.png", "vision")
    response = ask(client, {"type": "input_image", "file_id": file_id})
    assert response.status == "completed"
    [message] = [item for item in client.responses.input_items.list(response.id) if item.type == "message"]
    [shown] = [part for part in message.content if part.type == "input_image"]
    assert (shown.file_id, shown.image_url) == (file_id, None)
    followed = client.responses.create(model="demo", input="And its colour?", previous_response_id=response.id)
    assert followed.status == "completed"


def test_a_pdf_is_named_by_its_id(client: Any) -> None:
    with io.BytesIO(pdf(3)) as file:
        file.name = "letter.pdf"
        file_id = client.files.create(file=file, purpose="user_data").id
    response = ask(client, {"type": "input_file", "file_id": file_id})
    assert response.status == "completed"
    assert client.files.content(file_id).read() == pdf(3)


def test_a_picture_is_edited_with_a_mask_by_their_ids(client: Any) -> None:
    original = uploaded(client, png("teal"), "basket.png", "vision")
    mask = uploaded(client, png("#00000000", "RGBA"), "mask.png", "vision")
    tool = {"type": "image_generation", "input_image_mask": {"file_id": mask}}
    response = ask(client, {"type": "input_image", "file_id": original}, tools=[tool])
    [result] = [item.result for item in response.output if item.type == "image_generation_call"]
    assert decoded(result).width


def test_tokens_of_a_file_are_counted(client: Any) -> None:
    file_id = uploaded(client, pdf(1), "letter.pdf", "user_data")
    content = [{"type": "input_text", "text": "Read this"}, {"type": "input_file", "file_id": file_id}]
    counted = client.responses.input_tokens.count(model="demo", input=[{"role": "user", "content": content}])
    assert counted.input_tokens > 0


def test_what_was_said_of_a_deleted_file_stays(client: Any) -> None:
    file_id = uploaded(client, png("coral"), "lamp.png", "vision")
    response = ask(client, {"type": "input_image", "file_id": file_id})
    assert client.files.delete(file_id).deleted
    with pytest.raises(NotFoundError):
        client.files.retrieve(file_id)
    with pytest.raises(NotFoundError):
        ask(client, {"type": "input_image", "file_id": file_id})
    assert client.responses.create(model="demo", input="And now?", previous_response_id=response.id).output_text


def test_files_expire_and_are_listed_to_the_end(server: Server) -> None:
    client = client_for(server, "Bob")
    expiring = client.files.create(
        file=("a.txt", b"a"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert expiring.expires_at == pytest.approx(expiring.created_at + 3600, abs=1)
    ids = {expiring.id} | {uploaded(client, b"words", f"{number}.txt", "assistants") for number in range(4)}
    assert {file.id for file in client.files.list(limit=2, purpose="assistants")} == ids
    assert client.files.wait_for_processing(expiring.id).status == "processed"


def test_a_large_file_comes_and_goes_whole(server: Server) -> None:
    client = client_for(server)
    content = bytes(range(256)) * 4096 * 20
    file_id = uploaded(client, content, "large.bin", "batch")
    assert client.files.content(file_id).read() == content
    client.files.delete(file_id)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(server: Server) -> None:
    import socket

    host, port = server.urls[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = "POST /openai/v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        connection.sendall(f"{head}api-key: {key_for(server, 'Alice')}\r\nContent-Length: {2**31}\r\n\r\n".encode())
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "request_too_large"' in answer
    assert b"x-request-id: req_" in answer
