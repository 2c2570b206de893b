"""Which rule wins, what it lets go and when. One query says it to the preview and to the purge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Exists, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from conversations.models import Conversation, File, Item, Response, RetentionRule, StreamChunk
from conversations.models.retention import KINDS
from conversations.moderation.holds import held, holding, unheld

FOREVER = 10_000_000
"""Days, for arithmetic."""
MONTHS = 12
Scope = RetentionRule.Scope
NOT_TOOLS = ("message", "reasoning", "image_generation_call", "compaction")
"""Types of items that are said, thought or painted. Every other is a call of a tool, or its result."""

_RECORDING, _PICTURE = Q(purpose=File.Purpose.RECORDING), Q(media_type__startswith="image/")
FILES = {"files": ~_PICTURE & ~_RECORDING, "images": _PICTURE & ~_RECORDING, "recordings": _RECORDING}
"""Each file is of exactly one of these kinds."""


@dataclass(frozen=True)
class Rules:
    """The rules that are in force at `at`; with `draft`, as they would be were it one of them."""

    at: dt.datetime
    draft: RetentionRule | None = None

    @property
    def rows(self) -> QuerySet[RetentionRule]:
        in_force = RetentionRule.objects.in_force(self.at)
        if self.draft is None:
            return in_force
        others = in_force.exclude(pk__in=[pk for pk in (self.draft.pk, self.draft.replaces_id) if pk])
        return others | RetentionRule.objects.filter(pk=self.draft.pk)

    @cached_property
    def limits(self) -> dict[str, tuple[int, int]]:
        """Kind -> the least and the most days, as the rule for everybody says."""
        site = self.rows.filter(scope=Scope.SITE).first()
        return {
            kind: (site.floor_days or 0, site.ceiling_days or FOREVER) if site and getattr(site, kind) else (0, FOREVER)
            for kind in KINDS
        }

    def clamped(self, kind: str, days: int | None) -> int:
        least, most = self.limits[kind]
        return max(min(FOREVER if days is None else days, most), least)

    def terms(self, kind: str) -> list[int]:
        """Return the different numbers of days that a conversation can be kept for, without for ever."""
        days = {self.clamped(kind, rule.days) for rule in self.rows.filter(**{kind: True})}
        return sorted(days - {FOREVER})

    def with_days(self, conversations: QuerySet[Conversation], kind: str) -> QuerySet[Any]:
        """Annotate conversations with `keep_days`: the most specific rule's, within the limits."""
        rules: QuerySet[Any] = self.rows.filter(**{kind: True}).annotate(value=Coalesce("days", Value(FOREVER)))
        scopes = set(rules.values_list("scope", flat=True))
        choices: list[Any] = []
        if Scope.CONVERSATION in scopes:
            choices.append(_days(rules.filter(scope=Scope.CONVERSATION, conversation=OuterRef("pk"))))
        if Scope.TEMPORARY in scopes:
            temporary = _days(rules.filter(scope=Scope.TEMPORARY))
            choices.append(Case(When(temporary=True, then=temporary), output_field=IntegerField()))
        if Scope.PERSON in scopes:
            choices.append(_days(rules.filter(scope=Scope.PERSON, person=OuterRef("created_by"))))
        if Scope.GROUP in scopes:  # of several groups the one that keeps longest
            choices.append(_days(rules.filter(scope=Scope.GROUP, group__user=OuterRef("created_by"))))
        if Scope.SITE in scopes:
            choices.append(_days(rules.filter(scope=Scope.SITE)))
        least, most = self.limits[kind]
        days = Coalesce(*choices, Value(FOREVER)) if choices else Value(FOREVER)
        return conversations.annotate(keep_days=Greatest(Least(days, Value(most)), Value(least)))


def _days(rules: QuerySet[Any]) -> Subquery:
    return Subquery(rules.order_by("-value").values("value")[:1], output_field=IntegerField())


def expired(rules: Rules, *, at: dt.datetime | None = None) -> QuerySet[Conversation]:
    """Return the conversations in which nothing happened for as long as they are kept, held ones among them."""
    at = at or rules.at
    condition = Q(pk__in=[])
    for days in rules.terms("messages"):
        condition |= Q(keep_days=days, activity_at__lt=at - dt.timedelta(days=days))
    return rules.with_days(Conversation.objects.filter(deleted_at=None), "messages").filter(condition)


