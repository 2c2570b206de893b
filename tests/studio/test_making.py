"""What people have made in the studio, through its doors: what is queued, and under what."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from conversations.actions import files
from conversations.models import (
    Branch,
    Conversation,
    Fact,
    Favourite,
    File,
    Item,
    Membership,
    PixelLock,
    Response,
    User,
)
from tests.intake import made

pytestmark = pytest.mark.django_db(transaction=True)
TOOL = {"type": "image_generation"}


@pytest.fixture
def work(as_alice: Client, bob: User) -> Conversation:
    """A work of Alice's that Bob may change."""
    made = Conversation.objects.get(pk=as_alice.post("/studio/new/").headers["Location"].split("/")[2])
    Membership.objects.create(conversation=made, user=bob, role=Membership.Role.EDITOR)
    return made


def make(client: Client, work: Conversation, prompt: str = "A lamp", **wish: Any) -> list[dict[str, Any]]:
    answer = asked(client, work, prompt, **wish)
    assert answer.status_code == 201, answer.content
    turns: list[dict[str, Any]] = answer.json()["turns"]
    return turns


def asked(client: Client, work: Conversation, prompt: str = "A lamp", **wish: Any) -> Any:
    return post(client, f"/studio/{work.pk}/make/", {"prompt": prompt, **wish})


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, data=json.dumps(body), content_type="application/json")


def painted(turn: dict[str, Any], **columns: Any) -> File:
    """End a turn with one picture as its runner would, without one."""
    response = Response.objects.get(pk=turn["id"])
    file = File.objects.create(
        conversation=response.conversation,
        response=response,
        purpose=File.Purpose.RESULT,
        media_type="image/png",
        size=3,
        sha256=f"{response.pk:064}",
        **({"width": 64, "height": 64} | columns),
    )
    payload = {"type": "image_generation_call", "status": "completed", "result": file.reference}
    Item.objects.create(
        conversation=response.conversation,
        response=response,
        direction=Item.Direction.OUTPUT,
        index=0,
        type="image_generation_call",
        payload=payload,
    )
    response.status, response.done_at, response.provider_id = "completed", timezone.now(), f"resp_{response.pk}"
    response.save()
    return file


def uploaded(user: User, **columns: Any) -> File:
    values = {"purpose": "upload", "media_type": "image/png", "size": 3, "sha256": "a" * 64} | columns
    return File.objects.create(owner=user, **values)


def test_a_work_is_a_conversation_whose_chat_draws_too(work: Conversation) -> None:
    assert work.kind == Conversation.Kind.WORK
    assert work.model == "demo"
    assert work.offered["hosted"] == ["image_generation"]


def test_a_prompt_queues_a_response_with_the_tool(as_alice: Client, work: Conversation) -> None:
    [turn] = make(as_alice, work, "A lamp", options={"size": "1024x1536", "quality": "low", "partial_images": 3})
    response = Response.objects.get(pk=turn["id"])
    assert response.options["tools"] == [TOOL | {"size": "1024x1536", "quality": "low", "partial_images": 3}]
    assert response.options["tool_choice"] == TOOL
    assert turn["input"][0]["payload"]["content"] == [{"type": "input_text", "text": "A lamp"}]
    assert turn["making"]["partial_images"] == 3


def test_several_results_stand_beside_each_other(as_alice: Client, work: Conversation) -> None:
    turns = make(as_alice, work, results=3)
    assert [turn["previous"] for turn in turns] == [None, None, None]
    assert len({turn["branch"] for turn in turns}) == 3


def test_an_edit_goes_on_from_the_response_that_made_its_parent(as_alice: Client, work: Conversation) -> None:
    [first] = make(as_alice, work)
    parent = painted(first)
    edits = make(as_alice, work, "Make it green", parent=parent.pk, results=2)
    assert [turn["previous"] for turn in edits] == [first["id"], first["id"]]
    assert [turn["making"]["parent"] for turn in edits] == [parent.pk, parent.pk]
    # The chain says which picture is meant
    assert [len(turn["input"][0]["payload"]["content"]) for turn in edits] == [1, 1]


def test_an_older_version_can_be_changed_again(as_bob: Client, as_alice: Client, work: Conversation) -> None:
    [first] = make(as_alice, work)
    parent = painted(first)
    painted(make(as_alice, work, "Green", parent=parent.pk)[0])
    [other] = make(as_bob, work, "Red", parent=parent.pk)
    assert (other["previous"], other["input"][0]["author"]["name"]) == (first["id"], "Bob")


def test_references_go_along_in_the_order_of_the_api(as_alice: Client, alice: User, work: Conversation) -> None:
    files = [uploaded(alice), uploaded(alice, sha256="b" * 64)]
    [turn] = make(as_alice, work, "A still life", references=[file.pk for file in files])
    content = Response.objects.get(pk=turn["id"]).items.get().payload["content"]
    assert [part["type"] for part in content] == ["input_text", "input_image", "input_image"]
    assert [part["image_url"]["$file"] for part in content[1:]] == [file.pk for file in files]
    assert set(File.objects.filter(pk__in=[file.pk for file in files]).values_list("conversation", flat=True)) == {
        work.pk
    }


