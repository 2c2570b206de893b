"""The life of a retention rule: draft, proposed, confirmed by another where it gets shorter, in force, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.errors import Refused
from conversations.models import Conversation, RetentionRule, User
from conversations.models.audit import record
from conversations.models.retention import KINDS
from conversations.moderation.retention import FOREVER, Rules

DELAY = dt.timedelta(hours=24)
"""Between the confirmation of a rule that gets shorter and its first deletion: time to stop it."""
MOST_DAYS = 36_500
Scope = RetentionRule.Scope


def draft(
    *,
    actor: User,
    scope: str,
    kinds: list[str],
    days: int | None,
    group: Group | None = None,
    person: User | None = None,
    conversation: Conversation | None = None,
    floor_days: int | None = None,
    ceiling_days: int | None = None,
    rule: RetentionRule | None = None,
) -> RetentionRule:
    """Keep a draft, a new one or `rule` itself; it takes the place of the rule that its target has now.

    Without a kind it says that its target has no rule of its own any more. Raise `Refused` for what makes no rule.
    """
    target = {"group": group, "person": person, "conversation": conversation}.get(scope, scope)
    if scope not in Scope.values or target is None:
        raise Refused(_("Say whom or what the rule is for."), code="scope")
    for number in (days, floor_days, ceiling_days):
        if number is not None and not 0 < number <= MOST_DAYS:
            raise Refused(_("A number of days is between 1 and 36,500."), code="days")
    if floor_days and ceiling_days and floor_days > ceiling_days:
        raise Refused(_("“At least” is more than “at most”."), code="floor_days")
    rule = rule or RetentionRule(created_by=actor)
    if rule.proposed_at is not None:
        raise Refused(_("This rule was proposed and cannot be changed. Make a new one."), code="proposed", status=409)
    rule.scope, rule.days, rule.created_by = scope, days, actor
    rule.group = group if scope == Scope.GROUP else None
    rule.person = person if scope == Scope.PERSON else None
    rule.conversation = conversation if scope == Scope.CONVERSATION else None
    rule.floor_days = floor_days if scope == Scope.SITE else None
    rule.ceiling_days = ceiling_days if scope == Scope.SITE else None
    for kind in KINDS:
        setattr(rule, kind, kind in kinds)
    rule.replaces = _current(rule)
    rule.save()
    return rule


def _current(rule: RetentionRule) -> RetentionRule | None:
    """Return the rule that the target of `rule` has now, or will have."""
    same = RetentionRule.objects.filter(
        scope=rule.scope, group=rule.group_id, person=rule.person_id, conversation=rule.conversation_id
    )
    alive = same.filter(ended_at=None, in_force_at__isnull=False).exclude(pk=rule.pk)
    return alive.order_by("-in_force_at").first()


def is_shorter(rule: RetentionRule) -> bool:
    """Whether anything of anybody would be deleted sooner with this rule than without it."""
    now = timezone.now()
    before, after = Rules(now), Rules(now, draft=rule)
    for kind in KINDS:
        if days_of(after, rule, kind) < days_of(before, rule, kind):
            return True
        if rule.scope == Scope.SITE:  # its limits bind the others
            others = before.rows.filter(**{kind: True}).exclude(scope=Scope.SITE)
            if any(after.clamped(kind, other.days) < before.clamped(kind, other.days) for other in others):
                return True
    return False


def days_of(rules: Rules, rule: RetentionRule, kind: str) -> int:
    """Return how many days the target of `rule` keeps a kind for, by these rules: its own, or else the next wider."""
    found = [found for _, found in ladder(rules, rule, kind) if found is not None]
    return rules.clamped(kind, found[-1].days) if found else FOREVER


def ladder(rules: Rules, rule: RetentionRule, kind: str) -> list[tuple[str, RetentionRule | None]]:
    """Return the rules that apply to the target of `rule`, from the widest to the most specific; None where none is."""
    owner = rule.person if rule.scope == Scope.PERSON else None
    if rule.scope == Scope.CONVERSATION and rule.conversation is not None:
        owner = rule.conversation.created_by
    steps: list[tuple[str, dict[str, Any]]] = [(Scope.SITE, {})]
    if rule.scope == Scope.GROUP:
        steps.append((Scope.GROUP, {"group": rule.group_id}))
    elif owner is not None:
        steps += [(Scope.GROUP, {"group__user": owner}), (Scope.PERSON, {"person": owner})]
    if rule.scope == Scope.TEMPORARY or (rule.conversation is not None and rule.conversation.temporary):
        steps.append((Scope.TEMPORARY, {}))
    if rule.scope == Scope.CONVERSATION:
        steps.append((Scope.CONVERSATION, {"conversation": rule.conversation_id}))
    answer = []
    for scope, condition in steps:
        rows = rules.rows.filter(scope=scope, **{kind: True}, **condition)
        longest = max(rows, key=lambda row: FOREVER if row.days is None else row.days, default=None)
        answer.append((str(scope), longest))
    return answer


def propose(rule: RetentionRule, *, actor: User, reason: str) -> RetentionRule:
    """Put a rule in force that keeps longer; one that gets shorter waits for a second person. Raise `Refused`."""
    if not reason.strip():
        raise Refused(_("Give a reason: others will ask for it."), code="reason")
    with transaction.atomic():
        rule = RetentionRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        if rule.proposed_at is not None:
            raise Refused(_("This rule was proposed before."), code="proposed", status=409)
        now = timezone.now()
        rule.replaces = _current(rule)
        rule.reason, rule.proposed_at, rule.created_by = reason.strip()[:300], now, actor
        if not is_shorter(rule):
            _put_in_force(rule, now)
        rule.save()
        record("rule.propose", actor=actor, object=rule, details=_details(rule))
    return rule


def confirm(rule: RetentionRule, *, actor: User) -> RetentionRule:
    """Confirm what somebody else proposed; it is in force a day later. Raise `Refused`."""
    with transaction.atomic():
        rule = RetentionRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        if rule.status != RetentionRule.Status.PROPOSED:
            raise Refused(_("This rule does not wait for anybody."), code="state", status=409)
        if rule.created_by_id == actor.pk:
            raise Refused(_("Another person has to confirm it: you proposed it."), code="second_person", status=403)
        rule.confirmed_by, rule.confirmed_at = actor, timezone.now()
        _put_in_force(rule, rule.confirmed_at + DELAY)
        rule.save()
        record("rule.confirm", actor=actor, object=rule, details=_details(rule))
    return rule


def stop(rule: RetentionRule, *, actor: User) -> None:
    """Refuse a rule that was proposed, or stop a confirmed one before it is in force. Raise `Refused`."""
    with transaction.atomic():
        rule = RetentionRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        if rule.status not in {RetentionRule.Status.PROPOSED, RetentionRule.Status.CONFIRMED}:
            raise Refused(_("Only a rule that is not yet in force can be stopped."), code="state", status=409)
        if rule.replaces is not None and rule.in_force_at is not None:
            RetentionRule.objects.filter(pk=rule.replaces.pk, ended_at=rule.in_force_at).update(ended_at=None)
        rule.ended_at = timezone.now()
        rule.save(update_fields=["ended_at"])
        record("rule.refuse", actor=actor, object=rule, details=_details(rule))


def _put_in_force(rule: RetentionRule, at: dt.datetime) -> None:
    rule.in_force_at = at
    if rule.replaces is not None:
        RetentionRule.objects.filter(pk=rule.replaces.pk).update(ended_at=at)


def _details(rule: RetentionRule) -> dict[str, Any]:
    return {"scope": rule.scope, "kinds": rule.kinds, "days": rule.days, "before": rule.replaces_id}