def expired_files(rules: Rules, kind: str) -> QuerySet[File]:
    """Return the files (`files`), the pictures (`images`) or what a computer showed (`recordings`) of living
    conversations whose own time is over."""
    rows = File.objects.filter(purged_at=None, conversation__deleted_at=None)
    return _of_kind(rules, kind, rows.filter(FILES[kind]))


def expired_tool_data(rules: Rules) -> QuerySet[Item]:
    """Return the items of living conversations that hold what was handed to and from tools, past their time."""
    rows = Item.objects.filter(purged_at=None, conversation__deleted_at=None, response__done_at__isnull=False)
    return _of_kind(rules, "tool_data", rows.exclude(type__in=NOT_TOOLS))


def expired_logs(rules: Rules) -> QuerySet[StreamChunk]:
    """Return the logged events of ended answers that are past their time; what they said is in the items."""
    return _of_kind(
        rules, "logs", StreamChunk.objects.filter(response__done_at__isnull=False), "response__conversation"
    )


def _of_kind(rules: Rules, kind: str, rows: QuerySet[Any], path: str = "conversation") -> QuerySet[Any]:
    condition = Q(pk__in=[])
    for days in rules.terms(kind):
        conversations = rules.with_days(Conversation.objects.all(), kind).filter(keep_days=days)
        long_ago = rules.at - dt.timedelta(days=days)
        condition |= Q((f"{path}__in", conversations.values("pk")), created_at__lt=long_ago)
    return rows.filter(condition)


@dataclass(frozen=True)
class Preview:
    """What the rules would do at their time, counted now."""

    at: dt.datetime
    conversations: int
    held: int
    counts: dict[str, int]
    elsewhere: dict[str, int]
    """Of files and images: those whose bytes stay, because another conversation has them too."""
    first_at: dt.datetime | None
    final_at: dt.datetime | None
    months: list[tuple[dt.date, int]]

    @property
    def most(self) -> int:
        return max((count for _, count in self.months), default=0)


def preview(rules: Rules) -> Preview:
    """Count what a purge with these rules would hide at `rules.at`, and in the twelve months from then."""
    all_expired = expired(rules)
    going = unheld(all_expired)
    ids = going.values("pk")
    items = Item.objects.filter(conversation__in=ids)
    files = File.objects.filter(conversation__in=ids, purged_at=None)
    shared = files.filter(Exists(File.objects.filter(sha256=OuterRef("sha256")).exclude(conversation__in=ids)))
    tool = ~Q(type__in=NOT_TOOLS)
    said = items.aggregate(messages=Count("pk", filter=~tool), tool_data=Count("pk", filter=tool))
    kept = files.aggregate(**{kind: Count("pk", filter=own) for kind, own in FILES.items()})
    stay = shared.aggregate(**{kind: Count("pk", filter=own) for kind, own in FILES.items()})
    at_provider = Response.objects.filter(
        Q(provider_expires_at=None) | Q(provider_expires_at__gt=rules.at), conversation__in=ids, store=True
    ).exclude(provider_id="")
    parts = {
        **{kind: unheld_parts(expired_files(rules, kind)).exclude(conversation__in=ids).count() for kind in FILES},
        "tool_data": unheld_parts(expired_tool_data(rules)).exclude(conversation__in=ids).count(),
    }
    count, months = going.count(), _months(rules)
    first_at = rules.at if count else _first(rules)
    return Preview(
        at=rules.at,
        conversations=count,
        held=held(all_expired).count(),
        counts=said
        | {name: value + parts.get(name, 0) for name, value in (said | kept).items()}
        | {"responses": at_provider.count()},
        elsewhere=stay,
        first_at=first_at,
        final_at=first_at + grace() if first_at else None,
        months=months,
    )


