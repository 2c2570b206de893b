"""Personas of the team: a conversation begins with one, and notes in which version."""

from __future__ import annotations

from django.test import Client

from conversations.models import Conversation, Persona, User

LAMPS = {
    "title": "Lamplighter",
    "description": "Knows lamps",
    "instructions": "Speak of lamps.",
    "model": "",
    "opening": "Good evening.",
    "suggestions": "Which lamp?\nHow high?",
    "shared": "on",
}


def keep(client: Client, **changes: str) -> Persona:
    answer = client.post("/personas/new/", {**LAMPS, **changes})
    assert answer.status_code == 302, answer.content
    return Persona.objects.latest("id")


def begin(client: Client, persona: Persona) -> Conversation:
    answer = client.post(f"/personas/{persona.pk}/begin/")
    assert answer.status_code == 302
    return Conversation.objects.get(pk=answer.headers["Location"].split("/")[2])


def test_a_conversation_begins_with_what_the_persona_says(as_alice: Client, as_bob: Client, bob: User) -> None:
    persona = keep(as_alice)
    conversation = begin(as_bob, persona)
    assert (conversation.created_by, conversation.instructions) == (bob, "Speak of lamps.")
    page = as_bob.get(f"/conversations/{conversation.pk}/").content.decode()
    for words in ("Good evening.", "Which lamp?", "version 1"):
        assert words in page


def test_a_conversation_keeps_the_version_that_it_began_with(as_alice: Client) -> None:
    persona = keep(as_alice)
    conversation = begin(as_alice, persona)
    as_alice.post(f"/personas/{persona.pk}/", {**LAMPS, "instructions": "Speak of windows."})
    conversation.refresh_from_db()
    assert (conversation.persona.number, conversation.instructions) == (1, "Speak of lamps.")
    assert begin(as_alice, persona).persona.number == 2


def test_tools_that_the_person_may_not_use_are_left_out(as_alice: Client, as_bob: Client) -> None:
    from conversations.models import FunctionTool
    from conversations.views.tools import offered

    alice = User.objects.get(name="Alice")
    name = next(tool["key"] for tool in offered(alice) if tool["kind"] == "functions")
    persona = keep(as_alice, tools=f"functions:{name}")
    assert begin(as_bob, persona).offered == {"functions": [name]}
    FunctionTool.objects.update_or_create(name=name, defaults={"everyone": False})
    assert begin(as_bob, persona).offered == {}


def test_a_private_persona_is_its_owners_alone(as_alice: Client, as_bob: Client) -> None:
    persona = keep(as_alice, shared="")
    assert as_bob.get(f"/personas/{persona.pk}/").status_code == 404
    assert as_bob.post(f"/personas/{persona.pk}/begin/").status_code == 404
    assert b"Lamplighter" not in as_bob.get("/personas/").content


def test_only_its_owner_and_administrators_change_a_shared_one(
    as_alice: Client, as_bob: Client, as_admin: Client
) -> None:
    persona = keep(as_alice)
    assert as_bob.post(f"/personas/{persona.pk}/", LAMPS).status_code == 403
    assert as_bob.post(f"/personas/{persona.pk}/delete/").status_code == 403
    assert as_admin.post(f"/personas/{persona.pk}/", LAMPS).status_code == 302


def test_a_conversation_outlives_its_persona(as_alice: Client) -> None:
    persona = keep(as_alice)
    conversation = begin(as_alice, persona)
    as_alice.post(f"/personas/{persona.pk}/delete/")
    assert b"Lamplighter" in as_alice.get(f"/conversations/{conversation.pk}/").content
    assert b"Lamplighter" not in as_alice.get("/personas/").content


def test_an_empty_conversation_offers_the_personas(as_alice: Client) -> None:
    keep(as_alice)
    page = as_alice.post("/conversations/", follow=True).content.decode()
    assert "Begin with a persona" in page
    assert "Lamplighter" in page


def test_a_model_that_is_not_offered_here_is_refused(as_alice: Client) -> None:
    assert as_alice.post("/personas/new/", {**LAMPS, "model": "unknown"}).status_code == 400
    assert not Persona.objects.exists()


def test_too_many_suggestions_are_refused_in_a_sentence(as_alice: Client) -> None:
    answer = as_alice.post("/personas/new/", {**LAMPS, "suggestions": "\n".join("abcdefg")})
    assert answer.status_code == 400
    assert "At most six suggestions" in answer.content.decode()


def test_what_is_hostile_stays_text(as_alice: Client) -> None:
    hostile = "</button><script>alert(1)</script>"
    persona = keep(as_alice, title=hostile, opening=hostile, suggestions=hostile, instructions=hostile)
    conversation = begin(as_alice, persona)
    for path in ("/personas/", f"/personas/{persona.pk}/", f"/conversations/{conversation.pk}/"):
        assert b"<script>alert" not in as_alice.get(path).content
