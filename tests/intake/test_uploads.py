"""Files that people upload: told by their bytes, written anew, kept once, and nobody else's."""

from __future__ import annotations

import errno
import resource
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.test import Client
from PIL import Image, ImageCms

from conversations.actions import files
from conversations.intake.kinds import BadFile
from conversations.intake.workshop import Workshop
from conversations.models import File, User
from tests.intake import made

pytestmark = pytest.mark.django_db


def upload(client: Client, content: bytes, name: str = "file", **headers: str) -> Any:
    sent = {"X-File-Name": quote(name), **headers}
    return client.post("/files/", data=content, content_type="application/octet-stream", headers=sent)


def stored(client: Client, content: bytes, name: str = "file") -> tuple[dict[str, Any], bytes]:
    """Upload; return what the composer is told, and what is served afterwards."""
    answer = upload(client, content, name)
    assert answer.status_code == 201, answer.content
    file = answer.json()["file"]
    return file, b"".join(client.get(file["url"]).streaming_content)


def kept() -> set[str]:
    """Every file below the folder of the data that is a content, and every temporary one."""
    found = {str(path) for path in Path(settings.DATA).rglob("*") if path.is_file()}
    return {path for path in found if "sqlite3" not in path and "/logs/" not in path}


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_a_picture_keeps_its_kind_and_loses_what_is_not_a_pixel(as_alice: Client, kind: str, media_type: str) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "canary of the place", 6
    content = made.picture(kind, exif=exif) + b"<script>canary</script>"
    file, served = stored(as_alice, content, f"lamp.{kind.lower()}")
    assert (file["media_type"], file["width"], file["height"]) == (media_type, 80, 120)
    assert b"canary" not in served
    image = made.opened(served)
    assert (image.format, image.size, dict(image.getexif())) == (kind, (80, 120), {})


def test_colours_of_print_and_of_wide_screens_become_those_of_the_web(as_alice: Client) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    for image, options in (
        (Image.new("CMYK", (40, 40), (0, 255, 255, 0)), {}),
        (Image.new("RGB", (40, 40), "red"), {"icc_profile": b"no profile at all"}),
        (Image.new("RGB", (40, 40), "red"), {"icc_profile": profile.tobytes()}),
    ):
        served = made.opened(stored(as_alice, made.encoded(image, "JPEG", **options))[1])
        red, green, blue = served.convert("RGB").getpixel((20, 20))
        assert served.mode == "RGB"
        assert "icc_profile" not in served.info
        assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_sixteen_bits_become_eight_of_the_same_brightness(as_alice: Client) -> None:
    image = Image.new("I;16", (10, 10), 32_768)
    served = made.opened(stored(as_alice, made.encoded(image, "PNG"))[1])
    assert (served.mode, served.getpixel((5, 5))) == ("L", 128)


def test_of_a_moving_picture_the_first_frame_is_kept_and_that_is_said(as_alice: Client) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        content = made.encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        file, served = stored(as_alice, content)
        image = made.opened(served)
        assert (file["moving"], image.format, getattr(image, "n_frames", 1)) == (True, kind, 1)
        assert image.convert("RGB").getpixel((5, 5))[0] > 200
    assert stored(as_alice, made.gif_of_many_frames(200_000))[0]["moving"]


def test_a_large_picture_has_a_smaller_one_for_the_page(as_alice: Client) -> None:
    file, whole = stored(as_alice, made.noise())
    small = b"".join(as_alice.get(f"{file['url']}preview/").streaming_content)
    assert (made.opened(small).size, made.opened(small).format) == ((1024, 768), "WEBP")
    assert len(small) < len(whole) / 4
    tiny = stored(as_alice, made.picture())[0]
    assert made.opened(b"".join(as_alice.get(f"{tiny['url']}preview/").streaming_content)).size == (120, 80)


def test_a_pdf_is_looked_at_and_handed_out_as_a_download(as_alice: Client) -> None:
    file, served = stored(as_alice, made.pdf(7), "report.pdf")
    assert (file["media_type"], file["pages"], file["name"], served) == (
        "application/pdf",
        7,
        "report.pdf",
        made.pdf(7),
    )
    assert stored(as_alice, made.packed_pdf(31))[0]["pages"] == 31
    answer = as_alice.get(file["url"])
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_a_text_of_any_encoding_is_kept_as_utf_8(as_alice: Client, encoding: str) -> None:
    text = "Schöne Grüße aus Köln: die Straße führt über die Brücke zum großen Gebäude.\n" * 5
    file, served = stored(as_alice, text.encode(encoding), "brief.txt")
    assert (file["media_type"], served.decode()) == ("text/plain", text)


def test_a_page_is_a_text_like_any_other_and_never_shown_as_a_page(as_alice: Client) -> None:
    file, served = stored(as_alice, b"<!doctype html><script>alert(1)</script>", "page.html")
    answer = as_alice.get(file["url"])
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"].startswith("private")
    assert served.startswith(b"<!doctype")


@pytest.mark.parametrize("name", made.HOSTILE)
def test_a_hostile_file_is_refused_quickly_with_a_sentence_and_leaves_nothing(as_alice: Client, name: str) -> None:
    before = kept()
    began = time.monotonic()
    answer = upload(as_alice, made.HOSTILE[name], "lamp.png")
    assert time.monotonic() - began < 2
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["message"].endswith(".")
    assert kept() == before
    assert not File.objects.exists()


