"""Cases: opened by people's reports, the provider's filter and our own check, ranked, and read by moderators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from conversations import events, unread
from conversations.access import Access
from conversations.errors import Refused
from conversations.models import Case, File, Item, Report, Response, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.moderation.taking import named

Kind, Priority, Reason, Source = Case.Kind, Case.Priority, Report.Reason, Report.Source
WEIGHT = {
    Reason.PRIVATE: Priority.HIGH,
    Reason.DANGEROUS: Priority.HIGH,
    Reason.HURTFUL: Priority.MEDIUM,
    Reason.RIGHTS: Priority.MEDIUM,
    Reason.PLACE: Priority.MEDIUM,
    Reason.WRONG: Priority.LOW,
    Reason.OTHER: Priority.LOW,
}
MOST_COMMENT = 500
MOST_OPEN = 50
"""Reports of one person that wait for a decision."""


def report(access: Access, item: Item, *, reason: str, comment: str, file: File | None = None) -> Case:
    """Have moderators look at an item of a conversation, or at one file in it. Raise `Refused`.

    A second report of the same thing joins its case and raises it; the same person's second says nothing new.
    """
    comment = plain(comment).strip()
    if reason not in Reason.values:
        raise Refused(_("Choose a reason."), code="reason")
    if len(comment) > MOST_COMMENT:
        raise Refused(_("Say it in at most 500 characters."), code="comment")
    if reason == Reason.OTHER and not comment:
        raise Refused(_("Say in a few words what is wrong."), code="comment")
    if item.response is not None and item.response.is_running and item.direction == Item.Direction.OUTPUT:
        raise Refused(_("This answer is still being written. Wait for its end."), code="running", status=409)
    if Report.objects.filter(reporter=access.user, case__closed_at=None).count() >= MOST_OPEN:
        raise Refused(_("Many of your reports wait for a decision. Wait for some of them."), code="many", status=429)
    with transaction.atomic():
        events.lock_undeleted(access.conversation.pk)  # a purge of this conversation waits, and sees the case then
        case = _open(item, file, kind=kind_of(item, file), priority=WEIGHT[Reason(reason)], by=access.user)
        said = {"source": Source.PERSON, "reason": reason, "comment": comment}
        made = Report.objects.get_or_create(case=case, reporter=access.user, defaults=said)[1]
        if made:
            details = {"conversation": access.conversation.pk, "kind": case.kind}
            record("case.report", actor=access.user, object=case, details=details)
    return case


def notice(
    response: Response, item: Item, *, source: Report.Source, priority: Case.Priority, found: Iterable[str]
) -> None:
    """Open a case about what a filter or a check has found in an item; once for each source."""
    with transaction.atomic():
        conversation = events.lock(response.conversation_id)
        if conversation.deleted_at is not None:
            return
        refused = item.direction == Item.Direction.INPUT and source == Source.PROVIDER
        case = _open(item, None, kind=Kind.REFUSED if refused else kind_of(item, None), priority=priority)
        comment = ", ".join(found)[:MOST_COMMENT]
        if not case.reports.filter(source=source, reporter=None).exists():
            Report.objects.create(case=case, source=source, comment=comment)
            details = {"conversation": conversation.pk, "kind": case.kind, "source": source.value}
            record("case.notice", actor=None, object=case, details=details)


def _open(item: Item, file: File | None, *, kind: Case.Kind, priority: Case.Priority, by: User | None = None) -> Case:
    """Return the open case about this, a step higher than its voices alone where there is one already."""
    known = Case.objects.select_for_update().filter(item=item, file=file, closed_at=None).first()
    if known is not None:
        known.priority = min(max(known.priority + 1, priority), Priority.HIGH)
        known.save(update_fields=["priority"])
        return known
    author = item.author or (item.response.created_by if item.response else None)
    seen = unread.readers(item)
    if seen is not None and by is not None and by.pk not in seen:
        seen.append(by.pk)  # how far people have read is written every few seconds
    return Case.objects.create(
        conversation_id=item.conversation_id,
        item=item,
        file=file,
        kind=kind,
        priority=priority,
        author=author,
        seen=seen,
    )


def kind_of(item: Item, file: File | None) -> Case.Kind:
    if file is not None:
        return Kind.IMAGE if file.media_type.startswith("image/") else Kind.FILE
    if item.type == "image_generation_call":
        return Kind.IMAGE
    if item.type != "message":
        return Kind.TOOL_CALL
    return Kind.ANSWER if item.direction == Item.Direction.OUTPUT else Kind.MESSAGE


def exhibit(case: Case, *, actor: User) -> dict[str, Any]:
    """Return what was reported, with the question before an answer as its context; that it was read is recorded.

    Nothing else of the conversation is read here: that takes a reading, with a second person.
    """
    shown: dict[str, Any] = {"item": case.item, "question": None, "files": []}
    if case.item is not None:
        response = case.item.response
        if response is not None and case.item.direction == Item.Direction.OUTPUT:
            asked = Item.objects.filter(response=response.input_owner_id, direction=Item.Direction.INPUT)
            shown["question"] = asked.filter(role="user").order_by("index").first()
        shown["files"] = files_of(case)
    with transaction.atomic():
        record("case.read", actor=actor, object=case, details={"conversation": case.conversation_id})
    return shown


def files_of(case: Case) -> list[File]:
    """Return the files that a moderator may look at: the reported one, or those that the reported item names."""
    if case.file is not None:
        return [case.file]
    if case.item is None:
        return []
    rows = File.objects.filter(conversation=case.conversation_id, pk__in=named(case.item), preview_of=None)
    return list(rows.filter(purged_at=None)[:20])
