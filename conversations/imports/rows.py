"""Turns the records of our own export into rows: branches, responses, items, calls of tools, approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from conversations.exports.records import CALL_FIELDS, TIMES
from conversations.imports import sane
from conversations.imports.people import People
from conversations.imports.put_on import PutOn
from conversations.imports.report import Report
from conversations.imports.writing import ELSEWHERE
from conversations.models import Approval, Branch, Conversation, Decides, File, Item, Response, ToolCall, User
from conversations.shown import redacted_tool

UNREADABLE = "It is not as exports are."
FINAL = (Response.Status.COMPLETED, Response.Status.INCOMPLETE, Response.Status.FAILED, Response.Status.CANCELLED)
ENDED = (ToolCall.State.DONE, ToolCall.State.FAILED, ToolCall.State.DECLINED, ToolCall.State.INTERRUPTED)
NOBODYS = "Nobody here is known to have put it there."
MARKS = {
    "reaction": ("A reaction", NOBODYS),
    "mention": ("A mention", NOBODYS),
    "vote": ("A vote for a picture", NOBODYS),
    "pixel_lock": ("A pixel lock", UNREADABLE),
}
DECIDED = (Approval.State.APPROVED, Approval.State.DECLINED, Approval.State.LAPSED)


@dataclass
class ImportedFiles:
    """The files of an import by the ids of their records, and which of them a response made."""

    by_id: dict[str, File] = field(default_factory=dict)
    made_by: dict[int, list[str]] = field(default_factory=dict)


class Rows:
    """Rows by the ids that the records have. What names something unknown is left out."""

    def __init__(
        self, conversation: Conversation, user: User, people: People, files: ImportedFiles, report: Report
    ) -> None:
        self._conversation, self._user, self._people = conversation, user, people
        self._files, self._made, self._report = files.by_id, files.made_by, report
        self._branches: dict[Any, Branch] = {}
        self._heads: dict[Any, Any] = {}
        self._responses: dict[Any, int] = {}
        self._calls: dict[Any, ToolCall] = {}
        self._items: list[tuple[Any, Item]] = []
        self._said: dict[Any, int] = {}
        self._places: set[tuple[Any, ...]] = set()
        self._put_on = PutOn(conversation, people, self._said, self._responses, self._files)

    def take(self, given: dict[str, Any]) -> None:
        """Make the row of a record; one of a kind that is not known is left."""
        kinds = {
            "branch": self._branch,
            "response": self._response,
            "item": self._item,
            "tool_call": self._call,
            "approval": self._approval,
            **dict.fromkeys(MARKS, self._mark),
        }
        kind = given.get("record")
        make = kinds.get(kind) if isinstance(kind, str) else None
        if make is None or not self._is_new(given):
            self._report.leave(f"A record ({sane.text(kind, 30)})", UNREADABLE)
        else:
            make(given)

    def flush(self) -> None:
        """Write the items that wait."""
        Item.objects.bulk_create([item for _, item in self._items], batch_size=50)
        self._said.update({old: item.pk for old, item in self._items})
        self._items.clear()

    def end(self, main: Any) -> Branch | None:
        """Let branches have their heads; return the main one."""
        for old, head in self._heads.items():
            pk = self._responses.get(head) if _is_id(head) else None
            if pk is not None:
                Branch.objects.filter(pk=self._branches[old].pk).update(head=pk)
        return self._branches.get(main) if _is_id(main) else None

    def _is_new(self, given: dict[str, Any]) -> bool:
        if not _is_id(given.get("id")):
            return False
        before = len(self._places)
        self._places.add((given["record"], given["id"]))
        return len(self._places) > before

    def _branch(self, given: dict[str, Any]) -> None:
        self._branches[given["id"]] = Branch.objects.create(
            conversation=self._conversation,
            name=sane.text(given.get("name"), 80),
            created_by=self._user,
            created_at=sane.moment(given.get("created_at")) or timezone.now(),
        )
        self._heads[given["id"]] = given.get("head")

    def _response(self, given: dict[str, Any]) -> None:
        branch = self._branches.get(given.get("branch")) if _is_id(given.get("branch")) else None
        if branch is None:
            self._report.leave("An answer", UNREADABLE)
            return
        times = {name: sane.moment(given.get(name)) for name in TIMES}
        ended = given.get("status") in FINAL and times["done_at"] is not None
        row = Response.objects.create(
            conversation=self._conversation,
            branch=branch,
            previous_response_id=self._known(given.get("previous")),
            input_from_id=self._known(given.get("input_from")),
            answers_id=self._known(given.get("answers")),
            created_by=self._people.account(given.get("asked_by")),
            endpoint=ELSEWHERE,
            store=False,
            status=given["status"] if ended else Response.Status.INCOMPLETE,
            incomplete_details=sane.reason(given.get("incomplete_details")) if ended else {"reason": "interrupted"},
            deleted_at=timezone.now() if given.get("deleted") is True else None,
            origin={"provider": sane.table(given.get("provider")), "asked_by": self._label(given.get("asked_by"))},
            **self._columns(given),
            **times
            | {
                "queued_at": times["queued_at"] or timezone.now(),
                "done_at": times["done_at"] or times["queued_at"] or timezone.now(),
            },
        )
        self._responses[given["id"]] = row.pk
        File.objects.filter(pk__in=self._made.get(given["id"], [])).update(response=row)

    def _columns(self, given: dict[str, Any]) -> dict[str, Any]:
        final = given.get("final")
        return {
            "model": sane.text(given.get("model"), 120),
            "deployment": sane.text(sane.table(given.get("provider")).get("deployment"), 120),
            "instructions": sane.text(given.get("instructions"), 1_000_000),
            "door": sane.choice(given.get("door"), Response.Door.values, ""),
            "round": sane.number(given.get("round"), 32_000) or 0,
            "calls": sane.number(given.get("calls"), 32_000) or 0,
            "metadata": sane.table(given.get("metadata")),
            "background": given.get("background") is True,
            "usage": sane.usage(given.get("usage")),
            "error": sane.error(given.get("error")),
            "answer_form": sane.text(given.get("answer_form"), 64) if self._has_form(given) else "",
            "fit": sane.fit(given.get("fit")),
            "remarks": sane.words(given.get("remarks")),
            "options": self._mapped(self._options(_redacted(sane.table(given.get("options"))))),
            "offered": {key: value for key, value in sane.table(given.get("offered")).items() if key != "servers"},
            "making": self._making(sane.table(given.get("making"))),
            "parameters": self._mapped(_redacted(sane.table(given.get("parameters")))),
            "final": self._mapped(_redacted(sane.table(final))) if isinstance(final, dict) else None,
        }

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        """An answer may be asked for once more with its tools: a stranger's are those of the studio alone."""
        if self._people.trusted or "tools" not in given:
            return given
        tools = given["tools"] if isinstance(given["tools"], list) else []
        return given | {"tools": [sane.at_home(tool) for tool in tools if tool.get("type") == "image_generation"]}

    def _making(self, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in list(self._mapped(given).items())[:20]:
            value = value.get("$file") if isinstance(value, dict) else value
            if isinstance(value, (str, bool)) or sane.number(value) is not None:
                found[name[:40]] = sane.text(value, 200) if isinstance(value, str) else value
        return found

    def _has_form(self, given: dict[str, Any]) -> bool:
        """An answer is asked for once more in the form that its options name."""
        text = sane.table(given.get("options")).get("text")
        return isinstance(text, dict) and isinstance(text.get("format"), dict)

    def _label(self, given: Any) -> str:
        return self._people.of(given)[1]

    def _item(self, given: dict[str, Any]) -> None:
        response = self._known(given.get("response"))
        direction = sane.choice(given.get("direction"), Item.Direction.values, "")
        payload, index = sane.payload(given.get("payload")), sane.number(given.get("index"))
        place = ("at", response, direction, index)
        unique = response is None or place not in self._places
        named = response is not None or (direction == Item.Direction.NOTE and given.get("response") is None)
        about, placed = self._about(given, direction)
        if payload is not None and not self._people.trusted:
            payload = None if payload.get("type") == "item_reference" else sane.at_home(payload)
        if payload is None or index is None or not direction or not unique or not named or not placed:
            self._report.leave("A message", UNREADABLE)
            return
        self._places.add(place)
        author, label = self._people.of(given.get("author"))
        item = Item.from_payload(
            self._mapped(payload),
            response=None,
            direction=Item.Direction(direction),
            index=index,
            author=author,
            author_label=label,
            conversation_id=self._conversation.pk,
            created_at=sane.moment(given.get("created_at")) or timezone.now(),
            began_ms=sane.number(given.get("began_ms")),
            ended_ms=sane.number(given.get("ended_ms")),
            purged_at=timezone.now() if given.get("purged") is True else None,
            about_id=about,
            about_answer_id=self._known(given.get("about_answer")) if direction == Item.Direction.NOTE else None,
        )
        item.response_id = response
        if item.purged_at is not None:
            item.text = ""
        self._items.append((given["id"], item))
        self._report.taken["messages"] += item.type == "message"

    def _about(self, given: dict[str, Any], direction: str) -> tuple[int | None, bool]:
        """Return the item in whose margin a note stands, and whether it and the answer that are named are known."""
        about, answer = given.get("about"), given.get("about_answer")
        if direction != Item.Direction.NOTE or (about is None and answer is None):
            return None, True
        if answer is not None and self._known(answer) is None:
            return None, False
        if about is None:
            return None, True
        self.flush()  # what it is about may still wait
        found = self._said.get(about) if _is_id(about) else None
        return found, found is not None

    def _call(self, given: dict[str, Any]) -> None:
        response, call_id = self._known(given.get("response")), sane.text(given.get("call_id"), 200)
        if response is None or not call_id or ("call", call_id) in self._places:
            self._report.leave("A call of a tool", UNREADABLE)
            return
        self._places.add(("call", call_id))
        words = {
            name: sane.text(given.get(name), 10_000_000) for name in CALL_FIELDS if name not in {"state", "call_id"}
        }
        words["name"] = words["name"][:200]
        self._calls[given["id"]] = ToolCall.objects.create(
            conversation=self._conversation,
            response_id=response,
            call_id=call_id,
            state=sane.choice(given.get("state"), ENDED, ToolCall.State.INTERRUPTED),
            created_at=sane.moment(given.get("created_at")) or timezone.now(),
            started_at=sane.moment(given.get("started_at")),
            done_at=sane.moment(given.get("done_at")),
            **words,
        )

    def _approval(self, given: dict[str, Any]) -> None:
        response, request = self._known(given.get("response")), sane.text(given.get("request_id"), 200)
        call = self._calls.get(given.get("call")) if _is_id(given.get("call")) else None
        taken = {("approval", response, request), ("approved", call.pk if call else request)}
        if response is None or not request or taken & self._places:
            self._report.leave("An approval", UNREADABLE)
            return
        self._places |= taken
        Approval.objects.create(
            conversation=self._conversation,
            response_id=response,
            call=call,
            server_label=sane.text(given.get("server_label"), 64),
            request_id=request,
            name=sane.text(given.get("name"), 200),
            arguments=sane.text(given.get("arguments"), 10_000_000),
            digest=sane.text(given.get("digest"), 64),
            state=sane.choice(given.get("state"), DECIDED, Approval.State.LAPSED),
            decides=sane.choice(given.get("decides"), Decides.values, Decides.ASKER),
            note=sane.text(given.get("note"), 500),
            asked_by=self._people.account(given.get("asked_by")),
            decided_by=self._people.of(given.get("decided_by"))[0],
            created_at=sane.moment(given.get("created_at")) or timezone.now(),
            decided_at=sane.moment(given.get("decided_at")),
            expires_at=sane.moment(given.get("expires_at"), to_come=True) or timezone.now(),
        )

    def _mark(self, given: dict[str, Any]) -> None:
        self.flush()  # what it is on may still wait
        make = getattr(self._put_on, given["record"])
        if not make(given):
            self._report.leave(*MARKS[given["record"]])

    def _known(self, old: Any) -> int | None:
        return self._responses.get(old) if _is_id(old) else None

    def _mapped(self, value: Any) -> Any:
        """Return a value with references to files of this conversation alone: an id of another's names nothing here."""
        if isinstance(value, dict):
            if "$file" in value:
                old = value["$file"]
                file = self._files.get(old) if isinstance(old, str) else None
                return value | {"$file": file.pk} if file is not None else None
            return {key: self._mapped(inner) for key, inner in value.items()}
        return [self._mapped(inner) for inner in value] if isinstance(value, list) else value


def _is_id(value: Any) -> bool:
    return sane.number(value, 2**63 - 1) is not None


def _redacted(value: dict[str, Any]) -> dict[str, Any]:
    """A header that a stranger wrote into a tool is no secret of ours, and is never sent."""
    if isinstance(tools := value.get("tools"), list):
        return {**value, "tools": [redacted_tool(tool) for tool in tools]}
    return value
