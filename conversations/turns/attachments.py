"""Puts into a request what its references to stored bytes stand for, in the way that the provider takes them.

A provider is given each content once, which is then named by the id that it has there. One that shall keep nothing is
given the bytes themselves each time, and so is one that takes no ids: that shows in its answer, and is remembered.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from conversations import contents, threads
from conversations.errors import Refused
from conversations.models import File, InputWay, ProviderFile
from conversations.upstream.client import Provider
from conversations.upstream.errors import (
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    RequestRejected,
    ResponseNotFound,
    UpstreamError,
)

log = structlog.get_logger(__name__)

MARGIN = timedelta(hours=12)
"""A file that the provider deletes sooner is uploaded again: the turn, and its repetition, must find it."""
REMEMBERED = timedelta(days=30)
"""For how long a provider is believed not to take a way: providers learn."""
MOST_DEPTH = 30
MASK = "input_image_mask"
MASKING = "mask"
"""The kind of a file that says which part of a picture is to be edited."""
LOST = re.compile(r"\b(?:file|assistant)-[A-Za-z0-9_-]{6,100}")
GONE = "A file of this message is not kept here any more, so it cannot be sent."
TAKEN = "[A file was here. It is not kept any more.]"
"""Said in place of what a retention rule took, so that the conversation can go on."""
BLANK = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEElEQVR42mNsYIAAJgaKGAAmCACQtT"
    "EKkQAAAABJRU5ErkJggg=="
)
"""A grey picture in place of one of a screen that is not kept any more: after a step the API wants one."""
AWAY = "The files of this message cannot be read at the moment. Try again in a while."
OURS = frozenset({"file_gone", "storage"})
"""Codes of what is wrong on our side."""
NO_CONTAINER_FILES = "The provider takes no files for the containers of tools, or may not keep any for this turn."
AGAIN = "The provider had lost a file, so it was given once more."
OTHERWISE = "The provider does not take files by their id, so they were sent inside the request."


Place = tuple[int, str | int]
"""The identity of the object or array that holds a reference, and where in it."""


@dataclass
class Attached:
    """A request with every reference resolved, and how: what to do otherwise should the provider not take it."""

    body: dict[str, Any]
    given: set[str] = field(default_factory=set)
    """Contents that were named by an id that the provider gave earlier."""
    fresh: set[str] = field(default_factory=set)
    """Kinds of files that were named by an id that it gave just now."""


class Attachments:
    """What the requests of one turn carry, for one provider."""

    def __init__(self, upstream: Provider, *, endpoint: str) -> None:
        self.upstream = upstream
        self.endpoint = endpoint
        self.kind = settings.SALON_PROVIDER.kind if settings.SALON_PROVIDER else "local"
        self.ways: dict[str, str] = {}
        self.learnt: set[str] = set()
        """Kinds that this turn found not to be taken by id."""

    async def resolve(self, body: dict[str, Any], *, keeps: bool) -> Attached:
        """Return the request with bytes or ids in place of references. `keeps`: the provider may keep files.

        Raise `RequestRejected` where a file is gone from here.
        """
        attached = Attached(body)
        parts = [*_references(body.get("input")), *_references(body.get("tools"))]
        masks = {id(tool.get(MASK)) for tool in body.get("tools") or () if isinstance(tool, dict)}
        if not parts:
            return attached
        self.ways = await threads.runner.run(_ways, self.endpoint)
        files = await threads.runner.run(_files, {holder[key]["$file"] for holder, key in parts})
        replaced: dict[Place, Any] = {}
        for holder, key in parts:
            file = files.get(holder[key]["$file"])
            if file is None:
                raise RequestRejected(GONE, code="file_gone")
            if isinstance(holder, list):
                replaced[id(holder), key] = await self._id_in_container(file, attached, keeps=keeps)
                continue
            if file.purged_at is not None and holder.get("type") in {"input_image", "input_file"}:
                replaced[id(holder), key] = {"type": "input_text", "text": TAKEN}
                continue
            if file.purged_at is not None and holder.get("type") == "computer_screenshot":
                replaced[id(holder), key] = {"type": "computer_screenshot", "image_url": BLANK}
                continue
            kind = MASKING if id(holder) in masks else _kind(file)
            replaced[id(holder), key] = await self._resolved(holder, key, file, kind, attached, keeps=keeps)
        carrying: dict[str, Any] = {name: _copied(body[name], replaced) for name in ("input", "tools") if name in body}
        attached.body = {**body, **carrying}
        return attached

    async def _resolved(
        self, holder: dict[str, Any], key: str, file: File, kind: str, attached: Attached, *, keeps: bool
    ) -> dict[str, Any]:
        """Return what stands in place of the part that holds the reference."""
        part = {name: value for name, value in holder.items() if name != key}
        by_id = part.get("type") in {"input_image", "input_file"} or kind == MASKING
        if not by_id or holder[key].get("inline"):
            return part | {key: await self._data(file, holder[key])}
        way = self._way(kind, keeps=keeps)
        if way == InputWay.Way.TEXT:
            name = holder.get("filename") or file.name or "file"
            words = (await _content(file)).decode(errors="replace")
            return {"type": "input_text", "text": f"The file {name}:\n\n{words}"}
        if way == InputWay.Way.FILE_ID and (provider_id := await self._provider_id(file, kind, attached)):
            part.pop("filename", None)  # it has the name that it was uploaded with
            return part | {"file_id": provider_id}
        return part | {key: await self._data(file, holder[key])}

    async def _id_in_container(self, file: File, attached: Attached, *, keeps: bool) -> str:
        """Return what a tool's container calls the file: there is no other way into it than by an id."""
        kind = _kind(file)
        provider_id = await self._provider_id(file, kind, attached) if keeps and kind not in self.learnt else None
        if provider_id is None:
            raise RequestRejected(NO_CONTAINER_FILES, code="unsupported_file")
        return provider_id

    def _way(self, kind: str, *, keeps: bool) -> str:
        way = self.ways.get(kind, InputWay.Way.FILE_ID)
        if kind == "text" and self.kind != "openai":
            return InputWay.Way.TEXT  # everywhere else PDFs are all that is promised
        if kind in self.learnt or not keeps:
            return InputWay.Way.DATA
        return way

    async def _data(self, file: File, reference: dict[str, Any]) -> str:
        content = await _content(file)
        return str(reference.get("prefix", "")) + base64.b64encode(content).decode()

    async def _provider_id(self, file: File, kind: str, attached: Attached) -> str | None:
        """Return the provider's id of the content, uploading it where it has none; None where it takes no files."""
        known = await threads.runner.run(_known, self.endpoint, file.sha256)
        if known is not None:
            attached.given.add(file.sha256)
            return known
        try:
            async with _lock(self.endpoint, file.sha256):
                known = await threads.runner.run(_known, self.endpoint, file.sha256)
                if known is None:
                    known = await self._upload(file, kind)
        except (ProviderBusy, ProviderUnavailable):
            return None  # this once the bytes go along
        except (ProviderRefused, RequestRejected, ResponseNotFound) as error:
            if error.code in OURS:
                raise
            log.info("provider_takes_no_files", kind=kind, status=error.status)
            self.learnt.add(kind)
            await threads.runner.run(_remember, self.endpoint, kind)
            return None
        attached.fresh.add(kind)
        return known

    async def _upload(self, file: File, kind: str) -> str:
        content = await _content(file)
        answer = await self.upstream.upload_file(
            name=file.name or f"{file.pk}.bin",
            content=content,
            media_type=file.media_type,
            purpose=_purpose(kind, self.kind),
        )
        provider_id, expires = answer.get("id"), answer.get("expires_at")
        if not isinstance(provider_id, str) or not provider_id:
            raise ProviderRefused("The provider took a file and gave no id for it.")
        expires_at = datetime.fromtimestamp(expires, UTC) if isinstance(expires, int) and expires > 0 else None
        return await threads.runner.run(_note, self.endpoint, file.sha256, provider_id[:200], expires_at)

    async def otherwise(self, attached: Attached, error: UpstreamError) -> str | None:
        """Prepare to send the request another way, where its files may be why it was refused.

        Return a remark for people, or None where there is nothing to try: resolve the request anew after a remark.
        """
        if not _is_about_files(error):
            return None
        if attached.given:
            await threads.runner.run(_forget, self.endpoint, attached.given)
            return AGAIN
        if attached.fresh:
            self.learnt |= attached.fresh
            return OTHERWISE
        if "previous_response_id" in attached.body and (lost := LOST.findall(str(error.body.get("message", "")))):
            # In what the provider keeps of the conversation: it is told anew, with files that are there
            await threads.runner.run(_forget_ids, self.endpoint, lost)
            raise ResponseNotFound(error.sentence, code=error.code, status=error.status) from error
        return None

    async def remember(self) -> None:
        """Keep for later turns what this one found out; to be called once the provider took the request."""
        for kind in self.learnt:
            await threads.runner.run(_remember, self.endpoint, kind)


