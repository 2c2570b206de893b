"""Writes what was read into a conversation of the person who brought it.

It is written in small transactions, and nobody is in it until it is whole: what a crash leaves of it is nobody's, and
is taken away by the next try. What a provider called a response is only told, never taken for the provider's.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from conversations import contents, events
from conversations.actions import files
from conversations.errors import Refused
from conversations.imports.neutral import Foreign, Message, Part, Turn, line_to, turns
from conversations.imports.reading import BadImport
from conversations.imports.report import Report
from conversations.models import Branch, Conversation, Deletion, Fact, File, Item, Membership, Response, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.moderation import deletion, purging

ELSEWHERE = "imported"
"""The endpoint of a response that no provider of ours gave: no request ever names it."""
BATCH = 100
BREATH = 0.02
"""Seconds between two transactions: those who chat come first."""
MOST_TITLE = 200
LONGEST = 400_000


def known(user: User, key: str) -> bool:
    """Whether an earlier import has brought it; what a crash left of one is taken away first."""
    for row in Conversation.objects.filter(created_by=user, imported_as=key, deleted_at=None):
        if row.memberships.exists():
            return True
        _discard(row)
    return False


def _discard(conversation: Conversation) -> None:
    with transaction.atomic():
        gone = deletion.hide(conversation.pk, cause=Deletion.Cause.PERSON, actor=None)
        gone.state, gone.purge_after = Deletion.State.PURGING, timezone.now()
        gone.save(update_fields=["state", "purge_after"])
    while purging.batch(gone.pk, 200, purging.Report().counts) is None:
        time.sleep(BREATH)


def begin(user: User, key: str, **columns: Any) -> Conversation:
    """Return a conversation that nobody is in yet."""
    columns["title"] = plain(columns.get("title", ""))[:MOST_TITLE]
    return Conversation.objects.create(created_by=user, imported_as=key, **columns)


def finish(conversation: Conversation, user: User, branch: Branch | None) -> None:
    """Let the person in: from now on it is theirs."""
    with transaction.atomic():
        locked = events.lock_undeleted(conversation.pk)
        now = timezone.now()
        locked.branch, locked.activity_at = branch, now
        Membership.objects.create(
            conversation=locked, user=user, role=Membership.Role.OWNER, activity_at=locked.activity_at
        )
        events.record(locked, Fact.Kind.CONVERSATION_UPDATED, changed=["branch", "activity_at"])
        record("conversation.import", actor=user, object=locked)


def since(moment: dt.datetime | None) -> dt.datetime:
    """Return when something was, which cannot be later than now."""
    now = timezone.now()
    return min(moment, now) if moment is not None else now


class ForeignWriter:
    """Writes one conversation of another program."""

    def __init__(self, user: User, foreign: Foreign, report: Report, tell: Callable[[], None]) -> None:
        self._user, self._foreign, self._report, self._tell = user, foreign, report, tell
        self._items: list[Item] = []
        self._branches: dict[int, Branch] = {}
        self._rows: list[Response] = []

    def write(self) -> None:
        """Raise what a database or storage raises; the import is tried again then."""
        foreign, user = self._foreign, self._user
        made = turns(foreign)
        self._conversation = begin(
            user, foreign.key, title=foreign.title, title_by_person=True, created_at=since(foreign.at)
        )
        for start in range(0, len(made), BATCH):
            self._write_turns(made, start, made[start : start + BATCH])
            self._tell()
            time.sleep(BREATH)
        at = line_to(foreign, made)
        branch = self._rows[at].branch if at is not None else None
        with transaction.atomic():
            for head in {row.branch_id: row for row in self._rows}.values():
                Branch.objects.filter(pk=head.branch_id).update(head=head)
        finish(self._conversation, user, branch)
        self._report.brought(self._conversation.pk)
        for what, why in foreign.left:
            self._report.leave(what, why)

    def _write_turns(self, made: Sequence[Turn], start: int, batch: Sequence[Turn]) -> None:
        prepared = [self._payloads(turn) for turn in batch]  # files first: they take their time
        with transaction.atomic():
            for number, (turn, (asked, answered)) in enumerate(zip(batch, prepared, strict=True), start):
                response = self._response(turn, number)
                self._store(response, turn.question, asked, Item.Direction.INPUT)
                self._store(response, turn.answer[-1] if turn.answer else None, answered, Item.Direction.OUTPUT)
            Item.objects.bulk_create(self._items, batch_size=50)
        self._report.taken["messages"] += sum(bool(asked) + bool(answered) for asked, answered in prepared)
        self._items.clear()

    def _response(self, turn: Turn, number: int) -> Response:
        previous = self._rows[turn.previous] if turn.previous is not None else None
        asked_at = since(turn.question.at if turn.question else self._foreign.at)
        done_at = max(since(turn.answer[-1].at), asked_at) if turn.answer and turn.answer[-1].at else asked_at
        model = next((message.model for message in turn.answer if message.model), self._foreign.model)
        response = Response.objects.create(
            conversation=self._conversation,
            branch=self._branch(previous),
            previous_response=previous,
            input_from=self._rows[turn.again] if turn.again is not None else None,
            created_by=self._user,
            endpoint=ELSEWHERE,
            model=plain(model)[:120],
            status=Response.Status.COMPLETED,
            store=False,
            queued_at=asked_at,
            done_at=done_at,
        )
        self._rows.append(response)
        return response

    def _branch(self, previous: Response | None) -> Branch:
        """The first who goes on from a turn goes on on its branch; all others leave it."""
        if previous is not None and previous.pk not in self._branches:
            self._branches[previous.pk] = previous.branch
            return previous.branch
        return Branch.objects.create(conversation=self._conversation, created_by=self._user)

    def _store(
        self, response: Response, message: Message | None, payloads: list[dict[str, Any]], direction: Item.Direction
    ) -> None:
        asked = direction == Item.Direction.INPUT
        for index, payload in enumerate(payloads):
            label = plain(message.author)[:80] if asked and message is not None else ""
            item = Item.from_payload(
                payload,
                response=response,
                direction=direction,
                index=index,
                author=self._user if asked and not label else None,
                author_label=label,
                created_at=response.queued_at if asked else response.done_at or response.queued_at,
            )
            self._items.append(item)

    def _payloads(self, turn: Turn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return what was asked and answered as items; a question is stored with its first answer only."""
        asked: list[dict[str, Any]] = []
        if turn.question is not None and turn.again is None:
            content = [given for part in turn.question.parts if (given := self._asked(part)) is not None]
            asked = [{"type": "message", "role": "user", "content": content}] if content else []
        return asked, [item for message in turn.answer for part in message.parts for item in self._answered(part)]

    def _asked(self, part: Part) -> dict[str, Any] | None:
        if part.kind in {"text", "thought"}:
            return {"type": "input_text", "text": self._words(part.text)}
        file = self._file(part)
        if file is None:
            return {"type": "input_text", "text": f"[{part.text}]"}
        reference = file.reference | {"prefix": f"data:{file.media_type};base64,"}
        if file.media_type.startswith("image/"):
            return {"type": "input_image", "image_url": reference, "detail": "auto"}
        return {"type": "input_file", "filename": file.name or "file", "file_data": reference}

    def _answered(self, part: Part) -> list[dict[str, Any]]:
        if part.kind == "thought":
            return [{"type": "reasoning", "summary": [{"type": "summary_text", "text": self._words(part.text)}]}]
        if part.kind == "text":
            return [_message(self._words(part.text))] if part.text.strip() else []
        file = self._file(part)
        if file is None or not file.media_type.startswith("image/"):
            return [_message(f"*[{part.text}]*")]
        made = {"type": "image_generation_call", "status": "completed", "result": file.reference}
        return [made | ({"revised_prompt": part.words} if part.words else {})]

    def _words(self, text: str) -> str:
        if len(text) > LONGEST:
            self._report.leave("Part of a long text", f"A message has at most {LONGEST:,} characters.")
        return text[:LONGEST]

    def _file(self, part: Part) -> File | None:
        """Return a picture or file as it is kept here: decoded and written anew, as every upload is."""
        source = part.content() if part.content is not None else None
        if source is None:
            why = "It is not in the export." if part.content is None else "It is too large or damaged."
            self._report.leave(part.text, why)
            return None
        try:
            file = files.store_upload(self._user, source, name=part.text)
        except BadImport as error:
            self._report.leave(part.text, error.sentence)
            return None
        except Refused as error:
            if error.status >= 500:
                raise  # the disk or the store, not the file
            self._report.leave(part.text, error.sentence)
            return None
        mine = File.objects.filter(pk=file.pk) | File.objects.filter(preview_of=file)
        mine.update(conversation=self._conversation)
        self._report.taken["files"] += 1
        return file


def _message(words: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": words, "annotations": []}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content}


def drop_upload(file: File) -> None:
    """Delete an upload that has been read."""
    with transaction.atomic():
        digests = files.delete_rows([file])
    contents.drop_unused(digests)
