"""The export of Open WebUI comes with its branches and the pictures inside."""

from __future__ import annotations

import base64
import json
from typing import Any

from conversations.models import User
from tests.exports.made import picture
from tests.imports.brought import bring, left, line, only

URL = "data:image/png;base64," + base64.b64encode(picture()).decode()


def message(key: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {
        key: {
            "id": key,
            "parentId": parent,
            "childrenIds": [],
            "role": role,
            "content": content,
            "timestamp": 1700000000,
        }
        | more
    }


def exported(*messages: dict[str, Any], current: str, **more: Any) -> list[dict[str, Any]]:
    history = {"messages": {key: value for one in messages for key, value in one.items()}, "currentId": current}
    chat = {"title": "A lamp", "models": ["llama3:8b"], "history": history}
    return [{"id": "c1", "user_id": "u1", "title": "A lamp", "chat": chat, "created_at": 1700000000} | more]


def test_a_chat_comes_with_its_branches(alice: User) -> None:
    again = only(
        bring(
            alice,
            exported(
                message("a", None, "user", "Which lamp?"),
                message("b1", "a", "assistant", "Green.", model="llama3:8b"),
                message("b2", "a", "assistant", "Red.", model="qwen3"),
                message("c", "b2", "user", "Why?"),
                current="c",
            ),
            name="chat-export.json",
        )
    )
    assert line(again) == ["Which lamp?", "Red.", "Why?"]
    assert sorted(again.responses.values_list("model", flat=True)) == ["llama3:8b", "llama3:8b", "qwen3"]


def test_pictures_inside_are_kept_and_those_elsewhere_are_not_fetched(alice: User) -> None:
    files = [{"type": "image", "url": URL}, {"type": "image", "url": "http://169.254.169.254/x.png"}]
    brought = bring(alice, exported(message("a", None, "user", "Look", files=files), current="a"))
    again = only(brought)
    assert again.files.filter(purpose="upload").count() == 1
    assert left(brought) == {"http://169.254.169.254/x.png": "It is not in the export."}
    assert "http://169.254.169.254/x.png" in again.items.get().text


def test_thoughts_stand_apart_from_what_was_said(alice: User) -> None:
    words = (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought</summary>\n&gt; Hm.\n</details>\nGreen.'
    )
    again = only(
        bring(alice, exported(message("a", None, "user", "?"), message("b", "a", "assistant", words), current="b"))
    )
    types = list(again.items.filter(direction="output").order_by("index").values_list("type", "text"))
    assert [kind for kind, _ in types] == ["reasoning", "message"]
    assert types[0][1].strip() == "Hm."


def test_who_is_not_the_first_user_of_the_file_is_a_name(alice: User) -> None:
    mine = exported(message("a", None, "user", "Mine"), current="a")
    other = exported(message("a", None, "user", "Theirs"), current="a", user_id="user-two", id="c2")
    bring(alice, mine + other)
    from conversations.models import Item

    assert Item.objects.get(text="Mine").author == alice
    theirs = Item.objects.get(text="Theirs")
    assert (theirs.author, theirs.author_label) == (None, "Open WebUI user-two")


def test_a_file_with_its_text_inside_is_kept(alice: User) -> None:
    inner = {"filename": "notes.txt", "data": {"content": "Lamps are warm."}}
    files = [{"type": "file", "name": "notes.txt", "file": inner}]
    again = only(bring(alice, exported(message("a", None, "user", "Read", files=files), current="a")))
    assert again.files.get().name == "notes.txt"


def test_the_same_export_again_brings_only_what_is_new(alice: User) -> None:
    first = exported(message("a", None, "user", "One"), current="a")
    bring(alice, first)
    second = bring(alice, json.dumps(first + exported(message("a", None, "user", "Two"), current="a", id="c2")))
    assert second.taken == {"known": 1, "conversations": 1, "messages": 1}
