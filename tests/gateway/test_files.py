"""Files of programs: kept to the byte, listed in pages, theirs alone, gone when deleted or expired."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from conversations.actions.program_files import sweep_expired
from conversations.gateway.files import PURPOSES
from conversations.models import File, IdempotencyKey, ProviderDeletion, ProviderFile, User
from tests.gateway.conftest import Caller


def picture(colour: str = "red") -> bytes:
    """A PNG with a note in it, which must come back too."""
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("Comment", "kept")
    written = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(written, "PNG", pnginfo=note)
    return written.getvalue()


def upload(
    caller: Caller, content: bytes = b"words", name: str = "notes.txt", purpose: str = "user_data", **form: Any
) -> Any:
    headers = form.pop("headers", {})
    data = {"file": SimpleUploadedFile(name, content), "purpose": purpose, **form}
    return caller.post("files", data, headers=headers)


def stored(caller: Caller, file_id: str) -> bytes:
    return b"".join(caller.get(f"files/{file_id}/content").streaming_content)


CONTENTS = {
    "lamp.png": picture(),
    "notes.txt": b"\xef\xbb\xbfwords\r\n",
    "requests.jsonl": b'{"a": 1}\n' * 3,
    "letter.pdf": b"%PDF-1.4 damaged",
    "data.zip": b"PK\x03\x04 not unpacked",
    "page.html": b"<script>alert(1)</script>",
    "program.bin": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_of_the_api_is_taken(alice_calls: Caller, purpose: str) -> None:
    assert upload(alice_calls, purpose=purpose).json()["purpose"] == purpose


@pytest.mark.parametrize("name", CONTENTS)
def test_the_very_bytes_come_back(alice_calls: Caller, name: str) -> None:
    answer = upload(alice_calls, CONTENTS[name], name)
    assert answer.status_code == 200
    file = answer.json()
    assert {key: file[key] for key in ("object", "bytes", "filename", "status", "expires_at")} == {
        "object": "file",
        "bytes": len(CONTENTS[name]),
        "filename": name,
        "status": "processed",
        "expires_at": None,
    }
    assert alice_calls.get(f"files/{file['id']}").json() == file
    content = alice_calls.get(f"files/{file['id']}/content")
    assert content.headers["Content-Disposition"].startswith("attachment")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert stored(alice_calls, file["id"]) == CONTENTS[name]


def test_a_picture_gets_the_facts_and_the_preview_that_pages_show(alice_calls: Caller) -> None:
    file = File.objects.get(pk=upload(alice_calls, picture(), "a.png", "vision").json()["id"])
    assert (file.media_type, file.width, file.height) == ("image/png", 30, 20)


HOSTILE_NAMES = [
    "../../etc/passwd",
    "a\x00b.txt",
    "\u202egpj.exe",
    "x" * 300,
    "CON",
    '<img src=x onerror="1">',
    "é.txt",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_name_is_never_a_path(alice_calls: Caller, name: str) -> None:
    file = upload(alice_calls, name=name).json()
    assert "/" not in file["filename"]
    assert "\u202e" not in file["filename"]
    assert len(file["filename"].encode()) <= 180
    assert stored(alice_calls, file["id"]) == b"words"


@pytest.mark.parametrize(
    ("change", "status", "param"),
    [
        ({"purpose": "surveillance"}, 400, "purpose"),
        ({"expires_after[anchor]": "now", "expires_after[seconds]": "3600"}, 400, "expires_after.anchor"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "1"}, 400, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "x"}, 400, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at"}, 400, "expires_after.seconds"),
        ({"content": b""}, 400, None),
        ({"content": picture()[:60], "name": "a.png"}, 400, None),
    ],
)
def test_a_bad_upload_keeps_nothing_and_says_why(
    alice_calls: Caller, change: dict[str, Any], status: int, param: str | None
) -> None:
    answer = upload(alice_calls, **change)
    assert answer.status_code == status
    assert answer.json()["error"]["param"] == param
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 400),
        (b"--x", "multipart/form-data", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n--x--',
            "multipart/form-data; boundary=x",
            400,
        ),
        (b"--x\r\n" * 10_000, "multipart/form-data; boundary=x", 400),
    ],
)
def test_what_is_no_form_with_a_file(alice_calls: Caller, body: bytes, kind: str, status: int) -> None:
    answer = alice_calls.post("files", body, content_type=kind)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@override_settings(SALON_UPLOAD_LIMIT=1000)
def test_a_file_that_is_too_large_is_refused_by_its_bytes(alice_calls: Caller) -> None:
    assert upload(alice_calls, b"x" * 1001).status_code == 413
    assert upload(alice_calls, b"x" * 1000).status_code == 200


def test_files_are_listed_in_pages_by_purpose_and_in_either_order(alice_calls: Caller, bob_calls: Caller) -> None:
    upload(bob_calls)
    ids = [upload(alice_calls, name=f"{n}.txt", purpose="vision" if n % 2 else "batch").json()["id"] for n in range(7)]
    now = timezone.now()
    for number, file_id in enumerate(ids):  # three at a time in the same moment
        File.objects.filter(pk=file_id).update(created_at=now + timedelta(seconds=number // 3))
    everything = [file["id"] for file in alice_calls.get("files").json()["data"]]
    assert sorted(everything) == sorted(ids)
    for order, expected in (("desc", everything), ("asc", everything[::-1])):
        seen: list[str] = []
        page: dict[str, Any] = {"has_more": True, "last_id": None}
        while page["has_more"]:
            asked = {"limit": 3, "order": order} | ({"after": page["last_id"]} if page["last_id"] else {})
            page = alice_calls.get("files", asked).json()
            assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
            seen += [file["id"] for file in page["data"]]
        assert seen == expected
    assert {file["purpose"] for file in alice_calls.get("files", {"purpose": "vision"}).json()["data"]} == {"vision"}
    assert alice_calls.get("files", {"purpose": "assistants"}).json()["data"] == []


@pytest.mark.parametrize(
    "asked",
    [{"limit": "0"}, {"limit": "10001"}, {"limit": "x"}, {"limit": "-1"}, {"order": "up"}, {"purpose": "x"}],
)
def test_a_page_that_cannot_be_asked_for(alice_calls: Caller, asked: dict[str, str]) -> None:
    answer = alice_calls.get("files", asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(asked)))


def test_a_list_asks_the_database_as_often_however_long_it_is(
    alice_calls: Caller, django_assert_num_queries: Any
) -> None:
    for number in range(4):
        upload(alice_calls, name=f"{number}.txt")
    with django_assert_num_queries(2):
        alice_calls.get("files")


def test_a_deleted_file_is_gone_here_and_on_its_way_out_at_the_provider(alice_calls: Caller) -> None:
    file_id = upload(alice_calls, b"secret").json()["id"]
    twin = upload(alice_calls, b"secret").json()["id"]
    file = File.objects.get(pk=file_id)
    ProviderFile.objects.create(endpoint="local", sha256=file.sha256, provider_id="file-1")
    assert alice_calls.delete(f"files/{file_id}").json() == {"id": file_id, "object": "file", "deleted": True}
    assert alice_calls.get(f"files/{file_id}").status_code == 404
    assert alice_calls.delete(f"files/{file_id}").status_code == 404
    assert stored(alice_calls, twin) == b"secret"
    assert not ProviderDeletion.objects.exists()
    alice_calls.delete(f"files/{twin}")
    assert not default_storage.exists(file.storage_name)
    assert ProviderDeletion.objects.get().provider_id == "file-1"


def test_an_expired_file_is_unknown_at_once_and_its_bytes_go_soon(alice_calls: Caller) -> None:
    form = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    shown = upload(alice_calls, **form).json()
    assert shown["expires_at"] - shown["created_at"] == pytest.approx(3600, abs=1)
    file = File.objects.get(pk=shown["id"])
    assert sweep_expired() == 0
    File.objects.filter(pk=file.pk).update(expires_at=timezone.now())
    assert alice_calls.get(f"files/{file.pk}").status_code == 404
    assert alice_calls.get(f"files/{file.pk}/content").status_code == 404
    assert alice_calls.get("files").json()["data"] == []
    assert sweep_expired() == 1
    assert not default_storage.exists(file.storage_name)


def test_nobody_else_sees_a_file_of_a_program(
    alice_calls: Caller, charlie_calls: Caller, call_as: Callable[..., Caller], admin: User
) -> None:
    file_id = upload(alice_calls).json()["id"]
    for other in (charlie_calls, call_as(admin)):
        for ask, path in ((other.get, "files/{}"), (other.get, "files/{}/content"), (other.delete, "files/{}")):
            theirs, nobodys = ask(path.format(file_id)), ask(path.format("file_" + "0" * 32))
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.content.replace(file_id.encode(), b"") == nobodys.content.replace(b"file_" + b"0" * 32, b"")
        assert other.get("files").json()["data"] == []


def test_the_same_upload_under_the_same_key_is_one_file(alice_calls: Caller, bob_calls: Caller) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (upload(alice_calls, headers=key).json() for _ in range(2))
    assert first == again
    assert upload(bob_calls, headers=key).json()["id"] != first["id"]
    changed = upload(alice_calls, b"other words", headers=key)
    assert (changed.status_code, changed.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert File.objects.count() == 2


def test_a_key_whose_request_failed_may_be_used_again(alice_calls: Caller) -> None:
    key = {"Idempotency-Key": "once"}
    assert upload(alice_calls, b"", headers=key).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert upload(alice_calls, headers=key).status_code == 200


def test_a_key_is_remembered_for_a_day(alice_calls: Caller) -> None:
    key = {"Idempotency-Key": "once"}
    first = upload(alice_calls, headers=key).json()["id"]
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert upload(alice_calls, headers=key).json()["id"] == first
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert upload(alice_calls, b"other", headers=key).json()["id"] != first
    assert IdempotencyKey.objects.count() == 1


def test_a_key_whose_first_request_is_still_running_asks_to_wait(
    alice_calls: Caller, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conversations.gateway.idempotency.PATIENCE", 0.1)
    key = {"Idempotency-Key": "once"}
    upload(alice_calls, headers=key)
    IdempotencyKey.objects.update(result="")
    answer = upload(alice_calls, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert answer.headers["retry-after-ms"]
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(minutes=3))  # it died
    assert upload(alice_calls, headers=key).status_code == 200


@pytest.mark.parametrize("given", ["", "x" * 256, "two words", "\u00e4"])
def test_a_key_that_is_none(alice_calls: Caller, given: str) -> None:
    answer = upload(alice_calls, headers={"Idempotency-Key": given})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_idempotency_key")
