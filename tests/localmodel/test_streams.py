"""What every stream promises, whatever it says: tested on each scenario."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from .conftest import Provider
from .grammar import problem
from .scenarios import SCENARIOS, ask

STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
WHOLE = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_summary_text": "text",
    "response.function_call_arguments": "arguments",
    "response.mcp_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.code_interpreter_call_code": "code",
}
TERMINAL = ("response.completed", "response.incomplete", "response.failed")
# What the open specification of this API requires of a response; the second line may be null.
REQUIRED = [
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "top_logprobs",
    "background",
    "store",
    "service_tier",
    "truncation",
    "text",
    "tool_choice",
    "tools",
    "parallel_tool_calls",
    "usage",
    "id",
    "object",
    "created_at",
    "status",
    "model",
    "output",
    "metadata",
]
NULLABLE = [
    "completed_at",
    "instructions",
    "previous_response_id",
    "error",
    "incomplete_details",
    "reasoning",
    "max_output_tokens",
    "max_tool_calls",
    "safety_identifier",
    "prompt_cache_key",
]


@pytest.fixture(scope="module")
def streams(provider: Provider) -> dict[str, list[dict[str, Any]]]:
    """Every scenario's events."""
    return {name: provider.stream(body) for name, body in SCENARIOS.items()}


@pytest.fixture(params=SCENARIOS)
def events(request: pytest.FixtureRequest, streams: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One scenario's events."""
    return streams[request.param]


def test_every_event_is_one_of_the_sdk_and_valid(events: list[dict[str, Any]]) -> None:
    for event in events:
        parsed = STREAM_EVENT.validate_python(event)
        assert parsed.type == event["type"]
        assert type(parsed).__name__ != "ResponseAudioDeltaEvent"


def test_events_come_in_the_order_of_real_streams(events: list[dict[str, Any]]) -> None:
    assert problem(events) is None


def test_sequence_numbers_have_no_gap(events: list[dict[str, Any]]) -> None:
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_deltas_add_up_to_the_final_output(events: list[dict[str, Any]]) -> None:
    sums: dict[tuple[str, str], str] = {}
    wholes: dict[tuple[str, str], str] = {}
    for event in events:
        kind, _, step = event["type"].rpartition(".")
        if step == "delta":
            sums[event["item_id"], kind] = sums.get((event["item_id"], kind), "") + event["delta"]
        elif step == "done" and kind in WHOLE:
            wholes[event["item_id"], kind] = wholes.get((event["item_id"], kind), "") + event[WHOLE[kind]]
    final = events[-1]["response"]
    if final["status"] != "failed":
        assert sums == wholes
        assert set(wholes.values()) <= {*strings(final["output"]), *summaries(final["output"])}


def test_items_that_are_done_are_the_final_output(events: list[dict[str, Any]]) -> None:
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    final = events[-1]["response"]["output"]
    assert [plain(item) for item in done] == [plain(item) for item in final]


def test_the_final_response_has_everything_that_it_must(events: list[dict[str, Any]]) -> None:
    response = events[-1]["response"]
    for name in REQUIRED:
        assert response[name] is not None, name
    for name in NULLABLE:
        assert name in response
    assert type(response["created_at"]) is int
    assert (type(response["completed_at"]) is int) == (response["status"] == "completed")
    assert response["usage"]["total_tokens"] == response["usage"]["input_tokens"] + response["usage"]["output_tokens"]
    assert response["usage"]["input_tokens"] > 0
    Response.model_validate(response)


def test_the_official_client_reads_the_same_events(provider: Provider) -> None:
    for name, body in SCENARIOS.items():
        types = [event.type for event in provider.sdk.responses.create(**body, stream=True)]
        assert types[-1] in TERMINAL, name


def test_a_request_without_stream_gives_what_the_stream_ends_with(provider: Provider) -> None:
    for name in ("text", "function", "mcp", "cut", "refusal"):
        streamed = provider.stream(SCENARIOS[name])[-1]["response"]
        whole = provider.create(SCENARIOS[name])
        assert [stripped(item) for item in whole["output"]] == [stripped(item) for item in streamed["output"]]
        assert whole["status"] == streamed["status"]
        assert whole["usage"] == streamed["usage"]


def test_deltas_are_padded_unless_told_not_to(provider: Provider) -> None:
    padded = [event for event in provider.stream(ask("Hello")) if event["type"].endswith(".delta")]
    assert all((len(event["delta"]) + len(event["obfuscation"])) % 16 == 0 for event in padded)
    bare = provider.stream(ask("Hello", stream_options={"include_obfuscation": False}))
    assert not any("obfuscation" in event for event in bare)


def test_the_encrypted_content_of_the_final_response_is_another_edition(
    streams: dict[str, list[dict[str, Any]]],
) -> None:
    events = streams["reasoning"]
    done = next(event["item"] for event in events if event["type"] == "response.output_item.done")
    final = events[-1]["response"]["output"][0]
    assert done["encrypted_content"]
    assert final["encrypted_content"]
    assert done["encrypted_content"] != final["encrypted_content"]


def test_recorded_streams_have_the_same_order() -> None:
    """The grammar itself is right: it finds nothing wrong with what the real service sent."""
    folder = Path(os.environ.get("RECORDED_STREAMS", "../shared/traces"))
    if not folder.is_dir():
        pytest.skip("there are no recorded streams on this machine")
    checked = 0
    for file in [*folder.glob("openai-dotnet/*.json"), *folder.glob("chatlas/*.yaml")]:
        for events in recorded(file):
            types = {event["item"]["type"] for event in events if event["type"] == "response.output_item.done"}
            known = {"message", "reasoning", "function_call", "mcp_list_tools", "mcp_call", "mcp_approval_request"}
            known |= {"web_search_call", "file_search_call", "code_interpreter_call"}
            whole = events[0]["type"] == "response.created" and events[-1]["type"] in TERMINAL
            if whole and types <= known:
                assert problem(events) is None, file.name
                checked += 1
    assert checked > 20


def recorded(file: Path) -> list[list[dict[str, Any]]]:
    """The streams in a recording."""
    if file.suffix == ".json":
        bodies = [entry["ResponseBody"] for entry in msgspec.json.decode(file.read_bytes())["Entries"]]
        texts = ["".join(body) for body in bodies if isinstance(body, list)]
    else:
        loaded = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        bodies = [entry["response"]["body"].get("string") or "" for entry in loaded["interactions"]]
        texts = [body if isinstance(body, str) else body.decode(errors="replace") for body in bodies]
    lines = [[line[5:] for line in text.split("\n") if line.startswith("data:")] for text in texts]
    return [[msgspec.json.decode(line) for line in stream] for stream in lines if stream]


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item without what is encrypted anew."""
    return {name: value for name, value in item.items() if name != "encrypted_content"}


def stripped(value: Any) -> Any:
    """A value without ids, which differ from one response to the next."""
    if isinstance(value, dict):
        return {name: stripped(part) for name, part in value.items() if name not in ("id", "call_id")}
    return [stripped(part) for part in value] if isinstance(value, list) else value


def strings(value: Any) -> list[str]:
    """All texts in a value."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in strings(part)]


def summaries(output: list[dict[str, Any]]) -> list[str]:
    """The whole summary of each reasoning item."""
    return ["".join(part["text"] for part in item["summary"]) for item in output if item["type"] == "reasoning"]
