"""What the provider keeps, for how long, and what it says of what it does not have."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Provider
from .pictures import data_url, plain
from .scenarios import MCP, WEATHER, ask


def test_a_response_can_be_retrieved_as_it_was(provider: Provider) -> None:
    made = provider.create(ask("Hello"))
    assert provider.http.get(f"/responses/{made['id']}").json() == made


def test_a_deleted_response_is_unknown(provider: Provider) -> None:
    made = provider.create(ask("Hello"))
    deleted = provider.http.delete(f"/responses/{made['id']}")
    assert deleted.json() == {"id": made["id"], "object": "response.deleted", "deleted": True}
    for answer in (
        provider.http.get(f"/responses/{made['id']}"),
        provider.http.delete(f"/responses/{made['id']}"),
        provider.http.post(f"/responses/{made['id']}/cancel"),
        provider.http.get(f"/responses/{made['id']}/input_items"),
    ):
        assert answer.status_code == 404
        assert answer.json() == {
            "error": {
                "message": f"Response with id '{made['id']}' not found.",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
        }


def test_unknown_deleted_and_expired_previous_responses_look_alike(
    start_provider: Callable[..., Provider],
) -> None:
    provider = start_provider("--fast", "--keep", "1")
    deleted, expired = provider.create(ask("Hello")), provider.create(ask("Hello"))
    provider.http.delete(f"/responses/{deleted['id']}")
    time.sleep(2)
    for response_id in ("resp_unknown", deleted["id"], expired["id"]):
        status, error = provider.refused(ask("And?", previous_response_id=response_id))
        assert status == 400
        assert error == {
            "message": f"Previous response with id '{response_id}' not found.",
            "type": "invalid_request_error",
            "param": "previous_response_id",
            "code": "previous_response_not_found",
        }
    assert provider.http.get(f"/responses/{expired['id']}").status_code == 404


def test_what_is_not_to_be_stored_is_not(provider: Provider) -> None:
    made = provider.create(ask("Hello", store=False, reasoning={"effort": "low"}))
    assert made["store"] is False
    assert provider.http.get(f"/responses/{made['id']}").status_code == 404
    status, error = provider.refused(ask("And?", previous_response_id=made["id"]))
    assert error["code"] == "previous_response_not_found"
    items = [{"role": "user", "content": "Hello"}, *made["output"], {"role": "user", "content": "And?"}]
    status, error = provider.refused(ask(items, store=False))
    assert status == 404
    assert "Items are not persisted when `store` is set to false" in error["message"]


def test_a_restart_forgets_nothing(start_provider: Callable[..., Provider]) -> None:
    first = start_provider("--fast")
    made = first.create(ask("My bicycle is green"))
    file = first.sdk.files.create(file=("a.txt", b"hello"), purpose="assistants")
    first.kill()
    second = start_provider("--fast")
    assert second.http.get(f"/responses/{made['id']}").json() == made
    assert second.sdk.files.content(file.id).read() == b"hello"
    again = second.create(ask("What did I say before?", previous_response_id=made["id"]))
    assert "bicycle" in again["output"][0]["content"][0]["text"]


def test_input_items_are_the_whole_conversation_newest_first(provider: Provider) -> None:
    first = provider.create(ask("What's the weather in Rome?", tools=[WEATHER]))
    (call,) = first["output"]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "22 degrees"}
    second = provider.create(ask([output], previous_response_id=first["id"], tools=[WEATHER]))
    listing = provider.http.get(f"/responses/{second['id']}/input_items").json()
    assert [item["type"] for item in listing["data"]] == ["function_call_output", "function_call", "message"]
    assert listing["data"][0]["output"] == "22 degrees"
    assert listing["data"][1] == call
    assert listing["data"][2]["content"] == [{"type": "input_text", "text": "What's the weather in Rome?"}]
    assert listing["first_id"] == listing["data"][0]["id"]
    assert listing["has_more"] is False


def test_input_items_are_paged(provider: Provider) -> None:
    made = provider.create(ask([{"role": "user", "content": str(number)} for number in range(25)]))
    url = f"/responses/{made['id']}/input_items"
    first = provider.http.get(url).json()
    assert (len(first["data"]), first["has_more"]) == (20, True)
    rest = provider.http.get(url, params={"after": first["last_id"]}).json()
    assert (len(rest["data"]), rest["has_more"]) == (5, False)
    found = [item.content[0].text for item in provider.sdk.responses.input_items.list(made["id"], order="asc", limit=7)]
    assert found == [str(number) for number in range(25)]
    assert provider.http.get(url, params={"limit": 101}).json()["error"]["param"] == "limit"
    assert provider.http.get(url, params={"after": "msg_unknown"}).status_code == 400


def test_pictures_in_input_items_are_shown_only_when_included(provider: Provider) -> None:
    url = data_url(plain((4, 4), (0, 0, 0)))
    made = provider.create(ask([{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]))
    path = f"/responses/{made['id']}/input_items"
    (part,) = provider.http.get(path).json()["data"][0]["content"]
    assert part == {"type": "input_image", "detail": "auto", "file_id": None, "image_url": None}
    included = provider.http.get(path, params={"include[]": "message.input_image.image_url"}).json()
    assert included["data"][0]["content"][0]["image_url"] == url


def test_items_can_be_named_instead_of_repeated(provider: Provider) -> None:
    made = provider.create(ask("My bicycle is green"))
    listing = provider.http.get(f"/responses/{made['id']}/input_items").json()
    items = [{"type": "item_reference", "id": listing["first_id"]}, {"role": "user", "content": "What did I say?"}]
    again = provider.create(ask([items[0], {"role": "user", "content": "What did I say before?"}]))
    assert "bicycle" in again["output"][0]["content"][0]["text"]
    status, _ = provider.refused(ask([{"type": "item_reference", "id": "msg_unknown"}]))
    assert status == 404


def test_a_compaction_carries_the_conversation(provider: Provider) -> None:
    first = provider.create(ask("My bicycle is green"))
    body = {"model": "demo", "previous_response_id": first["id"], "input": [{"role": "user", "content": "Ok"}]}
    compacted = provider.sdk.responses.compact(**body)
    assert compacted.object == "response.compaction"
    assert [item.type for item in compacted.output] == ["message", "message", "compaction"]
    output = provider.http.post("/responses/compact", json=body).json()["output"]
    again = provider.create(ask([*output, {"role": "user", "content": "What did I say before?"}]))
    assert "bicycle" in again["output"][0]["content"][0]["text"]


def test_input_tokens_are_what_the_response_will_count(provider: Provider) -> None:
    body = ask("What's the weather in Rome?", tools=[WEATHER], instructions="Be brief")
    counted = provider.http.post("/responses/input_tokens", json=body).json()
    assert counted == {
        "object": "response.input_tokens",
        "input_tokens": provider.create(body)["usage"]["input_tokens"],
    }


def test_models_are_the_small_one_first(provider: Provider) -> None:
    assert [model.id for model in provider.sdk.models.list()] == ["smollm2-135m", "demo"]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": "x"}, "model", "missing_required_parameter"),
        ({"model": "gpt-9", "input": "x"}, "model", "model_not_found"),
        ({"model": "demo"}, "input", "missing_required_parameter"),
        (ask("x", colour="red"), "colour", "unknown_parameter"),
        (ask("x", stream="yes"), "stream", "invalid_type"),
        (ask("x", temperature=3), "temperature", "integer_above_max_value"),
        (ask("x", max_output_tokens=1), "max_output_tokens", "integer_below_min_value"),
        (ask("x", include=["everything"]), "include", "invalid_value"),
        (ask("x", truncation="some"), "truncation", "invalid_value"),
        (ask("x", metadata={"a": 1}), "metadata", "invalid_value"),
        (ask("x", reasoning={"effort": "huge"}), "reasoning.effort", "invalid_value"),
        (ask("x", background=True, store=False), "background", None),
        (ask("x", tool_choice="required"), "tool_choice", None),
        (ask([{"type": "dream"}]), "input[0].type", "invalid_value"),
        (ask([{"role": "king", "content": "x"}]), "input[0].role", "invalid_value"),
        (ask([{"role": "user", "content": [{"type": "smell"}]}]), "input[0].content[].type", "invalid_value"),
        (ask([1]), "input[0]", None),
        (ask([{"type": "function_call_output", "call_id": "call_1", "output": "x"}]), "input", None),
        (
            ask([{"type": "mcp_approval_response", "approval_request_id": "m", "approve": True}], tools=[MCP]),
            "input",
            None,
        ),
        (
            ask("x", text={"format": {"type": "json_schema", "name": "a"}}),
            "text.format.schema",
            "missing_required_parameter",
        ),
    ],
)
def test_wrong_requests_are_refused_by_the_name_of_what_is_wrong(
    provider: Provider, body: dict[str, Any], param: str, code: str | None
) -> None:
    status, error = provider.refused(body)
    assert (status, error["type"], error["param"], error["code"]) == (400, "invalid_request_error", param, code)


def test_a_call_without_its_output_stops_the_conversation(provider: Provider) -> None:
    first = provider.create(ask("What's the weather in Rome?", tools=[WEATHER]))
    status, error = provider.refused(ask("Never mind", previous_response_id=first["id"]))
    assert status == 400
    assert error["message"] == f"No tool output found for function call {first['output'][0]['call_id']}."


def test_a_reasoning_item_must_not_stand_alone(provider: Provider) -> None:
    first = provider.create(ask("Why?", reasoning={"effort": "low"}))
    status, error = provider.refused(ask([first["output"][0], {"role": "user", "content": "And?"}]))
    assert status == 400
    assert error["message"].endswith("was provided without its required following item.")


def test_what_is_no_json_and_what_is_no_address_get_the_envelope(provider: Provider) -> None:
    for answer, status in (
        (provider.http.post("/responses", content=b"{"), 400),
        (provider.http.post("/responses", json=[]), 400),
        (provider.http.get("/nothing"), 404),
        (provider.http.put("/responses"), 405),
    ):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert answer.headers["x-request-id"].startswith("req_")


def test_only_the_key_opens(provider: Provider) -> None:
    for headers, status in (
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": ""}, 401),
        ({"Authorization": "", "api-key": provider.endpoint.key}, 200),
        ({"Authorization": f"Bearer {provider.endpoint.key}"}, 200),
    ):
        answer = provider.http.get("/models", headers=headers)
        assert answer.status_code == status
        assert status == 200 or answer.json()["error"]["code"] == "invalid_api_key"
