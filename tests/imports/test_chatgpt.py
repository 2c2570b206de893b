"""The export of ChatGPT comes with its branches, pictures, thoughts and canvases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.models import Response, User
from tests.exports.made import picture
from tests.imports.brought import bring, left, line, only, packed

DALLE = "file-service://file-Abc123"


def node(key: str, parent: str | None, role: str = "user", text: Any = "", **more: Any) -> dict[str, Any]:
    content = text if isinstance(text, dict) else {"content_type": "text", "parts": [text]}
    message = {"id": key, "author": {"role": role}, "create_time": 1700000000.5, "content": content, "metadata": {}}
    message |= {name: more.pop(name) for name in ("recipient", "metadata") if name in more}
    message["author"] |= more
    return {key: {"id": key, "parent": parent, "children": [], "message": message}}


def exported(*nodes: dict[str, Any], current: str, **members: bytes) -> bytes:
    root = {"root": {"id": "root", "parent": None, "children": [], "message": None}}
    mapping = root | {key: value for one in nodes for key, value in one.items()}
    chat = {"title": "A lamp", "create_time": 1700000000, "mapping": mapping, "current_node": current, "id": "c1"}
    return packed(conversations_json=json.dumps([chat]), user_json="{}", **members)


def test_a_conversation_comes_with_its_title_and_its_words(alice: User) -> None:
    again = only(
        bring(
            alice, exported(node("a", "root", text="Which lamp?"), node("b", "a", "assistant", "Green."), current="b")
        )
    )
    assert (again.title, line(again)) == ("A lamp", ["Which lamp?", "Green."])
    assert again.created_at.year == 2023


def test_branches_come_too_and_the_one_that_was_looked_at_is_the_main_one(alice: User) -> None:
    again = only(
        bring(
            alice,
            exported(
                node("a", "root", text="Which lamp?"),
                node("b1", "a", "assistant", "Green."),
                node("b2", "a", "assistant", "Red."),
                node("c1", "b1", text="Why?"),
                node("d1", "c1", "assistant", "Quiet."),
                node("c2", "b1", text="How high?"),
                node("d2", "c2", "assistant", "Half a metre."),
                current="d1",
            ),
        )
    )
    assert line(again) == ["Which lamp?", "Green.", "Why?", "Quiet."]
    ends = Response.objects.filter(conversation=again, next_responses=None)
    assert sorted(line(again, end)[-1] for end in ends) == ["Half a metre.", "Quiet.", "Red."]
    assert Response.objects.get(conversation=again, items__text="Red.").input_from is not None


def test_pictures_of_both_sides_come_out_of_the_zip(alice: User) -> None:
    def shown(pointer: str, **more: Any) -> dict[str, Any]:
        return {"content_type": "image_asset_pointer", "asset_pointer": pointer, **more}

    asked = {"content_type": "multimodal_text", "parts": [shown("sediment://file_0000aa"), "Like this one"]}
    dalle = {"dalle": {"prompt": "a green lamp"}}
    made = {"content_type": "multimodal_text", "parts": [shown(DALLE, metadata=dalle)]}
    again = only(
        bring(
            alice,
            exported(
                node("a", "root", text=asked),
                node("b", "a", "tool", made, name="dalle.text2im"),
                current="b",
                **{"file_0000aa-lamp.png": picture("red"), "dalle-generations__file-Abc123-x.png": picture("green")},
            ),
        )
    )
    payloads = json.dumps([item.payload for item in again.items.order_by("id")])
    assert payloads.count('"$file"') == 2
    assert '"image_generation_call"' in payloads
    assert '"a green lamp"' in payloads
    assert again.files.filter(purpose="upload").count() == 2


def test_thoughts_code_canvases_and_marks_are_readable(alice: User) -> None:
    canvas = json.dumps({"name": "Plan", "type": "document", "content": "# Lamps first"})
    again = only(
        bring(
            alice,
            exported(
                node("a", "root", text="Plan it"),
                node("b", "a", "assistant", {"content_type": "thoughts", "thoughts": [{"content": "Hm."}]}),
                node(
                    "c",
                    "b",
                    "assistant",
                    {"content_type": "code", "language": "unknown", "text": "1+1"},
                    recipient="python",
                ),
                node("d", "c", "tool", {"content_type": "execution_output", "text": "2"}, name="python"),
                node("e", "d", "assistant", canvas, recipient="canmore.create_textdoc"),
                node("f", "e", "assistant", "Done \ue200cite\ue202turn0\ue201now."),
                current="f",
            ),
        )
    )
    said = line(again)
    assert said[0:2] == ["Plan it", "Hm."]
    assert "```\n1+1\n```" in said[2]
    assert "```\n2\n```" in said[3]
    assert said[4] == "**Plan**\n\n# Lamps first"
    assert said[5] == "Done now."


def test_what_is_not_taken_is_told_with_its_reason(alice: User) -> None:
    attached = {"attachments": [{"id": "file-Zzz", "name": "plan.docx"}]}
    profile = {"content_type": "user_editable_context", "user_profile": "x"}
    brought = bring(
        alice,
        exported(node("p", "root", text=profile), node("a", "p", text="Look", metadata=attached), current="a"),
    )
    assert left(brought) == {
        "plan.docx": "It is not in the export.",
        "Custom instructions": "They are the account’s, not the conversation’s.",
    }
    assert line(only(brought)) == ["Look\n[plan.docx]"]


def test_numbered_files_of_a_large_account_are_all_read(alice: User) -> None:
    def chat(number: int) -> str:
        mapping = node("a", None, text=f"Lamp {number}")
        return json.dumps([{"title": f"Lamp {number}", "mapping": mapping, "current_node": "a"}])

    brought = bring(alice, packed(**{"conversations-000_json": chat(0), "conversations-001_json": chat(1)}))
    assert brought.taken["conversations"] == 2


@pytest.mark.parametrize("depth", [3000])
def test_a_long_line_is_read_whole_and_in_order(depth: int, alice: User) -> None:
    nodes = [
        node(str(number), str(number - 1) if number else "root", "assistant" if number % 2 else "user", f"w{number}")
        for number in range(depth)
    ]
    again = only(bring(alice, exported(*nodes, current=str(depth - 1))))
    assert line(again) == [f"w{number}" for number in range(depth)]
