"""Whatever a file holds, an import ends: with a sentence, within limits, with nobody else's things."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import pytest
from django.test import Client

from conversations.actions import imports
from conversations.errors import Refused
from conversations.imports import reading
from conversations.models import Conversation, File, Import, User
from tests.imports.brought import bring, left, packed

FORGED: list[Any] = [
    {"mapping": {"a": None}},
    {"mapping": {"a": {"message": {"author": {"role": "user"}, "content": None}}}},
    {"mapping": {"a": {"parent": "a", "message": {"author": {"role": "user"}, "content": {"parts": [1, None, {}]}}}}},
    {"mapping": {"a": {"parent": "b"}, "b": {"parent": "a"}}, "current_node": "a"},
    {"mapping": {"a": {"parent": ["x"], "message": {"author": [], "metadata": 7, "content": []}}}},
    {"title": 7, "create_time": "soon", "mapping": {}, "current_node": {}},
    {"create_time": 1e300, "mapping": {}},
    {"chat": {"history": {"messages": {"a": {"role": "user", "content": {"x": 1}, "files": [1, {"type": "image"}]}}}}},
    {"chat": {"history": {"messages": {"a": {"role": "user", "content": "x", "timestamp": -1e300, "parentId": "a"}}}}},
    {"chat": {"messages": [1, None, {"role": "assistant", "content": None, "error": True}]}},
    {"chat": {"history": {"messages": {"\x00": {"role": "user", "content": "\x00\ud800", "model": "\x00" * 999}}}}},
    {"chat": 7},
    {},
]


@pytest.mark.parametrize("value", FORGED, ids=lambda value: json.dumps(value)[:50])
def test_a_forged_conversation_does_no_harm(value: Any, alice: User, as_alice: Client) -> None:
    good = {"title": "Good", "mapping": {"g": {"message": {"author": {"role": "user"}, "content": {"parts": ["Hi"]}}}}}
    brought = bring(alice, json.dumps([value, good]))
    assert brought.state == "done"
    assert brought.taken["conversations"] >= 1
    for pk in brought.report["conversations"]:
        assert as_alice.get(f"/conversations/{pk}/").status_code == 200


@pytest.mark.parametrize(
    "content", [b"[", b'[{"mapping": {', b"[1, 2", b"{}", b"[]", b"[{}]", b"PK\x03\x04broken", b"[" * 100_000]
)
def test_a_broken_file_ends_in_a_sentence(content: bytes, alice: User) -> None:
    brought = bring(alice, content)
    assert brought.state == "failed"
    assert brought.problem.endswith((".", "!"))


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\x1f\x8b"])
def test_what_is_no_export_is_refused_at_once(content: bytes, alice: User) -> None:
    with pytest.raises(Refused):
        imports.bring(alice, io.BytesIO(content), name="x")
    assert not Import.objects.exists()
    assert not File.objects.exists()


def test_a_zip_bomb_is_not_read_to_its_end(alice: User) -> None:
    brought = bring(alice, packed(conversations_json=b"[" + b" " * 100_000_000 + b"]"))
    assert (brought.state, brought.problem) == ("failed", reading.BOMB)


def test_many_bombs_in_one_zip_are_not_all_read(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FREE_GROWTH", 2_000_000)
    blank = b"\n" * 1_500_000
    content = packed(**{f"c{number}__conversation.jsonl": blank for number in range(40)})
    brought = bring(alice, content)
    assert (brought.state, brought.problem) == ("failed", reading.BOMB)
    assert len(brought.report["left"]) < 10


def test_a_list_of_members_that_never_ends_is_not_read(alice: User) -> None:
    content = packed(conversations_json="[]")
    at = content.rindex(b"PK\x05\x06")
    forged = content[: at + 8] + struct.pack("<HH", 65000, 65000) + struct.pack("<L", 2**31) + content[at + 16 :]
    assert bring(alice, forged).state == "failed"


def test_an_encrypted_zip_is_refused_in_a_sentence(alice: User) -> None:
    content = bytearray(packed(conversations_json="[]"))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in bring(alice, bytes(content)).problem


@pytest.mark.parametrize("name", ["../../etc/conversations.json", "/conversations.json", "a\\conversations.json"])
def test_names_in_a_zip_are_never_paths(name: str, alice: User) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        pack.writestr(name, "[]")
    assert bring(alice, content.getvalue()).state in {"done", "failed"}


def test_one_conversation_that_is_too_large_is_left_and_the_others_come(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_CONVERSATION", 200_000)

    def chat(text: str) -> dict[str, Any]:
        return {"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": [text]}}}}}

    large = chat("x")
    large["padding"] = ["lamp"] * 100_000
    brought = bring(alice, [large, chat("small")])
    assert brought.taken["conversations"] == 1
    assert left(brought) == {"A conversation": "It is too large."}


def test_what_is_nested_too_deeply_is_left(alice: User) -> None:
    deep = '{"mapping": ' * 150 + "1" + "}" * 150
    brought = bring(alice, f"[{deep}]")
    assert left(brought) == {"A conversation": "It is nested too deeply."}


def test_answers_that_fork_at_every_step_end_at_a_limit(alice: User) -> None:
    mapping: dict[str, Any] = {"u": {"message": {"author": {"role": "user"}, "content": {"parts": ["Go"]}}}}
    before = "u"
    for number in range(600):
        for side in "ab":
            message = {"author": {"role": "assistant"}, "content": {"parts": [f"{number}{side}"]}}
            mapping[f"{number}{side}"] = {"parent": before, "message": message}
        before = f"{number}a"
    brought = bring(alice, [{"mapping": mapping}])
    assert left(brought) == {"Answers": "Its answers fork too often."}
    assert Conversation.objects.get(created_by=alice).items.count() < 20_000


def test_a_document_that_is_no_picture_is_left_with_its_reason(alice: User) -> None:
    part = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Abc"}
    message = {"author": {"role": "user"}, "content": {"content_type": "multimodal_text", "parts": ["Look", part]}}
    chat = {"mapping": {"a": {"message": message}}}
    content = packed(conversations_json=json.dumps([chat]), **{"file-Abc-x.svg": b"<svg onload='alert(1)'/>"})
    brought = bring(alice, content)
    assert "SVG" in left(brought)["picture"]


def test_the_upload_is_gone_when_it_was_read(alice: User) -> None:
    bring(alice, "[]")
    assert not File.objects.exists()


def test_people_see_only_their_own_imports(alice: User, as_bob: Client) -> None:
    brought = bring(alice, "[]", name="secret-name.json")
    assert b"secret-name" not in as_bob.get("/imports/").content
    assert as_bob.post(f"/imports/{brought.pk}/remove/").status_code == 404


def test_the_door_takes_a_file_and_says_what_is_wrong_with_another(as_alice: Client) -> None:
    good = io.BytesIO(b"[]")
    good.name = "chats.json"
    assert as_alice.post("/imports/", {"file": good}).status_code == 302
    bad = io.BytesIO(b"hello")
    bad.name = "x.txt"
    answer = as_alice.post("/imports/", {"file": bad})
    assert answer.status_code == 415
    assert b"This is no export" in answer.content
    assert as_alice.post("/imports/", {}).status_code == 400
    assert as_alice.post("/imports/", {"file": "text"}).status_code == 400
