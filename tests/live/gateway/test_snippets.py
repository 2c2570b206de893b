"""What the documentation of the service shows, done with the official client in each of its forms."""

from __future__ import annotations

import base64
import io
import json
import time
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError
from PIL import Image

from tests.live.server import Server

pytestmark = pytest.mark.usefixtures("calm")
CATS = "Define and explain the concept of catastrophic forgetting?"
SIMPLER = "Explain this at a level that could be understood by a college freshman"
STORY = "Write me a very long story"
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather for a location",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
}
MCP = {"type": "mcp", "server_label": "github", "server_url": "https://contoso.com/Azure/azure-rest-api-specs"}
FINAL = {"completed", "failed", "incomplete", "cancelled"}


def picture(colour: str) -> str:
    held = io.BytesIO()
    Image.new("RGB", (96, 64), colour).save(held, "PNG")
    return base64.b64encode(held.getvalue()).decode()


def decoded(encoded: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(encoded)))


def test_text_retrieved_and_deleted(client: Any) -> None:
    response = client.responses.create(model="demo", input="This is a test.")
    assert (response.object, response.status, response.error) == ("response", "completed", None)
    assert response.output_text
    assert response.usage.total_tokens > 0
    assert client.responses.retrieve(response.id).to_dict() == response.to_dict()
    assert client.responses.delete(response.id) is None
    with pytest.raises(NotFoundError) as refused:
        client.responses.retrieve(response.id)
    assert refused.value.body == {
        "message": f"Response with id '{response.id}' not found.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    with pytest.raises(BadRequestError) as refused_too:
        client.responses.create(model="demo", input="And now?", previous_response_id=response.id)
    assert (refused_too.value.code, refused_too.value.param) == ("previous_response_not_found", "previous_response_id")


def test_chained_by_id(client: Any) -> None:
    response = client.responses.create(model="demo", input=CATS)
    second = client.responses.create(
        model="demo", previous_response_id=response.id, input=[{"role": "user", "content": SIMPLER}]
    )
    assert second.previous_response_id == response.id
    assert second.usage.input_tokens > response.usage.input_tokens + response.usage.output_tokens
    assert second.conversation.id == response.conversation.id


def test_chained_by_hand(client: Any) -> None:
    inputs: list[Any] = [{"type": "message", "role": "user", "content": CATS}]
    response = client.responses.create(model="demo", input=inputs)
    inputs += response.output
    inputs.append({"role": "user", "type": "message", "content": SIMPLER})
    second = client.responses.create(model="demo", input=inputs)
    assert second.output_text
    assert second.usage.input_tokens > response.usage.input_tokens + response.usage.output_tokens


def test_streamed(client: Any) -> None:
    events = list(client.responses.create(input="This is a test", model="demo", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == text
    assert client.responses.retrieve(events[0].response.id).to_dict() == events[-1].response.to_dict()


def test_streamed_with_the_helper(client: Any) -> None:
    with client.responses.stream(model="demo", input="This is a test") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text


def test_a_function_is_called_by_the_client_and_never_here(client: Any, server: Server) -> None:
    question = [{"role": "user", "content": "What's the weather in San Francisco?"}]
    response = client.responses.create(model="demo", tools=[WEATHER], input=question)
    calls = [item for item in response.output if item.type == "function_call"]
    assert [call.name for call in calls] == ["get_weather"]
    assert isinstance(json.loads(calls[0].arguments)["location"], str)
    output = '{"temperature": "70 degrees"}'
    answers = [{"type": "function_call_output", "call_id": call.call_id, "output": output} for call in calls]
    second = client.responses.create(model="demo", previous_response_id=response.id, input=answers)
    assert "70 degrees" in second.output_text
    listed = client.responses.input_items.list(second.id)
    assert [item.type for item in listed.data] == ["function_call_output", "function_call", "message"]


def test_the_input_items_are_listed(client: Any) -> None:
    response = client.responses.create(model="demo", input="This is a test.")
    page = client.responses.input_items.list(response.id)
    assert page.object == "list"
    assert not page.has_more
    [item] = page.data
    assert (item.type, item.role, item.status) == ("message", "user", "completed")
    assert (item.content[0].type, item.content[0].text) == ("input_text", "This is a test.")
    assert page.first_id == page.last_id == item.id
    assert item.id.startswith("msg_")


@pytest.mark.parametrize("address", ["url", "base64"])
def test_a_picture_is_read(client: Any, address: str) -> None:
    url = "https://example.com/cat.png" if address == "url" else f"data:image/png;base64,{picture('teal')}"
    content = [
        {"type": "input_text", "text": "what is in this image?"},
        {"type": "input_image", "image_url": url},
    ]
    response = client.responses.create(model="demo", input=[{"role": "user", "content": content}])
    assert response.status == "completed"
    listed = client.responses.input_items.list(response.id)
    assert listed.data[0].content[1].image_url is None
    shown = client.responses.input_items.list(response.id, include=["message.input_image.image_url"])
    assert shown.data[0].content[1].image_url == url


def test_a_remote_mcp_server_without_approval(client: Any) -> None:
    response = client.responses.create(
        model="demo",
        tools=[MCP | {"require_approval": "never"}],
        input="What transport protocols are supported in the 2025-03-26 version of the MCP spec?",
    )
    assert [item.type for item in response.output] == ["mcp_list_tools", "mcp_call", "message"]
    assert response.output_text


def test_a_remote_mcp_server_with_approval(client: Any) -> None:
    tools = [MCP | {"require_approval": "always"}]
    response = client.responses.create(model="demo", tools=tools, input="What is this repo in 100 words?")
    [asked] = [item for item in response.output if item.type == "mcp_approval_request"]
    assert isinstance(json.loads(asked.arguments), dict)
    approval = {"type": "mcp_approval_response", "approve": True, "approval_request_id": asked.id}
    second = client.responses.create(model="demo", tools=tools, previous_response_id=response.id, input=[approval])
    [call] = [item for item in second.output if item.type == "mcp_call"]
    assert call.approval_request_id == asked.id
    assert second.output_text


def test_a_remote_mcp_server_with_headers_which_are_not_told_again(client: Any, server: Server) -> None:
    secret = "Bearer key-of-somebody"
    tool = MCP | {"server_url": "https://gitmcp.io/Azure/azure-rest-api-specs", "headers": {"Authorization": secret}}
    response = client.responses.create(
        model="demo", input="What is this repo in 100 words?", tools=[tool | {"require_approval": "never"}]
    )
    assert response.output_text
    assert secret not in client.responses.retrieve(response.id).to_json()
    assert secret not in server.log


def test_in_the_background_polled(client: Any) -> None:
    response = client.responses.create(model="demo", input=STORY, background=True)
    assert response.status in {"queued", "in_progress"}
    assert response.background is True
    while response.status in {"queued", "in_progress"}:
        time.sleep(0.05)
        response = client.responses.retrieve(response.id)
    assert response.status == "completed"
    assert response.output_text


def test_in_the_background_cancelled_twice(client: Any) -> None:
    response = client.responses.create(model="demo", input=STORY, background=True)
    cancelled = client.responses.cancel(response.id)
    assert cancelled.status in FINAL
    assert client.responses.cancel(response.id).to_dict() == cancelled.to_dict()
    assert client.responses.retrieve(response.id).to_dict() == cancelled.to_dict()


def test_a_foreground_response_cannot_be_cancelled(client: Any) -> None:
    response = client.responses.create(model="demo", input="This is a test.")
    with pytest.raises(BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(response.id)


def test_in_the_background_streamed_and_resumed(client: Any) -> None:
    stream = client.responses.create(model="demo", input=STORY, background=True, stream=True)
    seen = []
    for event in stream:
        seen.append(event)
        if event.sequence_number == 10:
            break
    stream.close()
    response_id = seen[0].response.id
    seen += list(client.responses.retrieve(response_id, stream=True, starting_after=10))
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert seen[-1].type == "response.completed"
    text = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
    assert seen[-1].response.output_text == text
    again = list(client.responses.retrieve(response_id, stream=True, starting_after=42))
    assert [event.to_dict() for event in again] == [event.to_dict() for event in seen[43:]]


def test_encrypted_reasoning(client: Any) -> None:
    question = "What is the weather like today?"
    response = client.responses.create(
        model="demo",
        reasoning={"effort": "medium"},
        input=question,
        store=False,
        include=["reasoning.encrypted_content"],
    )
    [reasoning] = [item for item in response.output if item.type == "reasoning"]
    assert reasoning.encrypted_content
    with pytest.raises(NotFoundError):
        client.responses.retrieve(response.id)
    history = [{"role": "user", "content": question}, *response.output, {"role": "user", "content": "And tomorrow?"}]
    assert client.responses.create(model="demo", input=history, store=False).output_text


def test_a_picture_is_made_and_made_again(client: Any) -> None:
    prompt = "Generate an image of gray tabby cat hugging an otter with an orange scarf"
    tools = [{"type": "image_generation"}]
    response = client.responses.create(model="demo", input=prompt, tools=tools)
    [first] = [item.result for item in response.output if item.type == "image_generation_call"]
    followed = client.responses.create(
        model="demo", previous_response_id=response.id, input="Now make it look realistic", tools=tools
    )
    [second] = [item.result for item in followed.output if item.type == "image_generation_call"]
    assert decoded(first).size == decoded(second).size
    assert first != second
    assert client.responses.retrieve(response.id).to_dict() == response.to_dict()


def test_partial_pictures_are_streamed(client: Any) -> None:
    stream = client.responses.create(
        model="demo",
        input="Draw a gorgeous image of a river made of white owl feathers",
        stream=True,
        tools=[{"type": "image_generation", "partial_images": 2}],
    )
    events = list(stream)
    partial = [event for event in events if event.type == "response.image_generation_call.partial_image"]
    assert [event.partial_image_index for event in partial] == [0, 1]
    assert all(decoded(event.partial_image_b64).width for event in partial)
    [whole] = [item.result for item in events[-1].response.output if item.type == "image_generation_call"]
    assert decoded(whole).width
    again = list(client.responses.retrieve(events[0].response.id, stream=True))
    assert [event.to_dict() for event in again] == [event.to_dict() for event in events]


def test_pictures_are_edited(client: Any) -> None:
    content = [
        {"type": "input_text", "text": "Generate a photorealistic image of a gift basket labeled 'Relax & Unwind'"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{picture('teal')}"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{picture('coral')}"},
    ]
    response = client.responses.create(
        model="demo", input=[{"role": "user", "content": content}], tools=[{"type": "image_generation"}]
    )
    [result] = [item.result for item in response.output if item.type == "image_generation_call"]
    assert decoded(result).width


def test_a_computer_is_used_step_by_step(client: Any) -> None:
    tool = {"type": "computer_use_preview", "display_width": 1024, "display_height": 768, "environment": "browser"}
    response = client.responses.create(
        model="demo", tools=[tool], input="Check the latest AI news on bing.com.", truncation="auto"
    )
    for _ in range(20):
        calls = [item for item in response.output if item.type == "computer_call"]
        if not calls:
            break
        output: dict[str, Any] = {
            "type": "computer_call_output",
            "call_id": calls[0].call_id,
            "output": {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{picture('white')}"},
            "acknowledged_safety_checks": [check.to_dict() for check in calls[0].pending_safety_checks],
        }
        response = client.responses.create(
            model="demo", previous_response_id=response.id, tools=[tool], input=[output], truncation="auto"
        )
    assert response.output_text


def test_tokens_are_counted_and_a_history_is_compacted(client: Any) -> None:
    counted = client.responses.input_tokens.count(model="demo", input=CATS)
    assert (counted.object, counted.input_tokens > 5) == ("response.input_tokens", True)
    response = client.responses.create(model="demo", input=CATS)
    longer = client.responses.input_tokens.count(model="demo", input=SIMPLER, previous_response_id=response.id)
    assert longer.input_tokens > counted.input_tokens
    compacted = client.responses.compact(model="demo", input=SIMPLER, previous_response_id=response.id)
    assert compacted.object == "response.compaction"
    items = [item.to_dict() for item in compacted.output]
    assert any(item["type"] == "compaction" for item in items)
    assert client.responses.create(model="demo", input=[*items, {"role": "user", "content": "Go on"}]).output_text


async def test_asynchronously(async_client: Any) -> None:
    response = await async_client.responses.create(model="demo", input=CATS)
    second = await async_client.responses.create(model="demo", previous_response_id=response.id, input=SIMPLER)
    assert (await async_client.responses.retrieve(second.id)).to_dict() == second.to_dict()
    listed = [item async for item in async_client.responses.input_items.list(second.id, limit=1)]
    assert [item.type for item in listed] == ["message", "message", "message"]
    stream = await async_client.responses.create(model="demo", input=STORY, background=True, stream=True)
    events = [event async for event in stream]
    resumed = await async_client.responses.retrieve(events[0].response.id, stream=True, starting_after=5)
    assert [event.to_dict() async for event in resumed] == [event.to_dict() for event in events[6:]]
    await async_client.responses.delete(second.id)
