"""The interface in other languages: complete, and with the same places for names and numbers as in English."""

from __future__ import annotations

import json
import re

import polib
import pytest
from django.test import Client

from webapp.env import BASE_DIR

CATALOGUES = sorted((BASE_DIR / "locale").glob("*/LC_MESSAGES/*.po"))
SCRIPTS = BASE_DIR / "static" / "app"
MARKED = re.compile(r'\b(?:n|p)?gettext\(\s*((?:"(?:[^"\\]|\\.)*"\s*,?\s*)+)')
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
PLACES = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}|</?\w+")


@pytest.mark.django_db
def test_whose_browser_speaks_german_reads_german(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de"' in page.content.decode()
    assert "Anmelden" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "named"), [("de", True), ("en", False)])
def test_the_words_of_scripts_come_before_the_scripts(client: Client, language: str, named: bool) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": language}).content.decode()
    scripts = re.findall(r'<script type="module" src="[^"]*?/dist/([\w/]+)', page)
    assert scripts[: 1 + named] == ["words/de"] * named + ["app"]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: f"{path.parts[-3]} {path.stem}")
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


@pytest.mark.parametrize("catalogue", [path for path in CATALOGUES if path.stem == "djangojs"], ids=str)
def test_what_scripts_say_is_in_the_catalogue_and_nothing_else(catalogue: object) -> None:
    marked = set()
    for script in SCRIPTS.rglob("*.js"):
        for quoted in MARKED.findall(script.read_text()):
            marked |= {json.loads(text) for text in QUOTED.findall(quoted)}
    known = {
        text for entry in polib.pofile(str(catalogue)) for text in (entry.msgid, entry.msgid_plural, entry.msgctxt)
    }
    assert marked ^ (known - {"", None}) == set(), "scripts/translations.py extract brings them together"


def test_there_is_a_catalogue_of_each_language_that_is_offered() -> None:
    from django.conf import settings

    offered = {code for code, _ in settings.LANGUAGES} - {"en"}
    assert {(path.parts[-3], path.stem) for path in CATALOGUES} == {
        (code, domain) for code in offered for domain in ("django", "djangojs")
    }


def test_styles_name_sides_by_the_direction_of_the_text() -> None:
    """So a language that is written from the right needs no styles of its own."""
    sided = re.compile(
        r"^\s*(?:(?:margin|padding|border)-(?:left|right)|left|right|float):|text-align: (?:left|right)"
        r"|^\s*(?:margin|padding): [^\s,]+ ([^\s,]+) [^\s,]+ (?!\1;)[^\s,]+;"
    )
    styles = sorted((BASE_DIR / "static" / "css").glob("*.css"))
    lines = [(path.name, line) for path in styles for line in path.read_text().splitlines()]
    assert [found for found in lines if sided.search(found[1])] == []