def test_a_partial_image_can_be_gone_on_from(as_alice: Client, work: Conversation) -> None:
    [first] = make(as_alice, work)
    painted(first)
    partial = File.objects.create(
        conversation=work, response_id=first["id"], purpose="partial", media_type="image/png", size=3, sha256="c" * 64
    )
    [turn] = make(as_alice, work, "Finish it", parent=partial.pk)
    assert turn["previous"] is None
    content = Response.objects.get(pk=turn["id"]).items.get().payload["content"]
    assert content[1]["image_url"]["$file"] == partial.pk


def test_a_turn_of_the_chat_is_a_version_too(as_alice: Client, work: Conversation) -> None:
    [first] = make(as_alice, work)
    painted(first)
    sent = post(as_alice, f"/conversations/{work.pk}/messages/", {"text": "Draw it in blue"}).json()["turn"]
    state = as_alice.get(f"/studio/{work.pk}/state/").json()
    assert [turn["status"] for turn in state["turns"]] == ["completed", "queued"]
    painted(sent)
    state = as_alice.get(f"/studio/{work.pk}/state/").json()
    assert [turn["id"] for turn in state["turns"]] == [first["id"], sent["id"]]
    assert [sent["id"], first["id"]] in state["links"]


def test_a_version_becomes_the_main_one(as_alice: Client, work: Conversation) -> None:
    [first] = make(as_alice, work)
    parent = painted(first)
    painted(make(as_alice, work, "Green", parent=parent.pk)[0])
    answer = post(as_alice, f"/studio/{work.pk}/versions/{parent.pk}/", {"main": True}).json()
    work.refresh_from_db()
    assert work.branch_id == answer["branch"]
    assert Branch.objects.get(pk=answer["branch"]).head_id == first["id"]
    sent = post(as_alice, f"/conversations/{work.pk}/messages/", {"text": "And now in blue"}).json()["turn"]
    assert sent["previous"] == first["id"]


def test_a_version_has_a_name_and_votes_that_everybody_is_told(
    as_alice: Client, as_bob: Client, bob: User, work: Conversation
) -> None:
    [first] = make(as_alice, work)
    made = painted(first)
    assert post(as_alice, f"/studio/{work.pk}/versions/{made.pk}/", {"name": "Ivory  shade"}).status_code == 200
    post(as_bob, f"/studio/{work.pk}/versions/{made.pk}/", {"liked": True})
    post(as_bob, f"/studio/{work.pk}/versions/{made.pk}/", {"liked": True})
    [turn] = as_alice.get(f"/studio/{work.pk}/state/").json()["turns"]
    assert turn["pictures"] == {made.pk: {"name": "Ivory shade", "number": None, "liked_by": [bob.pk], "gone": False}}
    assert Fact.objects.filter(conversation=work, kind="response.updated").count() == 3
    post(as_bob, f"/studio/{work.pk}/versions/{made.pk}/", {"liked": False})
    assert not Favourite.objects.exists()


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"prompt": "  "}, 400, "empty"),
        ({"prompt": "a" * 32_001}, 413, "too_long"),
        ({"prompt": 7}, 400, "prompt"),
        ({"results": 0}, 400, "results"),
        ({"results": 9}, 400, "results"),
        ({"results": "two"}, 400, "results"),
        ({"results": True}, 400, "results"),
        ({"model": "dall-e-2"}, 400, "model"),
        ({"options": []}, 400, "options"),
        ({"options": {"n": 3}}, 400, "options.n"),
        ({"options": {"size": "1000x1000"}}, 400, "options.size"),
        ({"options": {"size": "16x1024"}}, 400, "options.size"),
        ({"options": {"size": "4096x4096"}}, 400, "options.size"),
        ({"options": {"quality": "best"}}, 400, "options.quality"),
        ({"options": {"quality": ["low"]}}, 400, "options.quality"),
        ({"options": {"background": "transparent", "output_format": "jpeg"}}, 400, "options.background"),
        ({"options": {"output_format": "webp", "output_compression": 101}}, 400, "options.output_compression"),
        ({"options": {"partial_images": 4}}, 400, "options.partial_images"),
        ({"parent": "file_unknown"}, 404, "not_found"),
        ({"references": ["file_unknown"]}, 404, "file_gone"),
        ({"references": [{}]}, 404, "file_gone"),
        ({"references": ["file_x"] * 21}, 400, "attached"),
        ({"mask": "file_unknown"}, 400, "mask"),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(
    as_alice: Client, work: Conversation, wish: dict[str, Any], status: int, code: str
) -> None:
    refused = asked(as_alice, work, **({"prompt": "A lamp"} | wish))
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert not Response.objects.exists()


def test_a_picture_of_another_conversation_is_no_parent(
    as_alice: Client, alice: User, work: Conversation, conversation: Conversation
) -> None:
    elsewhere = File.objects.create(
        conversation=conversation, purpose="result", media_type="image/png", size=3, sha256="d" * 64
    )
    assert asked(as_alice, work, parent=elsewhere.pk).status_code == 404
    assert len(make(as_alice, work, references=[elsewhere.pk])) == 1


