"""Background responses: queued, polled, resumed, cancelled, continued after a kill; foreground ones that are left."""

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from .conftest import Provider, events_of
from .grammar import problem
from .scenarios import MCP, SMALL_IMAGE, ask


def slow(said: str = "Tell me about rivers", *, milliseconds: int = 5, **options: Any) -> dict[str, Any]:
    """A background request that takes its time."""
    return ask(said, background=True, metadata={"fault": f"slow={milliseconds}"}, **options)


def wait_for(provider: Provider, response_id: str, *statuses: str) -> dict[str, Any]:
    """Poll until the response has one of the statuses."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        response = provider.http.get(f"/responses/{response_id}").json()
        if response["status"] in statuses:
            return response
        time.sleep(0.02)
    raise AssertionError(f"still {response['status']}")


def begin(provider: Provider, body: dict[str, Any], events: int) -> list[dict[str, Any]]:
    """Stream so many events, then leave."""
    with provider.http.stream("POST", "/responses", json={**body, "stream": True}) as answer:
        text = ""
        for chunk in answer.iter_text():
            text += chunk
            if text.count("\n\n") >= events:
                break
    return list(events_of(iter(["\n\n".join(text.split("\n\n")[:events]) + "\n\n"])))


def test_a_background_response_is_queued_then_runs_then_is_completed(provider: Provider) -> None:
    made = provider.create(slow())
    assert (made["status"], made["output"], made["usage"]) == ("queued", [], None)
    assert wait_for(provider, made["id"], "in_progress")["output"] == []
    done = wait_for(provider, made["id"], "completed")
    assert done["output"][0]["content"][0]["text"].startswith("## About")


def test_a_background_stream_goes_on_without_its_reader_and_is_resumed_where_it_was_left(provider: Provider) -> None:
    seen = begin(provider, slow(), 40)
    response_id = seen[0]["response"]["id"]
    rest = provider.resume(response_id, seen[-1]["sequence_number"])
    events = seen + rest
    assert problem(events) is None
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events == provider.resume(response_id, -1)


def test_two_readers_see_the_same_live(provider: Provider) -> None:
    response_id = begin(provider, slow(), 5)[0]["response"]["id"]
    views: list[list[dict[str, Any]]] = []
    readers = [threading.Thread(target=lambda: views.append(provider.resume(response_id, 4))) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert views[0] == views[1]
    assert views[0][0]["sequence_number"] == 5


def test_a_cancelled_response_stays_cancelled(provider: Provider) -> None:
    seen = begin(provider, slow(milliseconds=50), 8)
    response_id = seen[0]["response"]["id"]
    cancelled = provider.http.post(f"/responses/{response_id}/cancel").json()
    assert (cancelled["status"], cancelled["output"], cancelled["usage"]) == ("cancelled", [], None)
    assert provider.http.post(f"/responses/{response_id}/cancel").json() == cancelled
    assert provider.http.get(f"/responses/{response_id}").json() == cancelled
    types = [event["type"] for event in provider.resume(response_id, 3)]
    assert types
    assert not {"response.completed", "response.incomplete", "response.failed"} & set(types)


def test_cancelling_ends_the_stream_of_a_reader(provider: Provider) -> None:
    response_id = begin(provider, slow(milliseconds=50), 4)[0]["response"]["id"]
    view: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: view.extend(provider.resume(response_id, -1)))
    reader.start()
    provider.http.post(f"/responses/{response_id}/cancel")
    reader.join(5)
    assert not reader.is_alive()
    assert view[0]["type"] == "response.created"


def test_cancelling_what_has_ended_changes_nothing(provider: Provider) -> None:
    done = wait_for(provider, provider.create(ask("Hello", background=True))["id"], "completed")
    assert provider.http.post(f"/responses/{done['id']}/cancel").json() == done


def test_a_foreground_response_cannot_be_cancelled_or_resumed(provider: Provider) -> None:
    made = provider.create(ask("Hello"))
    refused = provider.http.post(f"/responses/{made['id']}/cancel")
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "Cannot cancel a synchronous response."
    assert provider.http.get(f"/responses/{made['id']}?stream=true").status_code == 400
    polled = provider.create(ask("Hello", background=True))
    assert provider.http.get(f"/responses/{polled['id']}?stream=true").status_code == 400


def test_who_leaves_a_foreground_stream_ends_it(provider: Provider) -> None:
    body = {**slow(milliseconds=20), "background": False}
    response_id = begin(provider, body, 8)[0]["response"]["id"]
    time.sleep(0.3)
    assert provider.http.get(f"/responses/{response_id}").status_code == 404


def test_a_deleted_background_response_stops(provider: Provider) -> None:
    made = provider.create(slow(milliseconds=50))
    assert provider.http.delete(f"/responses/{made['id']}").json()["deleted"]
    assert provider.http.get(f"/responses/{made['id']}").status_code == 404


def test_a_response_in_progress_has_no_next_one_yet(provider: Provider) -> None:
    made = provider.create(slow(milliseconds=50))
    status, error = provider.refused(ask("And?", previous_response_id=made["id"]))
    assert (status, error["param"]) == (400, "previous_response_id")
    provider.http.delete(f"/responses/{made['id']}")


@pytest.mark.parametrize(
    "body",
    [
        slow(),
        slow("What is this repo?", tools=[{**MCP, "require_approval": "never"}]),
        slow("Draw an owl", milliseconds=2, tools=[{**SMALL_IMAGE, "partial_images": 2}]),
        slow("Why?", reasoning={"effort": "low", "summary": "auto"}, include=["reasoning.encrypted_content"]),
    ],
    ids=["text", "mcp", "image", "reasoning"],
)
def test_a_killed_provider_goes_on_with_the_same_events(
    start_provider: Callable[..., Provider], body: dict[str, Any]
) -> None:
    first = start_provider("--fast")
    seen = begin(first, body, 7)
    first.kill()
    second = start_provider("--fast")
    response_id = seen[0]["response"]["id"]
    rest = second.resume(response_id, seen[-1]["sequence_number"])
    events = seen + rest
    assert problem(events) is None
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events == second.resume(response_id, -1)
    final = second.http.get(f"/responses/{response_id}").json()
    assert final == events[-1]["response"]
    assert final["status"] == "completed"


def test_after_a_kill_nothing_stays_in_progress(start_provider: Callable[..., Provider]) -> None:
    first = start_provider("--fast")
    ids = [first.create(slow(milliseconds=2))["id"] for _ in range(5)]
    first.kill()
    second = start_provider("--fast")
    for response_id in ids:
        wait_for(second, response_id, "completed")


def test_an_orderly_end_loses_no_background_response_either(start_provider: Callable[..., Provider]) -> None:
    first = start_provider("--fast")
    made = first.create(slow())
    time.sleep(0.1)
    first.stop()
    assert wait_for(start_provider("--fast"), made["id"], "completed")["output"]


def test_secrets_of_a_request_are_forgotten_when_it_is_done(start_provider: Callable[..., Provider]) -> None:
    provider = start_provider("--fast")
    tool = {**MCP, "require_approval": "never", "authorization": "a-secret-token"}
    made = provider.create(ask("What is this repo?", background=True, tools=[tool]))
    wait_for(provider, made["id"], "completed")
    provider.stop()
    kept = b"".join(path.read_bytes() for path in provider.data.glob("localmodel.sqlite3"))
    assert msgspec.json.encode(made["id"])[1:-1] in kept
    assert b"a-secret-token" not in kept
