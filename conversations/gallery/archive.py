"""Several pictures as one zip, written while it is sent, with a manifest that says of each what made it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone

from conversations import contents
from conversations.errors import Refused
from conversations.exports.archive import PIECE, Outgoing
from conversations.gallery.pictures import Picture
from conversations.intake.names import clean_name

MANIFEST = "manifest.json"
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}


def name_of(picture: Picture) -> str:
    """Return what to call a picture that is taken along: its first words, and the suffix of what it is."""
    file = picture.shown
    called = (
        picture.file.name.rpartition(".")[0] or picture.file.name or " ".join(picture.title.split()[:8]) or "picture"
    )
    return clean_name(called[:80].rstrip(". …") + SUFFIXES.get(file.media_type, ""), file.media_type)


def zipped(pictures: Sequence[Picture]) -> Iterator[bytes]:
    """Yield the pieces of a zip. The manifest comes last, and says which bytes were not there any more."""
    outgoing = Outgoing()
    sink: Any = outgoing  # it needs no more of a file than `write` and `flush`
    entries: list[dict[str, Any]] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as made:
        for number, picture in enumerate(pictures, 1):
            name = f"{number:03}-{name_of(picture)}"
            entry = entry_of(picture)
            entries.append(entry)
            try:
                content = contents.opened(picture.shown)
            except (FileNotFoundError, Refused):
                entry["missing"] = True
                continue
            entry["name"] = name
            info = zipfile.ZipInfo(name, timezone.localtime(picture.file.created_at).timetuple()[:6])
            with content, made.open(info, "w", force_zip64=True) as target:  # pictures are compressed already
                while piece := content.read(PIECE):
                    target.write(piece)
                    if outgoing.size >= PIECE:
                        yield outgoing.take()
        made.writestr(MANIFEST, json.dumps({"pictures": entries}, indent=2, ensure_ascii=False) + "\n")
    yield outgoing.take()


def entry_of(picture: Picture) -> dict[str, Any]:
    """Return what the manifest says of a picture."""
    file, recipe = picture.shown, picture.recipe
    return {
        "id": picture.file.pk,
        "conversation": file.conversation_id,
        "response": recipe.response.provider_id if recipe.response is not None else None,
        "author": recipe.author.display_name if recipe.author is not None else None,
        "created_at": file.created_at.isoformat(),
        "media_type": file.media_type,
        "width": file.width,
        "height": file.height,
        "size": file.size,
        "sha256": file.sha256,
        **recipe.as_json(),
    }
