"""What moderators do with a case: take it on, note, hide meanwhile, decide. Each step is in the audit log."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import events
from conversations.errors import Refused
from conversations.models import Case, CaseNote, Conversation, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.moderation import sanctions, taking
from conversations.notices import telling

Decision = Case.Decision
MOST_WORDS = 1000


def assign(case: Case, *, actor: User, to: User | None) -> None:
    """Give a case to a moderator, or to nobody."""
    with transaction.atomic():
        case = _locked(case)[1]
        case.assigned_to = to
        case.save(update_fields=["assigned_to"])
        record("case.assign", actor=actor, object=case, details={"user": to.pk} if to else {})


def note(case: Case, *, actor: User, text: str) -> None:
    """Write something for other moderators. Raise `Refused`."""
    text = plain(text).strip()
    if not text or len(text) > MOST_WORDS:
        raise Refused(_("A note has between 1 and 1,000 characters."), code="text")
    with transaction.atomic():
        CaseNote.objects.create(case=case, author=actor, text=text)
        record("case.note", actor=actor, object=case)


def hide(case: Case, *, actor: User) -> None:
    """Hide what was reported from everybody until it is decided about; hidden again does nothing."""
    with transaction.atomic():
        conversation, case = _locked(case)
        if case.hidden_at is None and case.item is not None:
            case.hidden_at = timezone.now()
            case.save(update_fields=["hidden_at"])
            taking.hide(conversation, case.item)
            record("case.hide", actor=actor, object=case, details={"conversation": conversation.pk})


def show(case: Case, *, actor: User) -> None:
    """Show again what was hidden."""
    with transaction.atomic():
        conversation, case = _locked(case)
        if case.hidden_at is not None:
            _show(conversation, case)
            record("case.show", actor=actor, object=case, details={"conversation": conversation.pk})


def decide(case: Case, *, actor: User, decision: str, words: str, days: int = 0) -> Case:
    """Close a case: keep what was reported, or take it away, with a warning or a suspension of its author.

    `words` are what the reporters and the author read; nobody is warned or suspended without any. Raise `Refused`.
    """
    words = plain(words).strip()
    if decision not in Decision.values:
        raise Refused(_("Choose what to do."), code="decision")
    if len(words) > MOST_WORDS:
        raise Refused(_("Say it in at most 1,000 characters."), code="words")
    if decision in {Decision.WARN, Decision.SUSPEND} and not (words and case.author):
        raise Refused(_("Tell the author why, in your words."), code="words")
    with transaction.atomic():
        conversation, case = _locked(case)
        if decision == Decision.KEEP:
            if case.hidden_at is not None:
                _show(conversation, case)
        elif case.item is not None:
            taking.take(conversation, case.item, remark=taking.REMOVED)
        if decision == Decision.SUSPEND and case.author is not None:
            sanctions.suspend(case.author, actor=actor, days=days, case_id=case.pk)
        case.decision, case.words, case.decided_by, case.closed_at = decision, words, actor, timezone.now()
        case.save(update_fields=["decision", "words", "decided_by", "closed_at"])
        details = {"conversation": conversation.pk, "kind": case.kind, "decision": decision}
        telling.decided(case)
        record("case.decide", actor=actor, object=case, details=details)
    return case


def _show(conversation: Conversation, case: Case) -> None:
    case.hidden_at = None
    case.save(update_fields=["hidden_at"])
    others = Case.objects.filter(item=case.item, closed_at=None, hidden_at__isnull=False).exclude(pk=case.pk)
    if case.item is not None and not others.exists():
        taking.show(conversation, case.item)


def _locked(case: Case) -> tuple[Conversation, Case]:
    """Lock the conversation and the case, in the order of everybody; raise `Refused` where it was decided before."""
    conversation = events.lock(case.conversation_id)
    rows = Case.objects.select_related("item__response", "author").select_for_update(of=("self",))
    case = rows.get(pk=case.pk)
    if not case.is_open:
        raise Refused(_("Somebody has decided about this meanwhile."), code="closed", status=409)
    return conversation, case
