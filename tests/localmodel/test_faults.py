"""Failures on request: each is what its name says, and nothing else is wrong."""

import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import openai
import pytest

from conversations.localmodel import faults

from .conftest import Provider
from .scenarios import ask, failing


def raw_stream(provider: Provider, body: dict[str, Any], seconds: float = 2) -> tuple[bytes, bool]:
    """The bytes of a streamed answer's body, and whether it was closed before its end or the time was up."""
    got = b""
    try:
        timeout = httpx2.Timeout(30, read=seconds)
        with provider.http.stream("POST", "/responses", json={**body, "stream": True}, timeout=timeout) as answer:
            for chunk in answer.iter_raw():
                got += chunk
    except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.ReadTimeout):
        return got, True
    return got, False


def blocks(data: bytes) -> Iterator[dict[str, Any]]:
    """The whole events in the bytes of a stream that may be cut off; what is not JSON is skipped."""
    for block in data.decode(errors="ignore").split("\n\n")[:-1]:
        try:
            yield msgspec.json.decode(block.partition("data: ")[2])
        except msgspec.DecodeError:
            continue


def numbers(data: bytes) -> list[int]:
    """The sequence numbers that arrived."""
    return [event["sequence_number"] for event in blocks(data)]


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_status_is_answered_in_the_envelope(provider: Provider, status: int) -> None:
    answer = provider.http.post("/responses", json=failing(f"status_{status}"))
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    if status == 429:
        assert (answer.headers["retry-after-ms"], answer.headers["Retry-After"]) == ("20", "1")


def test_a_client_that_retries_gets_through_when_the_fault_strikes_once(provider: Provider) -> None:
    patient = provider.sdk.with_options(max_retries=2)
    metadata = {"fault": "status_429;once", "fault_id": "patience"}
    assert patient.responses.create(model="demo", input="Hello", metadata=metadata).status == "completed"
    with pytest.raises(openai.RateLimitError):
        patient.responses.create(model="demo", input="Hello", metadata={"fault": "status_429"})


def test_an_expired_previous_response_is_the_usual_error(provider: Provider) -> None:
    first = provider.create(ask("Hello"))
    status, error = provider.refused(failing("expired_previous", previous_response_id=first["id"]))
    assert (status, error["code"]) == (400, "previous_response_not_found")
    assert provider.create(failing("expired_previous"))["status"] == "completed"


def test_an_unsupported_parameter_is_refused_only_when_it_is_sent(provider: Provider) -> None:
    fault = "unsupported_parameter=temperature"
    status, error = provider.refused(failing(fault, temperature=0.5))
    assert (status, error["param"], error["code"]) == (400, "temperature", "unsupported_parameter")
    assert provider.create(failing(fault))["status"] == "completed"


def test_a_filtered_prompt_has_the_shape_of_azure(provider: Provider) -> None:
    status, error = provider.refused(failing("content_filter_prompt"))
    assert (status, error["code"], error["param"]) == (400, "content_filter", "prompt")
    assert error["content_filters"][0]["blocked"] is True


def test_a_filtered_completion_is_incomplete(provider: Provider) -> None:
    response = provider.create(failing("content_filter_completion"))
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "content_filter"}


def test_nothing_is_answered_before_the_headers(provider: Provider) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        provider.http.post("/responses", json=failing("drop_before_headers", stream=True))


def test_the_connection_drops_after_an_event(provider: Provider) -> None:
    data, cut = raw_stream(provider, failing("drop_at=12"))
    assert cut
    assert numbers(data) == list(range(13))
    response_id = next(blocks(data))["response"]["id"]
    assert provider.http.get(f"/responses/{response_id}").status_code == 404


def test_a_background_response_survives_a_drop(provider: Provider) -> None:
    data, cut = raw_stream(provider, failing("drop_at=12", background=True))
    assert cut
    rest = provider.resume(next(blocks(data))["response"]["id"], 12)
    assert rest[0]["sequence_number"] == 13
    assert rest[-1]["type"] == "response.completed"


def test_the_stream_hangs_after_an_event(provider: Provider) -> None:
    data, cut = raw_stream(provider, failing("hang_at=12"), seconds=0.3)
    assert cut
    assert numbers(data) == list(range(13))


