"""The real small model, when its engine can run here."""

import json
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from conversations.localmodel.engine import bundled_weights

from .conftest import Provider
from .grammar import problem
from .scenarios import SCHEMA
from .test_background import begin


def engine_problem() -> str | None:
    """Why the engine cannot run here."""
    if bundled_weights() is None:
        return "the weights are not installed"
    loaded = subprocess.run([sys.executable, "-c", "import xllamacpp"], capture_output=True, text=True)
    return None if loaded.returncode == 0 else f"xllamacpp cannot be loaded: {loaded.stderr[-200:]}"


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider with the small model."""
    if reason := engine_problem():
        pytest.skip(reason)
    provider = Provider(tmp_path_factory.mktemp("talker"))
    yield provider
    provider.stop()


def small(said: str, **options: object) -> dict[str, object]:
    """A request to the small model."""
    return {"model": "smollm2-135m", "input": said, **options}


def test_it_speaks_in_real_streams_and_remembers_the_turn_before(talker: Provider) -> None:
    events = talker.stream(small("What is the capital of France?", temperature=0, max_output_tokens=40))
    assert problem(events) is None
    response = events[-1]["response"]
    assert "Paris" in response["output"][0]["content"][0]["text"]
    body = small("Repeat your answer.", previous_response_id=response["id"], temperature=0, max_output_tokens=40)
    assert "Paris" in talker.create(body)["output"][0]["content"][0]["text"]


def test_a_schema_holds_it(talker: Provider) -> None:
    form = {"type": "json_schema", "name": "trip", "schema": SCHEMA}
    response = talker.create(small("A trip of 3 days to Rome", text={"format": form}))
    value = json.loads(response["output"][0]["content"][0]["text"])
    assert set(value) == {"city", "days"}
    assert isinstance(value["days"], int)


def test_after_a_kill_it_goes_on_from_what_it_had_said_and_its_engine_is_not_left_behind(talker: Provider) -> None:
    engines = psutil.Process(talker.process.pid).children()
    seen = begin(talker, small("Tell me a story about a dragon", background=True, max_output_tokens=64), 20)
    talker.process.kill()
    talker.process.wait(10)
    _, alive = psutil.wait_procs(engines, timeout=10)
    assert not alive
    again = Provider(talker.data)
    try:
        rest = again.resume(seen[0]["response"]["id"], seen[-1]["sequence_number"])
    finally:
        again.stop()
    events = seen + rest
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert problem(events) is None
    text = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == text


def test_without_an_engine_it_says_so(provider: Provider) -> None:
    status, error = provider.refused(small("Hello"))
    assert (status, error["code"]) == (503, "model_unavailable")


def test_it_does_not_pretend_to_have_tools_or_to_reason(provider: Provider) -> None:
    assert provider.refused(small("Hello", tools=[{"type": "image_generation"}]))[1]["param"] == "tools"
    assert provider.refused(small("Hello", reasoning={"effort": "high"}))[1]["param"] == "reasoning.effort"
