"""A conversation as a PDF: its transcript is written to a nameless file, and a child process sets it."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from conversations import contents
from conversations.errors import Refused
from conversations.exports.transcript import Entry, Part, transcript
from conversations.intake.kinds import BadFile
from conversations.intake.workshop import Busy, Workshop
from conversations.models import Conversation, File

SECONDS = 90.0
MOST = 48 * 1024 * 1024
"""Bytes of a transcript with its pictures. What is longer goes as HTML."""
LARGEST_PICTURE = 8 * 1024 * 1024
PIECE = 128 * 1024
TOO_LONG = "This conversation is too long for a PDF. Take it as HTML instead: that has no end."
presses = Workshop(1)
"""Apart from the one that opens uploads, which must not wait for paper."""


def pdf(conversation: Conversation, head_id: int | None) -> Iterator[bytes]:
    """Set the line that ends with the response `head_id`; return the PDF in pieces. Raise `Refused`."""
    with ExitStack() as stack:
        source = stack.enter_context(tempfile.TemporaryFile(dir=settings.DATA))
        _write(source, conversation, head_id)
        target = tempfile.TemporaryFile(dir=settings.DATA)  # noqa: SIM115  # closed when its last piece is sent
        try:
            presses.do("paper", [source, target], seconds=SECONDS)
        except BadFile as error:
            target.close()
            sentence = error.sentence if error.code == "too_long" and "pages" in error.sentence else TOO_LONG
            raise Refused(sentence, code=error.code, status=413) from error
        except Busy as error:
            target.close()
            sentence = "Other PDFs are being made at the moment. Try again in a minute."
            raise Refused(sentence, code="busy", status=503) from error
        except BaseException:
            target.close()
            raise
    return _read(target)


def _read(target: IO[bytes]) -> Iterator[bytes]:
    with target:
        target.seek(0)
        while piece := target.read(PIECE):
            yield piece


def _write(source: IO[bytes], conversation: Conversation, head_id: int | None) -> None:
    title = conversation.title or _("Conversation")
    _line(source, {"kind": "title", "text": title, "when": _when(timezone.now())})
    for entry in transcript(conversation, head_id):
        _line(source, _heading(entry))
        for part in entry.parts:
            _line(source, _part(part, typed=entry.kind != "answer"))


def _line(source: IO[bytes], record: dict[str, Any]) -> None:
    source.write(json.dumps(record).encode() + b"\n")
    if source.tell() > MOST:
        raise Refused(TOO_LONG, code="too_long", status=413)


def _heading(entry: Entry) -> dict[str, Any]:
    said = [_("to the people")] if entry.kind == "note" else []
    said += [_when(entry.at)] if entry.at else []
    return {"kind": "entry", "name": entry.name or _("Tool"), "when": " · ".join(said)}


def _part(part: Part, *, typed: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": part.kind, "text": part.text, "typed": typed}
    if part.file is not None:
        record["data"] = _picture(part.file)
    return record


def _picture(file: File) -> str:
    """Return a picture as large as a page shows it, "" where it is too large or gone."""
    shown = file.previews.filter(purpose=File.Purpose.PREVIEW, purged_at=None).first() or file
    try:
        return base64.b64encode(contents.read(shown)).decode() if shown.size <= LARGEST_PICTURE else ""
    except (FileNotFoundError, Refused):
        return ""


def _when(moment: Any) -> str:
    return formats.date_format(timezone.localtime(moment), "j M Y, H:i")
