"""Prompts of the team: kept, found, versioned, with variables that are asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from conversations.models import Prompt, User
from conversations.prompts import BadPrompt, pieces

TEXT = "Review {{ work }} for {{ reader : choice : experts | everybody }} by {{ day : date }}.\n{{ notes : long }}"


def keep(client: Client, title: str = "Review", text: str = TEXT, **sent: str) -> Prompt:
    answer = client.post("/prompts/new/", {"title": title, "text": text} | sent)
    assert answer.status_code == 302, answer.content
    return Prompt.objects.latest("id")


def offered(client: Client, query: str = "") -> list[dict[str, Any]]:
    return json.loads(client.get("/prompts/offered/", {"q": query}).content)["prompts"]


def test_a_prompt_is_offered_with_what_it_asks_for(as_alice: Client) -> None:
    keep(as_alice)
    (found,) = offered(as_alice)
    variables = [piece for piece in found["pieces"] if isinstance(piece, dict)]
    assert [(one["name"], one["kind"]) for one in variables] == [
        ("work", "text"),
        ("reader", "choice"),
        ("day", "date"),
        ("notes", "long"),
    ]
    assert variables[1]["choices"] == ["experts", "everybody"]
    assert found["pieces"][0] == "Review "


def test_a_private_prompt_is_its_owners_alone(as_alice: Client, as_bob: Client) -> None:
    prompt = keep(as_alice)
    assert offered(as_bob) == []
    assert as_bob.get(f"/prompts/{prompt.pk}/").status_code == 404
    assert b"Review" not in as_bob.get("/prompts/").content


def test_a_shared_prompt_is_used_by_all_and_changed_by_its_owner_and_administrators(
    as_alice: Client, as_bob: Client, as_admin: Client
) -> None:
    prompt = keep(as_alice, shared="on")
    assert len(offered(as_bob)) == 1
    change = {"title": "Mine now", "text": "x"}
    assert as_bob.post(f"/prompts/{prompt.pk}/", change).status_code == 403
    assert as_bob.post(f"/prompts/{prompt.pk}/delete/").status_code == 403
    assert as_admin.post(f"/prompts/{prompt.pk}/", change | {"shared": "on"}).status_code == 302
    assert offered(as_bob)[0]["title"] == "Mine now"


def test_an_administrator_does_not_see_private_prompts(as_alice: Client, as_admin: Client) -> None:
    prompt = keep(as_alice)
    assert as_admin.get(f"/prompts/{prompt.pk}/").status_code == 404


def test_every_change_is_a_version_and_an_older_one_can_be_the_newest_again(as_alice: Client) -> None:
    prompt = keep(as_alice, text="First words")
    as_alice.post(f"/prompts/{prompt.pk}/", {"title": "Review", "text": "Second words"})
    page = as_alice.get(f"/prompts/{prompt.pk}/", {"version": "1"}).content.decode()
    assert "First words" in page
    as_alice.post(f"/prompts/{prompt.pk}/", {"title": "Review", "text": "First words"})
    assert [row.text for row in prompt.versions.order_by("number")] == ["First words", "Second words", "First words"]
    assert offered(as_alice)[0]["pieces"] == ["First words"]


def test_prompts_are_found_by_title_and_by_what_they_say_now(as_alice: Client) -> None:
    prompt = keep(as_alice, title="Weekly report", text="Tell of lamps")
    as_alice.post(f"/prompts/{prompt.pk}/", {"title": "Weekly report", "text": "Tell of windows"})
    keep(as_alice, title="Other", text="Something else")
    assert [row["title"] for row in offered(as_alice, "week")] == ["Weekly report"]
    assert [row["title"] for row in offered(as_alice, "windows")] == ["Weekly report"]
    assert offered(as_alice, "lamps") == []
    assert b"Weekly report" in as_alice.get("/prompts/", {"q": "windows"}).content


def test_a_deleted_prompt_is_offered_no_more(as_alice: Client) -> None:
    prompt = keep(as_alice)
    assert as_alice.post(f"/prompts/{prompt.pk}/delete/").status_code == 302
    assert offered(as_alice) == []
    assert as_alice.get(f"/prompts/{prompt.pk}/").status_code == 404


@pytest.mark.parametrize(
    "text",
    ["{{ a : colour }}", "{{ a : choice : one }}", "{{ <b> }}", "{{ a : date }} {{ a : long }}", "{{ : }}"],
)
def test_a_variable_that_cannot_be_asked_for_is_refused_in_a_sentence(text: str, as_alice: Client) -> None:
    with pytest.raises(BadPrompt):
        pieces(text)
    answer = as_alice.post("/prompts/new/", {"title": "Bad", "text": text})
    assert answer.status_code == 400
    assert not Prompt.objects.exists()


@pytest.mark.parametrize("text", ["no variables", "{ one brace }", "{{}}", "{{ a }} {{ a }}", "{{{ a }}}", "}} {{"])
def test_other_braces_are_words(text: str) -> None:
    assert "".join(piece if isinstance(piece, str) else "…" for piece in pieces(text))


def test_what_is_hostile_stays_text(as_alice: Client, alice: User) -> None:
    keep(as_alice, title="<script>alert(1)</script>", text="</textarea><script>alert(2)</script>")
    prompt = Prompt.objects.get()
    for path in ("/prompts/", f"/prompts/{prompt.pk}/"):
        assert b"<script>alert" not in as_alice.get(path).content


@pytest.mark.parametrize(
    "sent", [{}, {"title": "x"}, {"title": "\x00", "text": "\x00"}, {"title": "x" * 81, "text": "y"}]
)
def test_bad_input_is_a_form_again(sent: dict[str, str], as_alice: Client) -> None:
    assert as_alice.post("/prompts/new/", sent).status_code == 400