def test_what_takes_files_apart_is_bounded_in_memory_and_knows_no_secrets(as_alice: Client) -> None:
    for content in (made.noise(), *made.HOSTILE.values()):
        upload(as_alice, content)
    children = [child for child in psutil.Process().children() if "conversations.intake.child" in child.cmdline()]
    assert children
    for child in children:
        assert child.memory_info().rss < 500_000_000
        assert child.rlimit(psutil.RLIMIT_AS)[0] < 2_000_000_000
        assert not [name for name in child.environ() if "KEY" in name or "SALON" in name or "DATABASE" in name]


def test_a_file_that_keeps_its_process_busy_loses_it_and_the_next_one_is_opened() -> None:
    workshop = Workshop(1)
    large, given = made.png(7_000, 7_000, data=bytes(7_000 * 21_001)), b"a text"
    with TemporaryFile() as source, TemporaryFile() as target, TemporaryFile() as preview:
        source.write(large)
        with pytest.raises(BadFile, match="too long"):
            workshop.do("picture", [source, target, preview], seconds=0.2, kind="PNG")
    with TemporaryFile() as source, TemporaryFile() as target:
        source.write(given)
        assert workshop.do("text", [source, target], seconds=5)["encoding"] == "utf-8"


NAMES = {
    "../../etc/passwd": "passwd.png",
    "/etc/cron.d/lamp.png": "lamp.png",
    "C:\\Users\\Alice\\lamp.PNG": "lamp.PNG",
    "la\x00mp.png": "lamp.png",
    "lamp\u202egnp.exe": "lampgnp.png",
    "CON": "_CON.png",
    "nul.png": "_nul.png",
    "": "file.png",
    "...": "file.png",
    "photo.jpeg": "photo.png",
    "notes.v2": "notes.v2.png",
    "a\r\nSet-Cookie: x=y.png": "aSet-Cookie_ x=y.png",
    '<img src=x onerror="alert(1)">.png': "_img src=x onerror=_alert(1)__.png",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_what_people_see_and_nothing_else(as_alice: Client, name: str) -> None:
    file, _ = stored(as_alice, made.picture(), name)
    assert file["name"] == NAMES[name]
    digest = File.objects.get().sha256
    assert File.objects.get().storage_name == f"blobs/{digest[:2]}/{digest}"


def test_a_long_name_keeps_its_suffix(as_alice: Client) -> None:
    name = stored(as_alice, made.picture(), "ö" * 300 + ".png")[0]["name"]
    assert name.startswith("ööö")
    assert name.endswith(".png")
    assert len(name.encode()) <= 180


def test_the_same_content_is_kept_once_whatever_it_is_called(as_alice: Client, as_bob: Client) -> None:
    first, second = stored(as_alice, made.pdf(), "a.pdf")[0], stored(as_bob, made.pdf(), "b.pdf")[0]
    assert first["id"] != second["id"]
    [name] = {file.storage_name for file in File.objects.all()}
    as_alice.post(f"/files/{first['id']}/remove/", content_type="application/json")
    assert as_bob.get(second["url"]).status_code == 200
    as_bob.post(f"/files/{second['id']}/remove/", content_type="application/json")
    assert not File.objects.exists()
    assert not default_storage.exists(name)


def test_a_limit_counts_the_bytes_that_come_whatever_was_announced(as_alice: Client, settings: Any) -> None:
    settings.SALON_UPLOAD_LIMIT = 1024 * 1024
    answer = upload(as_alice, made.noise(size=(1400, 1400)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert not File.objects.exists()


def test_a_form_is_told_what_is_wanted(as_alice: Client) -> None:
    answer = as_alice.post("/files/", {"file": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "form")


def test_so_many_uploads_may_wait_and_no_more(as_alice: Client, alice: User) -> None:
    File.objects.bulk_create(
        File(id=f"file_{number}", owner=alice, purpose="upload", media_type="text/plain", size=1, sha256="0" * 64)
        for number in range(files.MOST_WAITING)
    )
    assert upload(as_alice, b"one more").status_code == 429


class FullDisk(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        with open(self.path("half"), "wb") as half:
            half.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")


class LostStore(FileSystemStorage):
    class ServiceError(Exception):
        """As the clients of object stores have them: no OSError."""

    def exists(self, name: str) -> bool:
        raise self.ServiceError("503 from the store, with a key in it")

    def _open(self, name: str, mode: str = "rb") -> Any:
        raise self.ServiceError("503 from the store, with a key in it")


@pytest.mark.parametrize(("store", "status", "code"), [(FullDisk, 507, "full"), (LostStore, 503, "storage")])
def test_a_store_that_fails_is_said_and_leaves_no_row(
    as_alice: Client, settings: Any, tmp_path: Path, store: type, status: int, code: str
) -> None:
    here = {"BACKEND": f"{__name__}.{store.__name__}", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": here}
    answer = upload(as_alice, made.picture())
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "key in it" not in answer.content.decode()
    assert not File.objects.exists()


def test_a_store_that_is_away_is_said_to_who_opens_a_file(as_alice: Client, settings: Any, tmp_path: Path) -> None:
    file, _ = stored(as_alice, made.picture())
    here = {"BACKEND": f"{__name__}.LostStore", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": here}
    assert as_alice.get(file["url"]).status_code == 503
    assert as_alice.get(f"{file['url']}preview/").status_code == 503


def test_a_disk_that_is_full_while_the_file_comes_is_said(as_alice: Client) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        answer = upload(as_alice, b"word " * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "full")
    assert not File.objects.exists()
