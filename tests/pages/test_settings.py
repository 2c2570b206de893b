"""What a person sets for themselves."""

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from conversations.models import User
from tests.conftest import PASSWORD

PROFILE = {"name": "Alice", "theme": "system", "language": ""}


def picture(form: str = "PNG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 1 if mode in {"P", "1"} else None).save(written, form, **options)
    return written.getvalue()


def upload(client: Client, content: bytes, name: str = "me.png", media_type: str = "image/png") -> Any:
    return client.post("/settings/", PROFILE | {"picture": SimpleUploadedFile(name, content, media_type)}, follow=True)


def kept_picture(person: User) -> bytes:
    """Return the bytes of the picture that is kept of this person."""
    person.refresh_from_db()
    with default_storage.open(str(person.avatar.name)) as file:
        return bytes(file.read())


def lightness(image: Image.Image, x: int, y: int) -> int:
    """Return a pixel's lightness, 0 to 255."""
    return image.convert("L").tobytes()[y * image.width + x]


def test_name_theme_and_language_are_kept(as_alice: Client, alice: User) -> None:
    as_alice.post("/settings/", {"name": "Alice Liddell", "theme": "dark", "language": "de"})

    alice.refresh_from_db()
    assert (alice.name, alice.theme, alice.language) == ("Alice Liddell", "dark", "de")
    page = as_alice.get("/").content.decode()
    assert '<html lang="de" data-theme="dark">' in page
    assert "Alice Liddell" in page


def test_without_a_choice_the_theme_is_the_devices_and_the_language_the_browsers(as_alice: Client) -> None:
    page = as_alice.get("/", headers={"Accept-Language": "de-AT,de;q=0.9"}).content.decode()
    assert '<html lang="de">' in page


def test_the_language_of_one_person_does_not_reach_the_next(as_alice: Client, as_bob: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    as_alice.get("/")
    assert '<html lang="en">' in as_bob.get("/").content.decode()


def test_a_page_that_does_not_exist_says_so_in_the_language_of_the_profile(as_alice: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    assert '<html lang="de"' in as_alice.get("/nowhere/").content.decode()


@pytest.mark.parametrize("change", [{"theme": "pink"}, {"language": "tlh"}, {"name": "x" * 81}])
def test_a_bad_value_changes_nothing_and_says_so(as_alice: Client, alice: User, change: dict[str, str]) -> None:
    answer = as_alice.post("/settings/", PROFILE | {"name": "Alicia"} | change)

    assert answer.status_code == 400
    assert 'class="problem"' in answer.content.decode()
    alice.refresh_from_db()
    assert (alice.name, alice.theme, alice.language) == ("Alice", "system", "")


def test_nobody_gives_themselves_power_or_another_address(as_alice: Client, alice: User) -> None:
    as_alice.post("/settings/", PROFILE | {"is_staff": "1", "is_superuser": "1", "email": "eve@example.com"})
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.email) == (False, False, "alice@example.com")


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("PNG", "1"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("GIF", "P")],
)
def test_a_picture_becomes_a_small_square(as_alice: Client, alice: User, form: str, mode: str) -> None:
    upload(as_alice, picture(form, mode=mode))

    with Image.open(io.BytesIO(kept_picture(alice))) as kept:
        assert (kept.format, kept.size) == ("WEBP", (256, 256))


def test_of_a_moving_picture_the_first_frame_is_kept(as_alice: Client, alice: User) -> None:
    written = io.BytesIO()
    first, *rest = (Image.new("RGB", (64, 64), colour) for colour in ("white", "black", "gray"))
    first.save(written, "GIF", save_all=True, append_images=rest)

    upload(as_alice, written.getvalue(), "me.gif", "image/gif")

    with Image.open(io.BytesIO(kept_picture(alice))) as kept:
        assert getattr(kept, "n_frames", 1) == 1
        assert lightness(kept, 128, 128) > 200


def test_nothing_but_the_pixels_of_a_picture_is_kept(as_alice: Client, alice: User) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6  # lies on its side
    sideways = Image.new("RGB", (300, 300), "white")
    sideways.paste("black", (0, 0, 300, 100))
    written = io.BytesIO()
    sideways.save(written, "JPEG", exif=exif, comment=b"taken at home", icc_profile=b"taken at home")

    upload(as_alice, written.getvalue() + b"<script>taken at home</script>", "me.jpg", "image/jpeg")

    kept = kept_picture(alice)
    assert b"taken at home" not in kept
    with Image.open(io.BytesIO(kept)) as upright:
        assert not upright.getexif()
        assert lightness(upright, 240, 128) < 60 < lightness(upright, 20, 128)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (SVG, "not a picture"),
        (b"<html>", "not a picture"),
        (b"", "empty"),
        (picture()[:60], "damaged"),
        (picture("JPEG")[:400], "damaged"),
        (picture("PNG", (8001, 10)), "too many pixels"),
        (picture("PNG", (7000, 7000), "1"), "too many pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * (2 * 1024 * 1024), "larger than 2 MB"),
        (picture("TIFF"), "not a picture"),
    ],
)
def test_what_is_no_fit_picture_gets_a_sentence(as_alice: Client, alice: User, content: bytes, sentence: str) -> None:
    answer = upload(as_alice, content)

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    alice.refresh_from_db()
    assert not alice.avatar


def test_a_new_picture_replaces_the_file_and_removing_deletes_it(as_alice: Client, alice: User) -> None:
    upload(as_alice, picture())
    alice.refresh_from_db()
    first = str(alice.avatar.name)
    upload(as_alice, picture("PNG", mode="RGBA"))
    alice.refresh_from_db()
    second = str(alice.avatar.name)
    assert not default_storage.exists(first)

    as_alice.post("/settings/", PROFILE | {"remove_picture": "on"})

    assert not default_storage.exists(second)
    alice.refresh_from_db()
    assert not alice.avatar


def test_pictures_of_people_are_served_to_who_is_signed_in(as_alice: Client, as_bob: Client, alice: User) -> None:
    upload(as_alice, picture())
    alice.refresh_from_db()
    address = f"/{alice.avatar.name}"

    answer = as_bob.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert Client().get(address).status_code == 302
    assert as_bob.get(f"/avatars/{'0' * 32}.webp").status_code == 404
    assert as_bob.get("/avatars/../secret_key").status_code == 404


def test_signing_out_everywhere_keeps_only_this_window(alice: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.login(email=alice.email, password=PASSWORD)

    answer = here.post("/settings/sign-out-everywhere/", follow=True)

    assert "You are signed out everywhere but here." in answer.content.decode()
    assert there.get("/settings/").status_code == 302


def test_the_switch_in_the_sidebar_keeps_the_theme_and_goes_back(as_alice: Client, alice: User) -> None:
    answer = as_alice.post("/settings/theme/", {"theme": "dark", "next": "/?archived=1"})
    alice.refresh_from_db()
    assert (alice.theme, answer.headers["Location"]) == ("dark", "/?archived=1")
    assert as_alice.post("/settings/theme/", {"theme": "dark", "next": "//evil.example"}).headers["Location"] == "/"
    assert as_alice.post("/settings/theme/", {"theme": "pink"}).status_code == 400