def test_a_silent_stream_has_headers_and_nothing_more(provider: Provider) -> None:
    assert raw_stream(provider, failing("silent"), seconds=0.3) == (b"", True)


def test_a_stream_can_end_without_its_last_event(provider: Provider) -> None:
    data, cut = raw_stream(provider, failing("no_terminal"))
    assert not cut
    assert [event["type"] for event in blocks(data)][-1] == "response.output_item.done"


def test_garbage_is_one_line_between_good_events(provider: Provider) -> None:
    data, _ = raw_stream(provider, failing("garbage_at=12"))
    lines = [line for line in data.split(b"\n") if line.startswith(b"data: ")]
    broken = [line for line in lines if not line.endswith(b"}")]
    assert len(broken) == 1
    assert numbers(data) == list(range(len(lines) - 1))


def test_an_event_comes_twice(provider: Provider) -> None:
    data, _ = raw_stream(provider, failing("duplicate_at=12"))
    assert numbers(data) == [*range(13), *range(12, len(numbers(data)) - 1)]


def test_a_character_is_cut_in_two_writes(provider: Provider) -> None:
    parts = urlsplit(provider.endpoint.base_url)
    body = msgspec.json.encode({**failing("half_character_at=6,text=東京 東京 東京"), "stream": True})
    head = (
        f"POST {parts.path}/responses HTTP/1.0\r\nHost: {parts.netloc}\r\n"
        f"Authorization: Bearer {provider.endpoint.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(head.encode() + body)
        pieces = list(iter(lambda: connection.recv(65536), b""))
    whole = b"".join(pieces).decode()
    assert whole.endswith("\n\n")
    assert "東京" in whole
    assert any(cut_inside_a_character(piece) for piece in pieces)


def cut_inside_a_character(piece: bytes) -> bool:
    """Whether the bytes end in the middle of a character."""
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def test_the_second_half_of_a_character_can_be_lost(provider: Provider) -> None:
    data, cut = raw_stream(provider, failing("half_character_lost_at=6,text=東京 東京 東京"))
    assert cut
    assert cut_inside_a_character(data)


def test_a_nested_error_event_is_followed_by_the_failure(provider: Provider) -> None:
    events = provider.stream(failing("error_event_at=9"))
    assert [event["type"] for event in events][-2:] == ["error", "response.failed"]
    assert set(events[-2]["error"]) == {"type", "code", "message", "param"}
    assert [event["sequence_number"] for event in events] == list(range(12))
    with pytest.raises(openai.APIError):
        list(provider.sdk.responses.create(**failing("error_event_at=9"), stream=True))


def test_a_flat_error_event_is_the_last(provider: Provider) -> None:
    events = provider.stream(failing("error_event_flat_at=9"))
    assert set(events[-1]) == {"type", "sequence_number", "code", "message", "param"}
    assert list(provider.sdk.responses.create(**failing("error_event_flat_at=9"), stream=True))[-1].type == "error"


def test_a_failed_response_says_so_and_is_kept(provider: Provider) -> None:
    response = provider.stream(failing("failed_at=9"))[-1]["response"]
    assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
    assert provider.http.get(f"/responses/{response['id']}").json() == response


def test_slow_is_slow(provider: Provider) -> None:
    started = time.monotonic()
    provider.create(failing("slow=20,deltas=20"))
    assert time.monotonic() - started >= 0.4


def test_once_is_counted_for_each_fault_id(provider: Provider) -> None:
    for fault_id in ("a", "b"):
        body = ask("Hello", metadata={"fault": "status_500;once", "fault_id": fault_id})
        assert provider.refused(body)[0] == 500
        assert provider.create(body)["status"] == "completed"


def test_a_fault_that_does_not_exist_is_refused(provider: Provider) -> None:
    for fault in ("explode", "drop_at", "drop_at=soon"):
        status, error = provider.refused(failing(fault))
        assert (status, error["param"]) == (400, "metadata")


def test_every_fault_is_documented() -> None:
    described = str(faults.__doc__)
    for name in (*faults.FLAGS, *faults.IN_STREAM, *faults.IN_RESPONSE):
        assert f"    {name}" in described
