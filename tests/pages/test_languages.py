"""The interface in other languages: complete, and with the same places for names and numbers as in English."""

from __future__ import annotations

import re

import polib
import pytest
from django.test import Client

from webapp.env import BASE_DIR

CATALOGUES = sorted((BASE_DIR / "locale").glob("*/LC_MESSAGES/django.po"))
PLACES = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}|</?\w+")


@pytest.mark.django_db
def test_whose_browser_speaks_german_reads_german(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de"' in page.content.decode()
    assert "Anmelden" in page.content.decode()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_nothing_is_left_untranslated_and_every_place_for_a_name_is_kept(catalogue: object) -> None:
    entries = polib.pofile(str(catalogue))
    assert not [entry.msgid for entry in entries if not entry.translated()]
    odd = []
    for entry in entries:
        asked = {*PLACES.findall(entry.msgid), *PLACES.findall(entry.msgid_plural)}
        for said in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            if not set(PLACES.findall(said)) <= asked or (
                not entry.msgid_plural and set(PLACES.findall(said)) != asked
            ):
                odd.append((entry.msgid, said))
    assert odd == []


def test_there_is_a_catalogue_of_each_language_that_is_offered() -> None:
    from django.conf import settings

    assert {path.parts[-3] for path in CATALOGUES} == {code for code, _ in settings.LANGUAGES} - {"en"}
