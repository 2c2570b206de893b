"""The erasure of a person: what is theirs alone goes, what stands among others stays without their name.

What they own with nobody else is deleted by the one path of deletion: hidden, purged after the grace, here and at the
provider, with a certificate. What they own with others is handed to one of them. What they wrote among others is a part
of those people's history and stays, under an account that names nobody any more.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import events
from conversations.errors import NotFound, Refused
from conversations.models import DataRequest, Deletion, Fact, File, Folder, Key, Membership, User
from conversations.models.audit import record
from conversations.models.fields import plain
from conversations.moderation import deletion, holds, purging, sanctions

Role = Membership.Role
ERASED = "Former member"
HEIRS = [Role.EDITOR, Role.COMMENTER, Role.VIEWER]
"""Who gets what the person owned: of the first role that somebody has, the one who is in it longest."""


def request(person: User, *, kind: str, actor: User, reason: str) -> DataRequest:
    """Ask for the export or the erasure of a person's data; somebody else has to agree. Raise `Refused`."""
    reason = plain(reason).strip()
    if kind not in DataRequest.Kind.values:
        raise Refused(_("Choose export or erasure."), code="kind")
    if not reason or len(reason) > 300:
        raise Refused(_("Give a reason, of at most 300 characters."), code="reason")
    waiting = DataRequest.objects.filter(person=person, kind=kind, approved_at=None, refused_at=None)
    if any(row.status == DataRequest.Status.REQUESTED for row in waiting):
        raise Refused(_("This waits for an answer already."), code="waiting", status=409)
    with transaction.atomic():
        made = DataRequest.objects.create(kind=kind, person=person, reason=reason, requested_by=actor)
        record("data.request", actor=actor, object=made, details={"kind": kind, "user": person.pk})
    return made


def approve(asked: DataRequest, *, actor: User) -> None:
    """Agree. An export can be fetched from now on; an erasure is done. Raise `Refused`."""
    with transaction.atomic():
        asked = _waiting(asked, actor)
        asked.approved_by, asked.approved_at = actor, timezone.now()
        asked.save(update_fields=["approved_by", "approved_at"])
        record("data.approve", actor=actor, object=asked, details={"kind": asked.kind, "user": asked.person_id})
    if asked.kind == DataRequest.Kind.ERASE:
        carry_out(asked, actor=actor)


def refuse(asked: DataRequest, *, actor: User) -> None:
    with transaction.atomic():
        asked = DataRequest.objects.select_for_update().get(pk=asked.pk)
        if asked.status != DataRequest.Status.REQUESTED:
            raise Refused(_("This request does not wait for anybody."), code="state", status=409)
        asked.refused_at = timezone.now()
        asked.save(update_fields=["refused_at"])
        record("data.refuse", actor=actor, object=asked, details={"kind": asked.kind, "user": asked.person_id})


def _waiting(asked: DataRequest, actor: User) -> DataRequest:
    asked = DataRequest.objects.select_related("person").select_for_update(of=("self",)).get(pk=asked.pk)
    if asked.status != DataRequest.Status.REQUESTED:
        raise Refused(_("This request does not wait for anybody."), code="state", status=409)
    if actor.pk in {asked.requested_by_id, asked.person_id}:
        raise Refused(_("Another person has to agree."), code="second_person", status=403)
    if asked.kind == DataRequest.Kind.ERASE:
        if holds.holds_person(asked.person):
            raise Refused(_("An open matter holds this person. Release it first."), code="held", status=409)
        if not actor.is_superuser and (asked.person.is_superuser or _more(asked.person, actor)):
            raise Refused(_("This person has powers that you lack."), code="powers", status=403)
    return asked


def _more(person: User, actor: User) -> bool:
    return bool(sanctions.powers(person) - sanctions.powers(actor))


def carry_out(asked: DataRequest, *, actor: User) -> None:
    """Erase the person. Each step is a transaction of its own and finds nothing to do when it is done again."""
    person, counts = asked.person, Counter[str]()
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(is_active=False)
        person.refresh_from_db()
        sanctions.settle(person)
        sanctions.end_everything(person)
        Key.objects.filter(user=person, revoked_at=None).update(revoked_at=timezone.now())
    for membership in Membership.objects.filter(user=person).order_by("pk"):
        counts[_leave(membership, actor)] += 1
    while files := list(File.objects.filter(owner=person, conversation=None)[: purging.MOST_FILES]):
        with transaction.atomic():
            counts["files"] += purging.delete_files(files, None)
    with transaction.atomic():
        Folder.objects.filter(owner=person, shared=True).update(owner=actor)  # the team's order stays
        _forget(person)
        asked.counts, asked.done_at = dict(counts), timezone.now()
        asked.save(update_fields=["counts", "done_at"])
        details = {"user": person.pk, "counts": dict(counts)}
        record("data.erase", actor=actor, object=asked, details=details)


def _leave(membership: Membership, actor: User) -> str:
    """Take the person out of one conversation; return what became of it."""
    with transaction.atomic():
        conversation = events.lock(membership.conversation_id)
        if not membership.is_owner:
            membership.delete()
            events.record(conversation, Fact.Kind.MEMBERS_UPDATED, person=membership.user)
            return "left"
        others = conversation.memberships.filter(user__is_active=True).exclude(pk=membership.pk)
        heir = min(others.order_by("pk"), key=lambda other: HEIRS.index(Role(other.role)), default=None)
        if heir is None:
            return _delete(conversation.pk, actor)
        heir.role = Role.OWNER
        heir.save(update_fields=["role"])
        membership.delete()
        for user in (heir.user, membership.user):
            events.record(conversation, Fact.Kind.MEMBERS_UPDATED, person=user)
        details = {"role": Role.OWNER.value, "user": heir.user_id}
        record("membership.change", actor=actor, object=conversation, details=details)
    return "handed_over"


def _delete(conversation_id: str, actor: User) -> str:
    try:
        deletion.hide(conversation_id, cause=Deletion.Cause.ADMINISTRATOR, actor=actor)
    except NotFound:  # it is on its way out
        return "deleted_before"
    return "deleted"


def _forget(person: User) -> None:
    """Delete the rows that are the person's own, and leave an account that names nobody."""
    for relation in person._meta.related_objects:
        own: Any = relation.related_model
        if relation.on_delete is models.CASCADE and own not in {Membership, Key}:
            own._default_manager.filter(**{relation.field.name: person}).delete()
    Key.objects.filter(user=person).update(name="")
    EmailAddress.objects.filter(user=person).delete()
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk)).delete()
    if person.avatar:
        person.avatar.delete(save=False)
    person.groups.clear()
    person.user_permissions.clear()
    person.email, person.name, person.avatar = f"erased-{person.pk}@invalid", ERASED, ""
    person.language, person.theme, person.last_login = "", User.Theme.SYSTEM, None
    person.is_staff = person.is_superuser = person.is_active = False
    person.set_unusable_password()
    person.save()
