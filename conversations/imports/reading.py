"""Reads an upload piece by piece, with limits on everything that a stranger's file can be too much of.

What counts are the bytes that come out, whatever a zip says of itself.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import ijson
from ijson.common import ObjectBuilder

MOST_MEMBERS = 100_000
MOST_DIRECTORY = 32 * 1024 * 1024
"""Bytes of a zip's list of members, which is read whole."""
MOST_RATIO = 200
"""Times that a member may grow; text that a person or model wrote grows ten times at most."""
FREE_GROWTH = 64 * 1024 * 1024
MOST_GROWTH = 20
"""Times the size of a zip that all pictures and files in it may have: they are compressed already."""
MOST_TEXT_GROWTH = 100
"""Times the size of a zip that all text may have that is read of it: members of a bomb can lie in each other."""
MOST_MEMBER = 64 * 1024 * 1024
"""Bytes of one picture or file."""
MOST_CONVERSATION = 48 * 1024 * 1024
"""Bytes of one conversation as JSON, with the pictures inside."""
UNREADABLE = (zipfile.BadZipFile, OSError, ValueError, RuntimeError)
"""What zipfile raises for what is broken, encrypted, or packed in a way that it does not know."""
MOST_SILENCE = 96 * 1024 * 1024
"""Bytes of one string: the parser gathers it whole."""
MOST_LINE = 48 * 1024 * 1024
MOST_DEPTH = 100
PIECE = 64 * 1024


class BadImport(Exception):
    """What makes the whole upload useless. `sentence` is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


DAMAGED = "This file is damaged: it cannot be read to its end. Export it again, and try that."
BOMB = "This zip holds much more than its size says. It is not read."
UNKNOWN = "This is no export of Salon, ChatGPT or Open WebUI. Choose the file as it was exported."


@dataclass(frozen=True)
class Left:
    """Something that is not taken, and why."""

    why: str


class Counted:
    """A stream that counts what is read of it and stops at a limit."""

    def __init__(self, stream: IO[bytes], limit: int, told: Callable[[int], None] = lambda size: None) -> None:
        self._stream, self._limit, self._told = stream, limit, told
        self.count = 0
        self.heard = 0
        """Where the last whole word of the parser was."""

    def read(self, size: int = -1) -> bytes:
        if self.count - self.heard > MOST_SILENCE:
            raise BadImport(DAMAGED)
        try:
            piece = self._stream.read(PIECE if size < 0 else min(size, PIECE))
        except Exception as error:  # every decompressor has exceptions of its own
            raise BadImport(DAMAGED) from error
        self.count += len(piece)
        if self.count > self._limit:
            raise BadImport(BOMB)
        self._told(len(piece))
        return piece

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, without their ends; raise `BadImport` for one that never ends."""
        rest = b""
        while piece := self.read(PIECE):
            self.heard = self.count
            rest += piece
            if b"\n" in piece:
                *whole, rest = rest.split(b"\n")
                yield from whole
            if len(rest) > MOST_LINE:
                raise BadImport(DAMAGED)
        if rest:
            yield rest


class Pack:
    """A zip: its members by their names, each read with limits."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # before the list that it names is read
            if not end or end[5] > MOST_DIRECTORY or end[4] > MOST_MEMBERS:
                raise BadImport(DAMAGED if not end else BOMB)
            self._zip = zipfile.ZipFile(file)
        except UNREADABLE as error:
            raise BadImport(DAMAGED) from error
        file.seek(0, 2)
        size = file.tell()
        self._room = size * MOST_GROWTH + FREE_GROWTH
        self._text_room = size * MOST_TEXT_GROWTH + 2 * FREE_GROWTH
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        self.members = {member.filename: member for member in members}

    def names(self) -> list[str]:
        return list(self.members)

    def stream(self, name: str, told: Callable[[int], None] = lambda size: None) -> Counted:
        """Return a member, open for reading; raise `BadImport`."""
        member = self.members[name]
        if member.flag_bits & 1:
            raise BadImport("This zip is encrypted. Unpack it, and make one without a password.")
        limit = member.compress_size * MOST_RATIO + FREE_GROWTH

        def count(size: int) -> None:
            self._text_room -= size
            if self._text_room < 0:
                raise BadImport(BOMB)
            told(size)

        try:
            return Counted(self._zip.open(member), limit, count)
        except UNREADABLE as error:
            raise BadImport(DAMAGED) from error

    def content(self, name: str, most: int = MOST_MEMBER) -> Counted | None:
        """Return a picture or file, None where it is not there or too large."""
        member = self.members.get(name)
        if member is None or member.file_size > most:
            return None
        self._room -= member.file_size  # no more than that comes out
        if self._room < 0:
            raise BadImport(BOMB)
        try:
            return Counted(self._zip.open(member), most)
        except UNREADABLE:
            return None


def objects(stream: Counted) -> Iterator[dict[str, Any] | Left]:
    """Yield the objects of a JSON list one by one, or the one object that there is.

    One that is too large or too deep is `Left`, and those behind it are read on. Raise `BadImport` where the file
    itself is broken; what was yielded before is good.
    """
    building = _Building()
    try:
        for event, value in ijson.basic_parse(stream, use_float=True):
            stream.heard = stream.count
            if (found := building.take(event, value, stream.count)) is not None:
                yield found
    except BadImport:
        raise
    except (ijson.JSONError, ValueError, RecursionError, OverflowError) as error:
        raise BadImport(DAMAGED) from error


class _Building:
    """Puts events together to objects, one at a time."""

    def __init__(self) -> None:
        self._base: int | None = None
        self._depth = 0
        self._begun = 0
        self._builder: Any = None
        self._why = ""

    def take(self, event: str, value: Any, at: int) -> dict[str, Any] | Left | None:
        opens, closes = event in {"start_map", "start_array"}, event in {"end_map", "end_array"}
        if self._base is None:
            if not opens:
                raise BadImport(UNKNOWN)
            self._base = 1 if event == "start_array" else 0
        if opens:
            if self._depth == self._base:
                self._builder, self._begun, self._why = ObjectBuilder(), at, ""
            self._depth += 1
            if self._depth - self._base > MOST_DEPTH:
                self._leave("It is nested too deeply.")
        if self._builder is not None and at - self._begun > MOST_CONVERSATION:
            self._leave("It is too large.")
        if self._builder is not None and (self._depth > self._base):
            self._builder.event(event, value)
        if closes:
            self._depth -= 1
            if self._depth == self._base:
                return self._finished()
        return None

    def _leave(self, why: str) -> None:
        self._builder, self._why = None, self._why or why

    def _finished(self) -> dict[str, Any] | Left | None:
        builder, self._builder = self._builder, None
        if builder is None:
            return Left(self._why) if self._why else None
        return builder.value if isinstance(builder.value, dict) else Left("It is no conversation.")


def record(line: bytes) -> dict[str, Any] | None:
    """Return a line of our own export, None for what is none."""
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(line)
        return value if isinstance(value, dict) else None
    return None
