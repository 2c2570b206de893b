"""What tools name at the provider, whose one account serves everybody: only what is the caller's goes there."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.models import File, Item, User, VectorStore
from tests.gateway.conftest import Caller
from tests.gateway.test_responses import demo as demo
from tests.gateway.test_responses import ended

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]


def refused(caller: Caller, tool: dict[str, Any], **body: Any) -> tuple[int, dict[str, Any]]:
    answer = caller.send("responses", {"model": "demo", "input": "Look", "tools": [tool], **body})
    return answer.status_code, answer.json()["error"]


def searching(*ids: Any) -> dict[str, Any]:
    return {"type": "file_search", "vector_store_ids": list(ids)}


def test_a_vector_store_that_is_not_offered_is_an_unknown_one(alice_calls: Caller, bob: User) -> None:
    store = VectorStore.objects.create(label="Handbook", provider_id="vs_1", everyone=False)
    store.people.add(bob)
    status, of_bob = refused(alice_calls, searching("vs_1"))
    assert (status, of_bob["param"]) == (404, "tools[0].vector_store_ids")
    _, unknown = refused(alice_calls, searching("vs_2"))
    assert {**unknown, "message": unknown["message"].replace("vs_2", "vs_1")} == of_bob
    assert refused(alice_calls, {"type": "file_search", "vector_store_ids": "vs_1"})[0] == 400
    assert refused(alice_calls, searching(5))[0] == 400


def test_only_files_of_the_caller_go_into_a_container(alice_calls: Caller, bob_calls: Caller) -> None:
    upload = bob_calls.post("files", {"purpose": "user_data", "file": _text()})
    tool = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [upload.json()["id"]]}}
    assert refused(alice_calls, tool)[0] == 404
    assert File.objects.count() == 1, "nothing was copied"
    assert refused(alice_calls, {**tool, "container": {"type": "auto", "file_ids": [5]}})[0] == 404


def _text() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("lamps.csv", b"lamp,price\n")


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "code_interpreter", "container": "cntr_1"},
        {"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_1"}},
    ],
)
def test_a_container_that_only_a_client_names_is_an_unknown_one(
    tool: dict[str, Any], alice: User, alice_calls: Caller
) -> None:
    mine = ended(alice, "Reckon", "Done")
    call = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1", "code": "1", "status": "completed"}
    Item.from_payload(call, response=mine, direction=Item.Direction.INPUT, index=1).save()
    assert refused(alice_calls, tool, previous_response_id=mine.provider_id)[0] == 404
    imported = ended(alice, "Reckon", "Done")
    Item.from_payload(call, response=imported, direction=Item.Direction.OUTPUT, index=1).save()
    type(imported).objects.filter(pk=imported.pk).update(endpoint="imported")
    assert refused(alice_calls, tool, previous_response_id=imported.provider_id)[0] == 404


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "code_interpreter", "container": "cntr_1"},
        {"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_1"}},
    ],
)
def test_a_container_is_gone_on_with_in_its_own_conversation_only(
    tool: dict[str, Any], alice: User, alice_calls: Caller, bob: User, bob_calls: Caller
) -> None:
    of_bob, of_alice = ended(bob, "Reckon", "Done"), ended(alice, "Reckon", "Done")
    call = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1", "code": "1", "status": "completed"}
    Item.from_payload(call, response=of_bob, direction=Item.Direction.OUTPUT, index=1).save()
    assert refused(alice_calls, tool)[0] == 404
    assert refused(alice_calls, tool, previous_response_id=of_alice.provider_id)[0] == 404
    assert refused(alice_calls, tool, previous_response_id=of_bob.provider_id)[0] == 400
    begun = {"model": "demo", "input": "On", "tools": [tool], "previous_response_id": of_bob.provider_id}
    counted = bob_calls.send("responses/input_tokens", begun)
    assert counted.status_code != 404, "its own conversation may"
