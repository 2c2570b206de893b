"""What made a picture travels inside its file, and is read back as what somebody claims."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from conversations.intake import recipes
from conversations.models import Conversation, File, User
from tests.gallery.conftest import Paint
from tests.gallery.test_wall import titles
from tests.intake import made

pytestmark = pytest.mark.django_db
RECIPE = {"prompt": "A lamp <on> “walnut” & ash", "model": "demo", "parameters": {"size": "64x48", "compression": 80}}
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def downloaded(client: Client, file: File, asked: str = "") -> bytes:
    answer = client.get(f"/files/{file.pk}/download/{asked}")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    return answer.content


def uploaded(client: Client, content: bytes) -> dict[str, Any]:
    answer = client.post("/files/", content, content_type="application/octet-stream", headers={"X-File-Name": "a.png"})
    assert answer.status_code == 201
    return answer.json()["file"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": Image.Exif()}])
def test_every_form_of_picture_carries_a_recipe_and_stays_the_same_picture(kind: str, options: dict[str, Any]) -> None:
    image = Image.effect_noise((61, 47), 60).convert("RGBA" if kind != "JPEG" else "RGB")
    content = made.encoded(image, kind, **options)
    inside = recipes.written(content, KINDS[kind], RECIPE)
    assert inside != content
    before, after = made.opened(content), made.opened(inside)
    assert (after.format, after.size, after.mode) == (kind, before.size, before.mode)
    assert after.tobytes() == before.tobytes()
    assert recipes.read(io.BytesIO(inside), kind) == RECIPE | {"version": "1"}


def test_a_download_says_what_made_it_and_an_upload_of_it_shows_that(
    paint: Paint, as_alice: Client, as_bob: Client, conversation: Conversation
) -> None:
    lamp = paint("A lamp", revised="A green lamp")
    content = downloaded(as_alice, lamp)
    assert b"alice" not in content.lower()
    file = uploaded(as_bob, content)
    assert file["made_with"] == {
        "prompt": "A lamp",
        "revised_prompt": "A green lamp",
        "model": "demo",
        "parameters": {"size": "64x48", "quality": "high"},
        "version": "1",
    }
    File.objects.filter(pk=file["id"]).update(conversation=conversation)
    page = as_alice.get(f"/gallery/{file['id']}/").content.decode()
    assert "Made with, as the file itself says" in page
    assert "A green lamp" in page
    served = b"".join(as_alice.get(file["url"]).streaming_content)
    assert b"lamp" not in served  # what was uploaded is kept without metadata


def test_it_can_be_left_out_for_one_download_or_for_all_of_a_person(
    paint: Paint, as_alice: Client, alice: User
) -> None:
    lamp = paint("A lamp")
    plain = b"".join(as_alice.get(f"/files/{lamp.pk}/").streaming_content)
    assert downloaded(as_alice, lamp, "?recipe=0") == plain
    User.objects.filter(pk=alice.pk).update(recipes_in_files=False)
    assert downloaded(as_alice, lamp) == plain
    assert downloaded(as_alice, lamp, "?recipe=1") != plain


def test_the_wish_stands_in_the_settings(as_alice: Client, alice: User) -> None:
    assert "Write into pictures that I download what made them" in as_alice.get("/settings/").content.decode()
    as_alice.post("/settings/", {"name": "Alice", "theme": "system", "language": ""})
    alice.refresh_from_db()
    assert not alice.recipes_in_files


def test_a_long_prompt_is_cut_and_the_picture_stays_good() -> None:
    for kind, media_type in KINDS.items():
        recipe = {"prompt": "<" * 32_000, "revised_prompt": "ü" * 32_000, "model": "demo"}
        inside = recipes.written(made.picture(kind), media_type, recipe)
        made.opened(inside).load()
        found = recipes.read(io.BytesIO(inside), kind)
        assert found is not None
        assert len(found["prompt"]) > 5_000


def test_what_is_no_picture_is_handed_out_as_it_is() -> None:
    for media_type in (*KINDS.values(), "image/gif", "text/plain"):
        for content in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBPVP8 "):
            assert recipes.written(content, media_type, RECIPE) == content


def text_chunk(data: bytes) -> bytes:
    head = made.png(8, 8)
    whole = made.picture("PNG", (8, 8))
    return whole[: head.index(b"IHDR") + 21] + made.chunk(b"iTXt", data) + whole[head.index(b"IHDR") + 21 :]


CLAIMS = {
    "a list": b"[1]",
    "deeply nested": b"[" * 50_000,
    "numbers for words": b'{"prompt": 3, "model": {}}',
    "no JSON": b"\xff\xfe",
    "nothing": b"{}",
    "packed": b"",
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_that_makes_no_sense_is_none(as_alice: Client, name: str) -> None:
    content = text_chunk(b"Salon\x00\x00\x00\x00\x00" + CLAIMS[name])
    assert uploaded(as_alice, content)["made_with"] is None


def test_a_claim_is_words_and_is_shown_as_words(as_alice: Client, conversation: Conversation) -> None:
    claim = {"prompt": "<script>alert(1)</script>\x00", "parameters": {"size": "x" * 5000, "deep": {"a": 1}}}
    file = uploaded(as_alice, recipes.written(made.picture(), "image/png", claim))
    assert file["made_with"]["parameters"] == {"size": "x" * 100}
    File.objects.filter(pk=file["id"]).update(conversation=conversation)
    page = as_alice.get(f"/gallery/{file['id']}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert titles(as_alice, "?kind=uploaded") == ["a.png"]