def test_pictures_of_others_are_no_references(
    as_alice: Client, charlie: User, work: Conversation, conversation: Conversation
) -> None:
    theirs = uploaded(charlie)
    assert asked(as_alice, work, references=[theirs.pk]).status_code == 404


def test_a_file_that_is_no_picture_is_no_reference(as_alice: Client, alice: User, work: Conversation) -> None:
    text = uploaded(alice, media_type="text/plain")
    assert asked(as_alice, work, references=[text.pk]).json()["error"]["code"] == "references"
    text.refresh_from_db()
    assert text.conversation_id is None


def test_the_same_press_twice_is_one(as_alice: Client, work: Conversation) -> None:
    first = make(as_alice, work, results=2, client_id="press-1")
    again = make(as_alice, work, results=2, client_id="press-1")
    assert [turn["id"] for turn in again] == [turn["id"] for turn in first]


def masked(user: User, size: tuple[int, int] = (64, 64)) -> tuple[File, File]:
    """A picture of the person's own and a mask for it."""
    clear = Image.new("RGBA", size, (0, 0, 0, 255))
    clear.paste((0, 0, 0, 0), (8, 8, 24, 24))
    pictures = (made.picture(size=size), made.encoded(clear, "PNG"))
    picture, mask = (files.store_upload(user, io.BytesIO(content), name="lamp.png") for content in pictures)
    return picture, mask


def test_a_mask_goes_into_the_tool_and_the_picture_along_and_the_rest_is_locked(
    as_alice: Client, alice: User, work: Conversation
) -> None:
    picture, mask = masked(alice)
    edits = make(as_alice, work, "A cat", parent=picture.pk, mask=mask.pk, feather=8, results=2)
    for turn in edits:
        response = Response.objects.get(pk=turn["id"])
        assert response.options["tools"][0]["input_image_mask"]["image_url"]["$file"] == mask.pk
        assert [part["type"] for part in turn["input"][0]["payload"]["content"]] == ["input_text", "input_image"]
        lock = PixelLock.objects.get(response=response)
        assert (lock.original_id, lock.mask_id, lock.feather) == (picture.pk, mask.pk, 8)
    mask.refresh_from_db()
    assert mask.conversation_id == work.pk


def test_a_larger_canvas_stands_for_the_picture_that_it_came_from(
    as_alice: Client, alice: User, work: Conversation
) -> None:
    parent = painted(make(as_alice, work)[0])
    picture, _ = masked(alice)
    grown = post(as_alice, f"/files/{picture.pk}/canvas/", {"sides": [0, 0, 64, 0]}).json()
    assert (grown["picture"]["width"], grown["picture"]["height"]) == (128, 64)
    wish = {"mask": grown["mask"]["id"], "canvas": grown["picture"]["id"], "feather": 0}
    [turn] = make(as_alice, work, "More sea", parent=parent.pk, **wish)
    assert (turn["making"]["parent"], turn["previous"]) == (parent.pk, parent.response_id)
    assert PixelLock.objects.get().original_id == grown["picture"]["id"]


@pytest.mark.parametrize("feather", [-1, 257, "8", True, 1.5])
def test_a_feather_that_is_none_is_refused(as_alice: Client, alice: User, work: Conversation, feather: Any) -> None:
    picture, mask = masked(alice)
    refused = asked(as_alice, work, parent=picture.pk, mask=mask.pk, feather=feather)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "feather")


def test_a_mask_of_another_size_is_refused_and_nothing_is_lost(
    as_alice: Client, alice: User, work: Conversation
) -> None:
    picture, _ = masked(alice)
    _, mask = masked(alice, (32, 32))
    refused = asked(as_alice, work, parent=picture.pk, mask=mask.pk, feather=8)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "mask_size")
    assert File.objects.unattached().filter(owner=alice).count() == 4
    assert not Response.objects.exists()


def test_the_same_wish_twice_is_locked_once(as_alice: Client, alice: User, work: Conversation) -> None:
    picture, mask = masked(alice)
    wish = {"parent": picture.pk, "mask": mask.pk, "feather": 8, "client_id": "one"}
    assert make(as_alice, work, **wish)[0]["id"] == make(as_alice, work, **wish)[0]["id"]
    assert PixelLock.objects.count() == 1


def test_a_comment_on_a_picture_is_seen_in_the_studio(as_alice: Client, as_bob: Client, work: Conversation) -> None:
    [turn] = make(as_alice, work)
    painted(turn)
    Item.objects.filter(response_id=turn["id"], direction="output").update(provider_id="ig_1")
    said = {"text": "The spines should catch less light.", "response": turn["id"], "output": "ig_1"}
    assert post(as_bob, f"/conversations/{work.pk}/notes/", said).status_code == 201
    post(as_bob, f"/conversations/{work.pk}/notes/", {"text": "Between the turns"})
    [note] = as_alice.get(f"/studio/{work.pk}/state/").json()["notes"]
    assert note["about"] == {"response": turn["id"], "output": "ig_1"}
    assert note["author"]["name"] == "Bob"
