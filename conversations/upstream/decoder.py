"""Bytes of an event stream to events, in linear time and without an object of the SDK per delta."""

import json
import math
from typing import Any, NamedTuple

import msgspec

MAX_BUFFERED = 64 * 1024 * 1024  # bytes of one unfinished event; a final image of 3 MB is the largest seen
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_decode = msgspec.json.Decoder().decode


class Event(NamedTuple):
    """One event of a stream. `data` is the whole decoded event; `sequence_number` is None where it has none."""

    type: str
    sequence_number: int | None
    data: dict[str, Any]


class Decoder:
    """Decodes an event stream (WHATWG HTML, section 9.2.6) however its bytes are split.

    Lines end with LF, CR or CRLF; comments, `id` and `retry` are skipped; several `data` lines are one event. Text is
    decoded per event, so a character split between reads is whole. What UTF-8 or JSON cannot hold is replaced by
    U+FFFD; NUL characters are kept (PostgreSQL's text cannot store them: that is the mirror's business).

    `garbage` becomes true at the first event that is no JSON object, or that outgrows `MAX_BUFFERED`: what came before
    it was returned, nothing after it is.
    """

    def __init__(self) -> None:
        self.garbage = False
        self._line = bytearray()  # the line that no read has completed yet
        self._data: list[bytes] = []  # `data` lines of the event that no blank line has completed yet
        self._buffered = 0  # bytes in _data
        self._name = b""
        self._after_cr = False
        self._at_start = True
        self._half: tuple[tuple[object, ...], str] | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the bytes of one read; return the events they complete, in order."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk or self.garbage:
            return []
        self._after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()
        if self._line:
            self._line += lines[0]
            lines[0] = b""
            if len(lines) > 1 or chunk[-1] in b"\r\n":
                lines[0] = bytes(self._line)
                self._line.clear()
        if chunk[-1] not in b"\r\n":
            self._line += lines.pop()
        if self._at_start and lines:
            self._at_start = False
            lines[0] = lines[0].removeprefix(BYTE_ORDER_MARK)
        events = self._read(lines)
        self.garbage = self.garbage or len(self._line) + self._buffered > MAX_BUFFERED
        return events

    def end(self) -> list[Event]:
        """The stream is over: return the last event where only the blank line after it is missing."""
        self._after_cr = False
        return self.feed(b"\n\n" if self._line else b"\n")

    def _read(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
                self._buffered += len(line)
            elif not line:
                if self._data and (event := self._dispatch()):
                    events.append(event)
                if self.garbage:
                    break
                self._name = b""
            elif line.startswith(b"event:"):
                self._name = line[6:].removeprefix(b" ")
            elif line == b"data":
                self._data.append(b"")
        return events

    def _dispatch(self) -> Event | None:
        raw = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data = []
        self._buffered = 0
        if raw in (b"[DONE]", b""):
            return None
        try:
            data = _decode(raw)
            if self._half:
                data = self._mend(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            try:
                data = self._mend(_lenient(raw))
            except (ValueError, RecursionError):
                data = None
        except RecursionError:
            data = None
        if not isinstance(data, dict):
            self.garbage = True
            return None
        number = data.get("sequence_number")
        kind = data.get("type")
        if not isinstance(kind, str):
            kind = self._name.decode("utf-8", "replace") or ("error" if "error" in data else "message")
        return Event(kind, number if type(number) is int else None, data)

    def _mend(self, data: Any) -> Any:
        """Join a character whose two surrogates came in two deltas of one text; replace all other surrogates."""
        if not isinstance(data, dict):
            return data
        delta = data.get("delta")
        if isinstance(delta, str) and delta:
            place = (data.get("type"), data.get("item_id"), data.get("content_index"), data.get("summary_index"))
            if self._half and self._half[0] == place:
                delta = self._half[1] + delta
                self._half = None
            if "\ud800" <= delta[-1] <= "\udbff":
                self._half = (place, delta[-1])
                delta = delta[:-1]
            data["delta"] = delta
        return without_surrogates(data)


def decode_json(raw: bytes) -> Any:
    """Decode a JSON body, leniently; the result can be stored as UTF-8 and as JSON.

    Raises ValueError for what is no JSON at all.
    """
    try:
        return _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return without_surrogates(_lenient(raw))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def without_surrogates(value: Any) -> Any:
    """Return JSON data in which every lone surrogate is U+FFFD and every pair one character."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    return value


def _lenient(raw: bytes) -> Any:
    """What msgspec refuses: bad UTF-8, lone surrogates, control characters in strings, NaN and numbers beyond range."""

    def finite(text: str) -> float | None:
        number = float(text)
        return number if math.isfinite(number) else None

    text = raw.decode("utf-8", "replace")
    return json.loads(text, strict=False, parse_constant=lambda _: None, parse_float=finite)