def unheld_parts(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow files, items or logs to those of conversations that nothing holds."""
    path = "response__conversation__in" if rows.model is StreamChunk else "conversation__in"
    return rows.filter(**{path: unheld(Conversation.objects.all()).values("pk")})


def _months(rules: Rules) -> list[tuple[dt.date, int]]:
    starts = [rules.at]
    year, month = rules.at.year, rules.at.month
    for _ in range(MONTHS):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        starts.append(rules.at.replace(year=year, month=month, day=1, hour=0, minute=0, second=0, microsecond=0))
    rows: QuerySet[Any] = unheld(rules.with_days(Conversation.objects.filter(deleted_at=None), "messages"))
    counts = {}
    for number, (begin, end) in enumerate(pairwise(starts)):
        condition = Q(pk__in=[])
        for days in rules.terms("messages"):
            term = dt.timedelta(days=days)
            span = Q(activity_at__lt=end - term)
            condition |= Q(span & (Q(activity_at__gte=begin - term) if number else Q()), keep_days=days)
        counts[f"month_{number}"] = Count("pk", filter=condition)
    found = rows.aggregate(**counts) if rules.terms("messages") else {}
    return [(start.date(), found.get(f"month_{number}", 0)) for number, start in enumerate(starts[:-1])]


def _first(rules: Rules) -> dt.datetime | None:
    rows: QuerySet[Any] = unheld(rules.with_days(Conversation.objects.filter(deleted_at=None), "messages"))
    dates = []
    for days in rules.terms("messages"):
        if oldest := rows.filter(keep_days=days).aggregate(oldest=Min("activity_at"))["oldest"]:
            dates.append(oldest + dt.timedelta(days=days))
    return min(dates, default=None)


@dataclass(frozen=True)
class Standing:
    """Why a conversation is still here, and when it goes."""

    rule: RetentionRule | None
    days: int | None
    expires_at: dt.datetime | None
    matters: list[str]
    """The names of those that hold it, but of the quiet ones."""
    held: bool


def standing(conversation: Conversation, *, kind: str = "messages") -> Standing:
    """Return the rule that decides about a conversation, or a kind of thing in it, and when it lets it go."""
    return standings(conversation, kinds=[kind])[kind]


def standings(conversation: Conversation, *, kinds: Iterable[str] = KINDS) -> dict[str, Standing]:
    """Return for each kind the rule that decides and, for the conversation itself, the day on which it goes."""
    rules = Rules(timezone.now())
    matters = list(holding(conversation))
    found = {}
    for kind in kinds:
        rule = winner(rules, conversation, kind)
        days = rules.clamped(kind, rule.days) if rule else FOREVER
        found[kind] = Standing(
            rule=rule,
            days=days if days < FOREVER else None,
            expires_at=conversation.activity_at + dt.timedelta(days=days) if days < FOREVER else None,
            matters=[matter.name for matter in matters if not matter.quiet],
            held=bool(matters),
        )
    return found


def winner(rules: Rules, conversation: Conversation, kind: str) -> RetentionRule | None:
    """Return the most specific rule for a conversation."""
    rows = rules.rows.filter(**{kind: True})
    rows = rows.filter(
        Q(scope=Scope.CONVERSATION, conversation=conversation)
        | (Q(scope=Scope.TEMPORARY) if conversation.temporary else Q(pk__in=[]))
        | Q(scope=Scope.PERSON, person=conversation.created_by_id)
        | Q(scope=Scope.GROUP, group__user=conversation.created_by_id)
        | Q(scope=Scope.SITE)
    )
    order = [Scope.CONVERSATION, Scope.TEMPORARY, Scope.PERSON, Scope.GROUP, Scope.SITE]
    longest = F("days").desc(nulls_first=True)
    return min(rows.order_by(longest), key=lambda rule: order.index(Scope(rule.scope)), default=None)


def floor(conversation: Conversation) -> dt.datetime | None:
    """Return the moment before which nobody's deletion is final, where the rule for everybody has such a limit."""
    least, _ = Rules(timezone.now()).limits["messages"]
    return conversation.activity_at + dt.timedelta(days=least) if least else None


def grace() -> dt.timedelta:
    """Return how long what was deleted can be restored."""
    return dt.timedelta(days=settings.SALON_DELETION_GRACE_DAYS)
