"""The team's schemas: strict, with a sentence that names the place of what is wrong; whose they are."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import AnswerSchema, Conversation, Response
from conversations.schemas import BadSchema, strict

pytestmark = pytest.mark.django_db

LAMPS = {
    "type": "object",
    "properties": {
        "lamps": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}


def save(client: Client, schema: Any = LAMPS, *, path: str = "new", name: str = "lamps", description: str = "") -> Any:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return client.post(f"/schemas/{path}/", {"name": name, "description": description, "schema": text})


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_what_nobody_has_to_think_about_is_filled_in(as_alice: Client) -> None:
    assert save(as_alice).status_code == 302
    kept = AnswerSchema.objects.get().schema
    assert (kept["required"], kept["additionalProperties"]) == (["lamps"], False)
    inner = kept["properties"]["lamps"]["items"]
    assert (inner["required"], inner["additionalProperties"]) == (["name"], False)


@pytest.mark.parametrize("wrapped", ["format", "json_schema", "schema"])
def test_what_is_copied_with_its_surroundings_is_understood(as_alice: Client, wrapped: str) -> None:
    assert save(as_alice, {wrapped: {"name": "x", "strict": True, "schema": LAMPS}}).status_code == 302
    assert "lamps" in AnswerSchema.objects.get().schema["properties"]


DEEP: dict[str, Any] = {"type": "string"}
for _ in range(40):
    DEEP = obj(inner=DEEP)
WRONG = {
    "a list": ([], "A schema is a JSON object"),
    "a list as the answer": ({"type": "array", "items": {"type": "string"}}, "must be an object"),
    "alternatives as the answer": ({"type": "object", "anyOf": []}, "cannot be “anyOf”"),
    "a property that may be missing": (obj(a={"type": "string"}) | {"required": []}, "“a” is not"),
    "other properties": (
        obj(a=obj(b={"type": "string"}) | {"additionalProperties": True}),
        "At properties.a: Other properties cannot be allowed",
    ),
    "an unknown type": (obj(a={"type": "text"}), "At properties.a: “type” is one of"),
    "no type": (obj(a={"description": "something"}), "At properties.a: Say what stands here"),
    "a word of another type": (obj(a={"type": "string", "minItems": 1}), "At properties.a: “minItems” does not fit"),
    "allOf": (obj(a={"allOf": []}), "At properties.a: Strict mode does not take “allOf”"),
    "a list of anything": (obj(a={"type": "array"}), "At properties.a: A list needs “items”"),
    "no regular expression": (obj(a={"type": "string", "pattern": "("}), "At properties.a: “pattern” is not"),
    "a reference to nothing": (obj(a={"$ref": "#/$defs/b"}), "At properties.a: “#/$defs/b” names nothing"),
    "a reference to elsewhere": (obj(a={"$ref": "http://127.0.0.1/x"}), "names nothing"),
    "a choice of nothing": (obj(a={"enum": []}), "At properties.a: “enum” is a list of choices"),
    "something deep": (DEEP, "levels deep"),
    "six thousand properties": (obj(**{f"p{n}": {"type": "string"} for n in range(6000)}), "5,000 are the most"),
    "a typing error": (obj(a={"type": "string", "requird": True}), "“requird” is no word"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_strict_mode_does_not_take_is_refused_with_its_place(as_alice: Client, case: str) -> None:
    schema, sentence = WRONG[case]
    answer = save(as_alice, schema)
    assert answer.status_code == 400
    assert sentence in " ".join(answer.context["form"].errors["schema"])
    assert not AnswerSchema.objects.exists()


@pytest.mark.parametrize("text", ["", "{", "nul", '{"a": }', "[" * 100_000, '"' + "a" * 600_000])
def test_what_is_no_json_is_refused_quickly(as_alice: Client, text: str) -> None:
    began = time.monotonic()
    answer = save(as_alice, text)
    assert (answer.status_code, time.monotonic() - began < 2) == (400, True)
    assert answer.context["form"].errors["schema"]


def test_references_choices_and_nothing_at_all_are_taken() -> None:
    tree = obj(name={"type": ["string", "null"]}, kind={"enum": ["a", "b"]}, rest={"$ref": "#/$defs/rest"})
    tree["$defs"] = {"rest": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}
    assert strict(tree)["$defs"]["rest"]["anyOf"][1] == {"type": "null"}
    with pytest.raises(BadSchema):
        strict(tree | {"$ref": "#/$defs/rest"})


def test_a_schema_is_its_authors_to_change_and_everybodys_to_use(
    as_alice: Client, as_bob: Client, as_admin: Client, conversation: Conversation
) -> None:
    save(as_alice)
    schema = AnswerSchema.objects.get()
    assert "lamps" in as_bob.get("/schemas/").content.decode()
    assert "name" in as_bob.get(f"/schemas/{schema.pk}/").content.decode()
    assert save(as_bob, obj(a={"type": "string"}), path=str(schema.pk)).status_code == 403
    assert as_bob.post(f"/schemas/{schema.pk}/delete/").status_code == 403
    assert save(as_admin, obj(b={"type": "string"}), path=str(schema.pk)).status_code == 302
    schema.refresh_from_db()
    assert (list(schema.schema["properties"]), schema.author.name) == (["b"], "Alice")
    assert as_alice.post(f"/schemas/{schema.pk}/delete/").status_code == 302
    assert not AnswerSchema.objects.exists()


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "../x", "text", "json_object", "<b>"])
def test_a_name_is_one_that_the_api_takes(as_alice: Client, name: str) -> None:
    assert save(as_alice, name=name).status_code == 400
    assert not AnswerSchema.objects.exists()


def test_two_schemas_have_two_names(as_alice: Client, as_bob: Client) -> None:
    save(as_alice)
    assert "already" in str(save(as_bob).context["form"].errors["name"])


def post(client: Client, conversation: Conversation, path: str, **body: Any) -> Any:
    return client.post(f"/conversations/{conversation.pk}/{path}/", json.dumps(body), content_type="application/json")


def test_a_conversation_or_one_message_is_answered_in_a_form(as_alice: Client, conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")
    save(as_alice, description="Lamps of the shop")
    assert post(as_alice, conversation, "update", options={"text.format": "lamps"}).status_code == 200
    turn = post(as_alice, conversation, "messages", text="Which lamps?").json()["turn"]
    options = Response.objects.get(pk=turn["id"]).options
    assert turn["form"] == "lamps"
    assert options["text"]["format"] == AnswerSchema.objects.get().format
    assert options["text"]["format"]["strict"] is True
    turn = post(as_alice, conversation, "messages", text="In words?", options={"text.format": "text"}).json()["turn"]
    assert turn["form"] == ""
    turn = post(as_alice, conversation, "messages", text="As JSON", options={"text.format": "json_object"}).json()[
        "turn"
    ]
    assert turn["form"] == "json_object"
    post(as_alice, conversation, "update", options={"text.format": None})
    assert post(as_alice, conversation, "messages", text="And now?").json()["turn"]["form"] == ""


@pytest.mark.parametrize(
    "given", ["unknown", 7, [], {"type": "xml"}, {"type": "json_schema"}, {"type": "json_schema", "schema": []}]
)
def test_a_form_that_is_none_is_refused(as_alice: Client, conversation: Conversation, given: Any) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")
    answer = post(as_alice, conversation, "update", options={"text.format": given})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "options.text.format")


def test_another_answer_and_another_wording_keep_the_form(as_alice: Client, conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(model="demo")
    save(as_alice)
    first = post(as_alice, conversation, "messages", text="Which?", options={"text.format": "lamps"}).json()["turn"]
    Response.objects.update(status="completed", done_at=timezone.now())
    again = post(as_alice, conversation, f"responses/{first['id']}/regenerate").json()["turn"]
    reworded = post(as_alice, conversation, "messages", text="Which ones?", edits=first["id"]).json()["turn"]
    words = post(as_alice, conversation, "messages", text="And why?").json()["turn"]
    assert [turn["form"] for turn in (again, reworded, words)] == ["lamps", "lamps", ""]
