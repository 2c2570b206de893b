"""Files: upload, list, read, expire, delete."""

import time

import openai
import pytest

from .conftest import Provider
from .scenarios import ask


def test_a_file_can_be_kept_and_read(provider: Provider) -> None:
    file = provider.sdk.files.create(file=("notes.txt", "Grüße".encode()), purpose="assistants")
    assert file.id.startswith("file-")
    assert (file.filename, file.bytes, file.purpose, file.status) == ("notes.txt", 7, "assistants", "processed")
    assert provider.sdk.files.retrieve(file.id) == file
    assert provider.sdk.files.content(file.id).read() == "Grüße".encode()
    assert file.id in [listed.id for listed in provider.sdk.files.list(purpose="assistants")]


def test_a_deleted_file_is_unknown_everywhere(provider: Provider) -> None:
    file = provider.sdk.files.create(file=("notes.txt", b"x"), purpose="user_data")
    assert provider.sdk.files.delete(file.id).deleted
    for read in (provider.sdk.files.retrieve, provider.sdk.files.content, provider.sdk.files.delete):
        with pytest.raises(openai.NotFoundError):
            read(file.id)
    content = [{"type": "input_file", "file_id": file.id}]
    assert provider.refused(ask([{"role": "user", "content": content}]))[0] == 404


def test_a_file_expires_when_told_to(provider: Provider) -> None:
    expires_after = {"anchor": "created_at", "seconds": 3600}
    file = provider.sdk.files.create(file=("a.txt", b"x"), purpose="vision", expires_after=expires_after)
    assert file.expires_at == file.created_at + 3600
    assert abs(file.created_at - time.time()) < 5
    with pytest.raises(openai.BadRequestError):
        provider.sdk.files.create(file=("a.txt", b"x"), purpose="vision", expires_after={**expires_after, "seconds": 1})


def test_an_upload_needs_a_file_and_a_purpose(provider: Provider) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        provider.sdk.files.create(file=("a.txt", b"x"), purpose="decoration")
    assert refused.value.param == "purpose"
    assert provider.http.post("/files", data={"purpose": "vision"}).json()["error"]["param"] == "file"


def test_a_path_is_not_a_file_id(provider: Provider) -> None:
    assert provider.http.get("/files/..%2Flocalmodel.sqlite3/content").status_code == 404
