"""The frames of the conversation socket. `docs/protocol.md` describes them for other clients.

A socket message holds one or more frames, one JSON object a line: what waited while the last message was being sent
goes out together. All frames are encoded here, once for all who see them.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

HEARTBEAT = 20
"""Seconds between two pings of the server. A browser that hears nothing for twice as long reconnects."""


class Close:
    """Close codes, by what the browser should do."""

    RESTARTS = 1012
    BAD_FRAME = 4400
    SIGNED_OUT = 4401
    REMOVED = 4403
    UNKNOWN = 4404
    TOO_SLOW = 4408
    TOO_MANY_FRAMES = 4429


class Hello(msgspec.Struct, tag="hello", tag_field="type"):
    """The first frame. `position` is the conversation's newest."""

    position: int


class FactFrame(msgspec.Struct, tag="fact", tag_field="type", omit_defaults=True):
    """Rows have changed. `turn`, `branch`, `reaction` and `conversation` are their state after it, or later; `person`
    is whom it is about."""

    position: int
    kind: str
    person: int | None = None
    turn: dict[str, Any] | None = None
    note: dict[str, Any] | None = None
    branch: dict[str, Any] | None = None
    reaction: dict[str, Any] | None = None
    conversation: dict[str, Any] | None = None


class StreamFrame(msgspec.Struct, tag="stream", tag_field="type"):
    """Events of a running response. `sequence` is the number of the first; the others follow it."""

    response: int
    epoch: int
    sequence: int
    events: msgspec.Raw


class Snapshot(msgspec.Struct, tag="snapshot", tag_field="type"):
    """The output of a running response so far. `sequence` is the number of the next event."""

    response: int
    epoch: int
    sequence: int
    output: list[dict[str, Any]]


class Waiting(msgspec.Struct, tag="waiting", tag_field="type"):
    """The provider is asked again in `seconds`; `message` says why. Told once and kept nowhere."""

    response: int
    seconds: float
    message: str


class Reload(msgspec.Struct, tag="reload", tag_field="type"):
    """The cursor is too old to be served by frames: fetch the turns afresh."""

    reason: str


Audience = Literal["", "model", "people"]


class Writer(msgspec.Struct):
    """Somebody who is writing, and to whom."""

    person: dict[str, Any]
    to: Audience


class Presence(msgspec.Struct, tag="presence", tag_field="type"):
    """How many look at the conversation, the first of them, and the first of those who write. Kept nowhere."""

    count: int
    people: list[dict[str, Any]]
    writing: list[Writer]


class Ping(msgspec.Struct, tag="ping", tag_field="type"):
    """A sign of life."""


class ErrorFrame(msgspec.Struct, tag="error", tag_field="type"):
    """What was wrong with a frame of the browser's."""

    message: str


class Resync(msgspec.Struct, tag="resync", tag_field="type"):
    """Browser -> server: events of this response are missing, send a snapshot."""

    response: int


class Typing(msgspec.Struct, tag="typing", tag_field="type"):
    """Browser -> server: its person is writing, or with an empty `to` has stopped."""

    to: Audience


class Read(msgspec.Struct, tag="read", tag_field="type"):
    """Browser -> server: its person was shown everything up to this position."""

    position: int


class Unread(msgspec.Struct, tag="unread", tag_field="type"):
    """How much the person has not read of another conversation than the socket's."""

    conversation: str
    count: int


class Notices(msgspec.Struct, tag="notices", tag_field="type"):
    """What the person has not read of their notices is not what it was."""


ServerFrame = (
    Hello | FactFrame | StreamFrame | Snapshot | Waiting | Presence | Unread | Notices | Reload | Ping | ErrorFrame
)
BrowserFrame = Resync | Typing | Read
_from_browser = msgspec.json.Decoder(BrowserFrame)


class _Events(msgspec.Struct):
    events: list[msgspec.Raw] = []


class _Turn(msgspec.Struct):
    id: int
    status: str


class _Told(msgspec.Struct):
    type: str
    kind: str = ""
    turn: _Turn | None = None


_events = msgspec.json.Decoder(_Events)
_told = msgspec.json.Decoder(_Told)
_encoder = msgspec.json.Encoder()


def encode(frame: ServerFrame) -> str:
    """Return the frame as one line of text."""
    return _encoder.encode(frame).decode()


def decode(text: str) -> BrowserFrame:
    """Return the frame that a browser sent; raise `ValueError` for anything else."""
    try:
        frame: BrowserFrame = _from_browser.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return frame


def events_of(frame: str) -> list[bytes]:
    """Return the events of a `stream` frame, each as it stands in it; none for another frame."""
    return [bytes(event) for event in _events.decode(frame).events]


def turn_of(frame: str) -> tuple[int, str] | None:
    """Return the id and the status of the turn that a fact's frame brings, None where it brings none."""
    turn = _told.decode(frame).turn
    return (turn.id, turn.status) if turn is not None else None


class StreamCursor(msgspec.Struct, frozen=True):
    """How far a browser has come in a running response: `sequence` is the next event that it lacks."""

    epoch: int
    sequence: int


def parse_cursors(text: str, *, most: int = 100) -> dict[int, StreamCursor]:
    """Return the cursors of a query string's `streams` (`response:epoch:sequence,...`); bad ones are left out."""
    cursors: dict[int, StreamCursor] = {}
    for part in text.split(",")[:most]:
        numbers = part.split(":")
        if len(numbers) == 3 and all(n.isascii() and n.isdigit() and len(n) < 19 for n in numbers):
            response, epoch, sequence = map(int, numbers)
            cursors[response] = StreamCursor(epoch, sequence)
    return cursors
