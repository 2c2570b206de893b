"""Bytes to events: whatever the framing, the splits and the flaws."""

import itertools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.upstream import decoder
from conversations.upstream.decoder import BYTE_ORDER_MARK, Decoder, Event

from .script import answer_events, sse

ANSWER = answer_events("Grüße an 👩‍🔬 und मित्र")
LINE_ENDS = ("\n", "\r", "\r\n")


def decode(*chunks: bytes) -> list[Event]:
    decoder = Decoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.end()


def data_of(*chunks: bytes) -> list[object]:
    return [event.data for event in decode(*chunks)]


def test_an_event_carries_its_type_its_number_and_all_of_its_data() -> None:
    [event] = decode(b'event: x.y\ndata: {"type":"x.y","sequence_number":7,"new_field":[1]}\n\n')
    assert event == ("x.y", 7, {"type": "x.y", "sequence_number": 7, "new_field": [1]})


@given(
    cuts=st.lists(st.integers(0, 2000), max_size=30),
    line_ends=st.lists(st.sampled_from(LINE_ENDS), min_size=1, max_size=7),
    mark=st.booleans(),
    comments=st.booleans(),
)
def test_any_split_and_any_line_ends_give_the_same_events(
    cuts: list[int], line_ends: list[str], mark: bool, comments: bool
) -> None:
    stream = BYTE_ORDER_MARK if mark else b""
    for number, event in enumerate(ANSWER):
        text = sse(event).decode() + (":ping\n" if comments else "")
        stream += text.replace("\n", line_ends[number % len(line_ends)]).encode()
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    chunks = [stream[start:end] for start, end in itertools.pairwise(places)]
    assert data_of(*chunks) == ANSWER


def test_one_byte_at_a_time_gives_the_same_events() -> None:
    stream = sse(*ANSWER)
    assert data_of(*(stream[place : place + 1] for place in range(len(stream)))) == ANSWER


def test_several_data_lines_are_one_event() -> None:
    assert data_of(b'data: {"type":\ndata:"a",\ndata\ndata:  "b": 1}\n\n') == [{"type": "a", "b": 1}]


def test_the_last_event_counts_without_a_blank_line_after_it() -> None:
    for ending in (b"", b"\n", b"\r", b"\r\n"):
        assert data_of(b'data: {"type":"a"}' + ending) == [{"type": "a"}]


def test_comments_other_fields_done_and_empty_events_are_no_events() -> None:
    assert data_of(b": hello\nid: 1\nretry: 5\n\nevent: a\n\ndata: [DONE]\n\ndata:\n\nwhat is this\n\n") == []


def test_an_event_without_a_type_is_named_by_its_event_field() -> None:
    named, error, plain = decode(b'event: x\ndata: {}\n\ndata: {"error": {}}\n\ndata: {"id": 1}\n\n')
    assert (named.type, error.type, plain.type) == ("x", "error", "message")


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert data_of(b'data: {"type":"a","delta":"ok \xff\xfe ok"}\n\n') == [{"type": "a", "delta": "ok \ufffd\ufffd ok"}]


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00"])
def test_half_a_character_becomes_a_replacement_so_that_the_text_can_be_stored(half: str) -> None:
    [event] = decode(rf'data: {{"type":"a","text":"x{half}y","list":["{half}"]}}'.encode() + b"\n\n")
    assert event.data == {"type": "a", "text": "x\ufffdy", "list": ["\ufffd"]}


def test_a_character_split_between_two_deltas_is_whole() -> None:
    first, second, third = decode(
        rb'data: {"type":"t.delta","item_id":"m","delta":"a\ud83d"}'
        b"\n\n"
        rb'data: {"type":"t.delta","item_id":"m","delta":"\ude00b"}'
        b'\n\ndata: {"type":"t.delta","item_id":"m","delta":"c"}\n\n'
    )
    assert [event.data["delta"] for event in (first, second, third)] == ["a", "😀b", "c"]


def test_half_a_character_is_not_joined_with_another_text() -> None:
    first, second = decode(
        rb'data: {"type":"t.delta","item_id":"m1","delta":"a\ud83d"}'
        b'\n\ndata: {"type":"t.delta","item_id":"m2","delta":"b"}\n\n'
    )
    assert (first.data["delta"], second.data["delta"]) == ("a", "b")


def test_nul_is_kept_and_numbers_beyond_json_are_null() -> None:
    [event] = decode(rb'data: {"type":"a","text":"x\u0000y","n":NaN,"big":1e999,"int":123456789012345678901}' + b"\n\n")
    assert event.data == {"type": "a", "text": "x\x00y", "n": None, "big": None, "int": 123456789012345678901}


@pytest.mark.parametrize("garbage", [b"{not json", b"42", b"null", b'"text"', b"[" * 100_000, b'{"type": "a"'])
def test_garbage_ends_the_reading_after_the_events_before_it(garbage: bytes) -> None:
    decoder = Decoder()
    events = decoder.feed(b'data: {"type":"a"}\n\ndata: ' + garbage + b'\n\ndata: {"type":"b"}\n\n')
    assert [event.type for event in events] == ["a"]
    assert decoder.garbage
    assert decoder.feed(b'data: {"type":"c"}\n\n') == []


def test_an_event_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "MAX_BUFFERED", 100_000)
    for piece in (b"x" * 10_000, b"data: x" + b"x" * 10_000 + b"\n"):
        endless = Decoder()
        for _ in range(11):
            endless.feed(piece)
        assert endless.garbage


def test_a_long_line_in_small_pieces_takes_linear_time() -> None:
    """An image of 12 MB in reads of 1 KiB: quadratic copying would move 70 GB."""
    image = "A" * 12_000_000
    stream = f'data: {{"type":"i","b64":"{image}"}}\n\n'.encode()
    began = time.process_time()
    [event] = decode(*(stream[place : place + 1024] for place in range(0, len(stream), 1024)))
    assert time.process_time() - began < 2
    assert len(event.data["b64"]) == len(image)


@given(st.binary(max_size=300), st.integers(1, 20))
def test_no_bytes_at_all_upset_it(noise: bytes, size: int) -> None:
    whole = decode(noise)
    assert decode(*(noise[place : place + size] for place in range(0, len(noise), size))) == whole
    for event in whole:
        json.dumps(event.data, ensure_ascii=False).encode()
