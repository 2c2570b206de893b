"""Files in an object store: private there, checked by Salon at each fetch, then opened by a link for some minutes."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from azure.storage.blob import BlobServiceClient
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.fixtures import Settings

from conversations import contents
from conversations.actions.files import store_upload, take_back
from conversations.errors import Refused
from conversations.models import File, User
from tests.intake import made
from webapp.storage import storage

AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Everybody's: it stands in Azurite's own documentation."""
NAVIGATES = {"Sec-Fetch-Mode": "navigate"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["azure", "s3"])
def store(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """Salon with its files in a store of this kind; its origin."""
    address = os.environ.get(f"SALON_TEST_{request.param.upper()}")
    if not address:
        pytest.skip(f"needs a server that plays {request.param}: make test-services starts one where it is installed")
    if request.param == "azure":
        client = BlobServiceClient(address, credential={"account_name": "devstoreaccount1", "account_key": AZURITE_KEY})
        if not client.get_container_client("salon").exists():
            client.create_container("salon")
        monkeypatch.setenv("SALON_STORAGE", f"azure://devstoreaccount1/salon/team?endpoint={address}")
        monkeypatch.setenv("AZURE_STORAGE_KEY", AZURITE_KEY)
    else:
        keys = {"aws_access_key_id": "salon", "aws_secret_access_key": "secret"}
        boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys).create_bucket(Bucket="salon")
        monkeypatch.setenv("SALON_STORAGE", f"s3://salon/team?endpoint={address}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "salon")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    chosen = storage(Path())
    settings.STORAGES = {**settings.STORAGES, "default": chosen.backend}
    return chosen.origin


@pytest.fixture
def picture(store: str, alice: User) -> File:
    with BytesIO(made.picture("PNG", (40, 30))) as source:
        return store_upload(alice, source, name="Lamp “on walnut”.png")


def fetched(address: str) -> tuple[bytes, Any]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read(), answer.headers


def test_bytes_go_through_the_store_and_come_back(picture: File) -> None:
    assert default_storage.size(picture.storage_name) == picture.size
    assert contents.read(picture).startswith(b"\x89PNG")


def test_a_person_who_may_see_it_is_led_to_a_link_that_opens_it(store: str, picture: File, as_alice: Client) -> None:
    answer = as_alice.get(f"/files/{picture.pk}/", headers=NAVIGATES)
    assert answer.status_code == 302
    assert answer["Location"].startswith(store + "/")
    content, headers = fetched(answer["Location"])
    assert content == contents.read(picture)
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"].startswith("inline")
    assert int(answer["Cache-Control"].rpartition("=")[2]) < 600


def test_what_is_no_picture_comes_from_the_store_as_a_download(store: str, alice: User, as_alice: Client) -> None:
    with BytesIO(b"<html><script>alert(1)</script>") as source:
        page = store_upload(alice, source, name="page.html")
    _, headers = fetched(as_alice.get(f"/files/{page.pk}/", headers=NAVIGATES)["Location"])
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")


def test_somebody_else_gets_no_link(picture: File, as_charlie: Client) -> None:
    assert as_charlie.get(f"/files/{picture.pk}/", headers=NAVIGATES).status_code == 404


def test_without_a_signature_the_store_gives_nothing(picture: File, as_alice: Client) -> None:
    address = as_alice.get(f"/files/{picture.pk}/", headers=NAVIGATES)["Location"].partition("?")[0]
    if os.environ.get("SALON_TEST_S3", "-") in address:
        pytest.skip("moto asks nobody for a signature")
    with pytest.raises(urllib.error.HTTPError):
        fetched(address)


def test_a_page_that_reads_the_pixels_has_them_from_salon(picture: File, as_alice: Client) -> None:
    answer = as_alice.get(f"/files/{picture.pk}/", headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == contents.read(picture)


def test_links_can_be_switched_off(
    picture: File, as_alice: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("SALON_STORAGE_LINKS", "0")
    chosen = storage(Path())
    settings.STORAGES = {**settings.STORAGES, "default": chosen.backend}
    assert chosen.origin == ""
    assert as_alice.get(f"/files/{picture.pk}/", headers=NAVIGATES).status_code == 200


def test_the_bytes_go_with_the_last_file_that_has_them(picture: File, alice: User) -> None:
    take_back(alice, picture.pk)
    assert not default_storage.exists(picture.storage_name)
    with pytest.raises(FileNotFoundError):
        contents.opened(picture)


def test_a_store_that_is_away_is_a_sentence_and_not_ready(
    store: str, alice: User, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    nowhere = "http://127.0.0.1:9/devstoreaccount1"
    named = os.environ["SALON_STORAGE"].partition("?")[0]
    monkeypatch.setenv("SALON_STORAGE", f"{named}?endpoint={nowhere}")
    settings.STORAGES = {**settings.STORAGES, "default": storage(Path()).backend}
    with BytesIO(made.picture("PNG", (8, 8))) as source, pytest.raises(Refused) as refused:
        store_upload(alice, source, name="lamp.png")
    assert refused.value.status == 503
    assert not File.objects.exists()
    assert client.get("/readyz").json()["storage"] in {"down", "slow"}
