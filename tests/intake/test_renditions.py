"""Smaller copies of pictures: made apart from requests, whatever the picture is, and gone with it."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image

from conversations.models import Branch, Conversation, File, Rendition, Response, User
from conversations.models.rendition import SIDES, rendition_name
from conversations.renditions import make_all
from conversations.turns import blobs
from tests.intake import made

pytestmark = pytest.mark.django_db


@pytest.fixture
def response(conversation: Conversation, alice: User) -> Response:
    branch = Branch.objects.create(conversation=conversation, created_by=alice)
    return Response.objects.create(conversation=conversation, branch=branch, created_by=alice)


def result(response: Response, content: bytes) -> File:
    """A picture as the provider sent it: kept as it came."""
    return File.objects.get(pk=blobs.store(content, response, File.Purpose.RESULT)["$file"])


def shown(client: Client, file: File, side: int) -> tuple[Any, bytes]:
    answer = client.get(f"/files/{file.pk}/size/{side}/")
    return answer, b"".join(answer.streaming_content)


def test_until_a_copy_is_made_the_picture_itself_is_shown_and_not_remembered(
    response: Response, as_alice: Client
) -> None:
    file = result(response, made.noise())
    answer, content = shown(as_alice, file, 320)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/png", "private, no-cache")
    assert made.opened(content).size == (1600, 1200)
    assert make_all() == 1
    answer, content = shown(as_alice, file, 320)
    assert (answer["Content-Type"], made.opened(content).size) == ("image/webp", (320, 240))
    assert answer["Cache-Control"] == "private, max-age=86400, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_copy_is_never_larger_than_the_picture(response: Response, as_alice: Client) -> None:
    file = result(response, made.picture(size=(500, 1000)))
    make_all()
    assert [made.opened(shown(as_alice, file, side)[1]).size for side in SIDES] == [(160, 320), (320, 640), (500, 1000)]


def test_a_small_picture_has_one_copy_of_its_own_size(response: Response, as_alice: Client) -> None:
    file = result(response, made.picture(size=(64, 32)))
    make_all()
    assert Rendition.objects.get().sides == [320]
    assert made.opened(shown(as_alice, file, 1280)[1]).size == (64, 32)


@pytest.mark.parametrize("kind", ["turned", "print", "deep", "moving", "glass", "palette"])
def test_a_copy_stands_upright_in_the_colours_of_the_web(response: Response, as_alice: Client, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green")]
    content = {
        "turned": made.encoded(Image.new("RGB", (40, 60), "red"), "JPEG", exif=exif),
        "print": made.encoded(Image.new("CMYK", (60, 40), (0, 255, 255, 0)), "JPEG"),
        "deep": made.encoded(Image.new("I;16", (60, 40), 65_535), "PNG"),
        "moving": made.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "glass": made.encoded(Image.new("RGBA", (60, 40), (255, 0, 0, 128)), "PNG"),
        "palette": made.encoded(Image.new("RGB", (60, 40), "red").quantize(8), "PNG", transparency=3),
    }[kind]
    file = result(response, content)
    make_all()
    copy = made.opened(shown(as_alice, file, 320)[1])
    assert (copy.size, copy.format, getattr(copy, "n_frames", 1)) == ((60, 40), "WEBP", 1)
    assert copy.mode == ("RGBA" if kind == "glass" else "RGB")
    assert copy.convert("RGB").getpixel((30, 20))[0] > 200
    assert not copy.getexif()


BAD = {
    "too many pixels": made.png(30_000, 30_000),
    "a bomb": made.png(6_000, 6_000, data=b"\x78\x9c" + b"\x00" * 200),
    "cut short": made.noise("JPEG", (400, 300))[:2000],
    "a page behind a picture's head": b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", BAD)
def test_of_what_is_no_good_picture_there_are_no_copies_and_it_is_not_tried_again(
    response: Response, as_alice: Client, name: str
) -> None:
    file = File.objects.create(
        conversation=response.conversation, response=response, purpose="result", media_type="image/png", size=1,
        sha256=f"{abs(hash(name)):064x}",
    )  # fmt: skip
    default_storage.save(file.storage_name, BytesIO(BAD[name]))  # type: ignore[arg-type]
    shown(as_alice, file, 320)
    assert make_all() == 1
    assert Rendition.objects.get().sides == []
    assert make_all() == 0
    answer, content = shown(as_alice, file, 320)
    assert content == BAD[name]
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "image/png")


def test_partial_images_have_none(response: Response) -> None:
    blobs.store(made.picture(), response, File.Purpose.PARTIAL)
    assert make_all() == 0


def test_an_upload_has_copies_too_and_they_go_with_it(as_alice: Client) -> None:
    answer = as_alice.post("/files/", made.noise(), content_type="application/octet-stream")
    file = File.objects.get(pk=answer.json()["file"]["id"])
    make_all()
    names = [rendition_name(file.sha256, side) for side in SIDES]
    assert all(map(default_storage.exists, names))
    as_alice.post(f"/files/{file.pk}/remove/")
    assert not any(map(default_storage.exists, names))
    assert not Rendition.objects.exists()


def test_a_picture_that_was_kept_by_an_older_version_gets_copies_when_somebody_looks(
    response: Response, as_alice: Client
) -> None:
    file = result(response, made.noise())
    Rendition.objects.all().delete()
    shown(as_alice, file, 320)
    assert make_all() == 1


def test_a_page_or_another_side_has_no_sizes(as_alice: Client) -> None:
    answer = as_alice.post("/files/", b"words", content_type="application/octet-stream", headers={"X-File-Name": "a"})
    file = answer.json()["file"]
    assert as_alice.get(f"{file['url']}size/320/").status_code == 404
    picture = as_alice.post("/files/", made.picture(), content_type="application/octet-stream").json()["file"]
    assert as_alice.get(f"{picture['url']}size/321/").status_code == 404


def test_what_another_runner_makes_is_left_to_it_until_its_lease_ends(response: Response) -> None:
    result(response, made.picture())
    Rendition.objects.update(attempts=1, lease_until=timezone.now() + timedelta(minutes=1))
    assert make_all() == 0
    Rendition.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert make_all() == 1
