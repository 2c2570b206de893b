"""Deciding about calls that wait for approval. Each is decided once, as it was shown, by whoever may."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from conversations import events
from conversations.access import Access
from conversations.actions.calls import queue_answer
from conversations.errors import NotFound, Refused
from conversations.models import (
    Approval,
    Branch,
    Conversation,
    Decides,
    Fact,
    McpServer,
    McpTool,
    Membership,
    Response,
    ToolCall,
)
from conversations.models.approval import DECIDE, digest
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.models.tool import offered_to

LONGEST_NOTE = 500
LAPSED = "Nobody approved this call in time. It was not made."
GONE_ON = "The conversation has gone on since, so this step on the computer is not made any more."
STATES = Approval.State


def decide(access: Access, approval_id: int, *, approve: bool, shown: str, note: str = "") -> Response:
    """Approve or decline a call; return the response that asked for it.

    `shown` is the digest of what the person was shown: nothing else is ever executed. One conditional update decides,
    so of two answers one counts. Raise `Refused` with the reason where this one does not.
    """
    note = plain(note).strip()
    if len(note) > LONGEST_NOTE:
        raise Refused(f"A note has at most {LONGEST_NOTE} characters.", code="note")
    with transaction.atomic():
        conversation = events.lock_undeleted(access.conversation.pk)
        rows = Approval.objects.select_related("response", "call", "server", "decided_by", "asked_by")
        approval = rows.filter(conversation=conversation, pk=approval_id).first()
        if approval is None:
            raise NotFound
        _require_open(approval)
        _require_right(access, approval, approve=approve)
        if shown != approval.digest or not _is_intact(approval):
            raise Refused(
                "This is not the call that waits: its arguments differ. Load the page again and look at them.",
                code="altered",
                status=409,
            )
        if approve:
            _require_possible(conversation, approval)
        now = timezone.now()
        open_rows = Approval.objects.filter(pk=approval.pk, state=STATES.PENDING, digest=shown, expires_at__gt=now)
        state = STATES.APPROVED if approve else STATES.DECLINED
        if not open_rows.update(state=state, decided_by=access.user, decided_at=now, note=note):
            raise Refused("This call was decided a moment ago.", code="decided", status=409)
        if approval.call_id:
            _settle(approval.call_id, approve=approve, output=declined(note))
        _go_on(conversation, approval.response)
        record(
            "approval.approve" if approve else "approval.decline",
            actor=access.user,
            object=approval,
            details={"conversation": conversation.pk, "server": approval.server_id, "call_id": approval.call_id},
        )
    return approval.response


def declined(note: str) -> str:
    """Return what the model is told of a call that a person declined."""
    return f"A person declined this call. It was not made.{f' Their note: {note}' if note else ''}"


def may_decide(access: Access, approval: Approval) -> bool:
    """Whether this member may approve the call: who asked, or another person who may decide for others."""
    if approval.decides == Decides.ASKER:
        return approval.asked_by_id == access.user.pk and access.membership.may_write
    return approval.asked_by_id != access.user.pk and access.user.has_perm(DECIDE)


def _require_open(approval: Approval) -> None:
    if approval.is_open:
        return
    if approval.decided_by is None:
        raise Refused("This call has lapsed: nobody decided in time. Nothing was done.", code="lapsed", status=409)
    how = "approved" if approval.state == STATES.APPROVED else "declined"
    raise Refused(f"{approval.decided_by} {how} this call already.", code="decided", status=409)


def _require_right(access: Access, approval: Approval, *, approve: bool) -> None:
    if may_decide(access, approval) or (not approve and approval.asked_by_id == access.user.pk):
        return
    if approval.decides == Decides.ASKER:
        raise Refused(f"Only {approval.asked_by}, who asked, decides about this call.", code="not_yours", status=403)
    if approval.asked_by_id == access.user.pk:
        raise Refused("You asked, so another person decides about this call.", code="not_yours", status=403)
    raise Refused("Only people who may decide approvals can do that.", code="not_yours", status=403)


def _is_intact(approval: Approval) -> bool:
    """Whether the rows still say what the digest was made of."""
    call = approval.call
    if call is not None and (call.name, call.arguments) != (approval.name, approval.arguments):
        return False
    return digest(approval.server_label, approval.name, approval.arguments) == approval.digest


def _require_possible(conversation: Conversation, approval: Approval) -> None:
    asker = Membership.objects.filter(conversation=conversation, user=approval.asked_by, user__is_active=True).first()
    if asker is None or not asker.may_write:
        raise Refused(
            f"{approval.asked_by} cannot write in this conversation any more, so nothing is done for them.",
            code="asker_gone",
            status=409,
        )
    if approval.name == ToolCall.COMPUTER and not _is_last(approval.response):
        raise Refused(GONE_ON, code="gone_on", status=409)
    if approval.call_id:
        return
    server = approval.server
    if server is None or not offered_to(approval.asked_by, McpServer.objects.filter(pk=server.pk)).exists():
        raise Refused(f"The server {approval.server_label} is not offered any more.", code="not_offered", status=409)
    tool = McpTool.objects.filter(server=server, name=approval.name).first()
    if tool is not None and tool.has_changed:
        raise Refused(
            f"The server has changed {approval.name} since an administrator approved it. "
            "An administrator has to look at it first.",
            code="tool_changed",
            status=409,
        )


def _is_last(response: Response) -> bool:
    """Whether the conversation has not gone on behind it."""
    return Branch.objects.filter(pk=response.branch_id, head=response).exists()


def _settle(call_id: int, *, approve: bool, output: str) -> None:
    """Let a call that waited be made, or say why it is not."""
    waiting = ToolCall.objects.filter(pk=call_id, state=ToolCall.State.WAITING)
    if approve:
        waiting.update(state=ToolCall.State.READY)
    else:
        waiting.update(state=ToolCall.State.DECLINED, output=output, done_at=timezone.now())


def _go_on(conversation: Conversation, response: Response) -> None:
    """Tell everybody, and let the model go on when nothing of its response waits any more.

    Where people have gone on meanwhile, the model was told that the call waits; only an approved one is news then.
    """
    rows = list(Approval.objects.filter(response=response))
    lapsed = [row for row in rows if row.state == STATES.PENDING and not row.is_open]
    _lapse(lapsed)
    events.record(conversation, Fact.Kind.RESPONSE_UPDATED, response=response)
    if any(row.is_open for row in rows):
        return
    if any(row.name == ToolCall.COMPUTER and row.state != STATES.APPROVED for row in rows):
        return  # of a step that was not made the model cannot be told: the API takes nothing but a picture after it
    decided = {row.state for row in rows} & {STATES.APPROVED, STATES.DECLINED}
    if decided and (_is_last(response) or STATES.APPROVED in decided):
        queue_answer(conversation, response, ends_now=False)


def _lapse(rows: Iterable[Approval]) -> None:
    for row in rows:
        Approval.objects.filter(pk=row.pk, state=STATES.PENDING).update(state=STATES.LAPSED)
        row.state = STATES.LAPSED
        if row.call_id:
            _settle(row.call_id, approve=False, output=LAPSED)


def lapse_due() -> int:
    """Close approvals that nobody decided in time, a few hundred at most; return how many conversations were told."""
    due = Approval.objects.filter(state=STATES.PENDING, expires_at__lte=timezone.now()).order_by("expires_at")
    responses = dict(due.values_list("response_id", "conversation_id")[:200])
    for response_id, conversation_id in responses.items():
        with transaction.atomic():
            conversation = events.lock(conversation_id)
            _go_on(conversation, Response.objects.get(pk=response_id))
    return len(responses)