async def _content(file: File) -> bytes:
    """Return the bytes of a file; raise `RequestRejected` where they are gone from here, or cannot be had now."""
    try:
        return await threads.pages.run(contents.read, file)
    except FileNotFoundError as error:
        raise RequestRejected(GONE, code="file_gone") from error
    except Refused as error:
        raise RequestRejected(AWAY, code=error.code) from error


_locks: dict[tuple[str, str], asyncio.Lock] = {}


def _lock(endpoint: str, sha256: str) -> asyncio.Lock:
    """One upload of a content at a time: turns that begin together share it."""
    if len(_locks) > 1000:
        for key in [key for key, lock in _locks.items() if not lock.locked()]:
            del _locks[key]
    return _locks.setdefault((endpoint, sha256), asyncio.Lock())


def _references(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Yield each object that holds a reference with the name under which it does, and each array with the position."""
    if depth > MOST_DEPTH or not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict) and "$file" in inner:
            yield value, key
        else:
            yield from _references(inner, depth + 1)


def _copied(value: Any, replaced: dict[Place, Any]) -> Any:
    """Return `value` with the objects that hold references replaced; what is kept in rows is not touched."""
    if isinstance(value, list):
        return [
            replaced[id(value), position] if (id(value), position) in replaced else _copied(inner, replaced)
            for position, inner in enumerate(value)
        ]
    if isinstance(value, dict):
        for key in value:
            if (id(value), key) in replaced:
                return replaced[id(value), key]
        return {
            key: _copied(inner, replaced) if isinstance(inner, dict | list) else inner for key, inner in value.items()
        }
    return value


def _kind(file: File) -> str:
    if file.media_type.startswith("image/"):
        return "picture"
    return "text" if file.media_type.startswith("text/") else "pdf"


def _purpose(kind: str, provider_kind: str) -> str:
    """Azure takes no `user_data` (its documentation of 2026-06)."""
    if provider_kind.startswith("azure"):
        return "assistants"
    return "vision" if kind == "picture" else "user_data"  # as recorded, also for masks


def _is_about_files(error: UpstreamError) -> bool:
    if not isinstance(error, RequestRejected | ResponseNotFound) or error.code in OURS:
        return False
    message = str(error.body.get("message", "")).lower()
    about = any(word in message for word in ("file", "image", "input_"))
    return about or (error.param or "").startswith("input") or "file" in (error.code or "")


def _files(ids: set[str]) -> dict[str, File]:
    return File.objects.in_bulk(ids)


def _ways(endpoint: str) -> dict[str, str]:
    since = timezone.now() - REMEMBERED
    return dict(InputWay.objects.filter(endpoint=endpoint, noticed_at__gt=since).values_list("kind", "way"))


def _remember(endpoint: str, kind: str) -> None:
    InputWay.objects.update_or_create(
        endpoint=endpoint, kind=kind, defaults={"way": InputWay.Way.DATA, "noticed_at": timezone.now()}
    )


def _known(endpoint: str, sha256: str) -> str | None:
    found = ProviderFile.objects.filter(endpoint=endpoint, sha256=sha256).first()
    if found is None or (found.expires_at is not None and found.expires_at < timezone.now() + MARGIN):
        return None
    return found.provider_id


def _note(endpoint: str, sha256: str, provider_id: str, expires_at: datetime | None) -> str:
    ProviderFile.objects.update_or_create(
        endpoint=endpoint,
        sha256=sha256,
        defaults={"provider_id": provider_id, "expires_at": expires_at, "created_at": timezone.now()},
    )
    return provider_id


def _forget(endpoint: str, digests: set[str]) -> None:
    ProviderFile.objects.filter(endpoint=endpoint, sha256__in=digests).delete()


def _forget_ids(endpoint: str, provider_ids: list[str]) -> None:
    ProviderFile.objects.filter(endpoint=endpoint, provider_id__in=provider_ids).delete()
