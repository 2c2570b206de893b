"""Budgets: a response that is queued reserves what it may use, and what it used is counted when it ends.

Both happen in the transaction that queues or ends the response, under the lock of the budget's row for the day or
month. So a budget is exact: of fifty who ask at once for the last unit one gets it, and nothing is counted twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import catalog
from conversations.errors import Refused
from conversations.fresh import Fresh
from conversations.models import Budget, Change, Item, Reservation, Response, Spending, User
from conversations.models.audit import record
from conversations.models.usage import MICROS
from conversations.prepared import Given, Select
from conversations.upstream.catalog import Capabilities, Tokens, costs, image_cost, tokens, total

Measure, Period, Scope = Budget.Measure, Budget.Period, Budget.Scope
CHARACTERS_OF_A_TOKEN = 4
USUAL_ANSWER = 1_000
"""Tokens that an answer is reserved with where it is not bounded."""
known: Fresh[tuple[Budget, ...]] = Fresh(
    "budgets", lambda: tuple(Budget.objects.open().select_related("group", "person", "key").order_by("pk")), ()
)
_reserved = Select(lambda: Reservation.objects.filter(response=Given("response")).order_by("spending__budget_id", "id"))
"""In the order in which they were taken, so that nobody waits in a circle."""


class OverBudget(Refused):
    """A budget is used up until `seconds` from now."""

    def __init__(self, budget: Budget) -> None:
        begins = starts(budget.period, after=True)
        self.seconds = max(1, round((begins - timezone.now()).total_seconds()))
        whose = _("Your budget") if budget.scope in {Scope.EACH, Scope.PERSON} else _("The budget for “%s”")
        named = whose % budget.target if "%s" in whose else whose
        words = _("%(budget)s of %(amount)s %(period)s is used up. It begins anew on %(day)s, UTC.")
        said = {"budget": named, "amount": budget.said(budget.amount), "period": budget.get_period_display()}
        super().__init__(words % {**said, "day": f"{begins:%Y-%m-%d}"}, code="budget", status=429)


@dataclass(frozen=True)
class Spent:
    """What a response used, or may use."""

    requests: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    images: int = 0
    micros: int = 0
    unpriced: int = 0

    def of(self, measure: str) -> int:
        if measure == Measure.TOKENS:
            return self.input_tokens + self.output_tokens
        return self.micros if measure == Measure.MONEY else int(getattr(self, measure))


def starts(period: str, *, after: bool = False) -> dt.datetime:
    """Return when the day or month of now began, in UTC, or with `after` when the next one begins."""
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == Period.DAY:
        return today + dt.timedelta(days=after)
    first = today.replace(day=1)
    return (first + dt.timedelta(days=32)).replace(day=1) if after else first


def reserve(response: Response, user: User, payloads: Iterable[Mapping[str, Any]] = ()) -> None:
    """Reserve what a response that was just queued may use; raise `OverBudget` where nothing is left of a budget.

    An estimate that is larger than what is left gets the rest: the last unit of a budget lets one more through.
    """
    applying = [budget for budget in known.value if _applies(budget, response, user)]
    if not applying:
        return
    asked = estimate(response, payloads)
    rows = []
    for budget in applying:
        wanted = max(1, asked.of(budget.measure))
        if budget.measure == Measure.IMAGES and not asked.images:
            continue
        spending = locked(budget, user)
        left = budget.amount - spending.used - spending.reserved
        if left <= 0:
            raise OverBudget(budget)
        amount = min(wanted, left)
        Spending.objects.filter(pk=spending.pk).update(reserved=F("reserved") + amount)
        rows.append(Reservation(response=response, spending=spending, measure=budget.measure, amount=amount))
    Reservation.objects.bulk_create(rows)


def _applies(budget: Budget, response: Response, user: User) -> bool:
    match budget.scope:
        case Scope.PERSON:
            return budget.person_id == user.pk
        case Scope.GROUP:
            return user.groups.filter(pk=budget.group_id).exists()
        case Scope.MODEL:
            return budget.model == response.model
        case Scope.KEY:
            return response.key_id is not None and budget.key_id == response.key_id
    return True


def locked(budget: Budget, user: User) -> Spending:
    """Return what is spent of a budget now, its row locked until the transaction ends.

    Budgets are taken in the order of their ids, so that nobody waits in a circle.
    """
    named = {"budget": budget, "since": starts(budget.period).date()}
    named["subject_id"] = user.pk if budget.scope == Scope.EACH else 0
    found = Spending.objects.select_for_update().filter(**named).first()
    if found is None:
        Spending.objects.bulk_create([Spending(**named)], ignore_conflicts=True)
        found = Spending.objects.select_for_update().get(**named)
    return found


def estimate(response: Response, payloads: Iterable[Mapping[str, Any]]) -> Spent:
    """Return what a response may use, from what it is asked and how long its answer may be."""
    capabilities = catalog.capabilities(response.model)
    options = response.options or {}
    most = options.get("max_output_tokens")
    given = sum(len(str(payload.get("content") or payload.get("output") or "")) for payload in payloads)
    came, went = given // CHARACTERS_OF_A_TOKEN, most if isinstance(most, int) and most > 0 else USUAL_ANSWER
    tools = options.get("tools")
    paints = any(
        isinstance(tool, dict) and tool.get("type") == "image_generation"
        for tool in (tools if isinstance(tools, list) else ())
    )
    dollars = total(costs(capabilities, Tokens(came, 0, went, 0))) or 0
    paints = paints or "image_generation" in response.offered.get("hosted", ())
    return Spent(requests=1, input_tokens=came, output_tokens=went, images=int(paints), micros=round(dollars * MICROS))


def spent(response: Response, items: Sequence[Item]) -> Spent:
    """Return what a response that has ended used. Where the provider did not say, what was said is measured.

    One that the provider never took used nothing.
    """
    capabilities = catalog.capabilities(response.model)
    used = tokens(response.usage)
    images = [item for item in items if item.type == "image_generation_call" and item.payload.get("result")]
    if used is None and not items and not response.provider_id:
        return Spent()
    if used is None:
        asked = Item.objects.filter(response=response.input_owner_id, direction=Item.Direction.INPUT)
        used = Tokens(_size(asked), 0, _size(items), 0)
    dollars = total(costs(capabilities, used))
    painted = [_image_cost(capabilities, response, item) for item in images]
    priced = dollars is not None and None not in painted
    whole = (dollars or 0) + sum(each for each in painted if each is not None)
    return Spent(1, used.input, used.cached, used.output, len(images), round(whole * MICROS), int(not priced))


def _size(items: Iterable[Item]) -> int:
    return sum(len(item.text) for item in items) // CHARACTERS_OF_A_TOKEN


def _image_cost(capabilities: Capabilities, response: Response, item: Item) -> float | None:
    """Return about what a picture cost; where its own prices are known by the tool's model, those."""
    tools = response.options.get("tools") if isinstance(response.options, dict) else None
    tool = next((t for t in (tools or ()) if isinstance(t, dict) and t.get("type") == "image_generation"), {})
    painter = catalog.capabilities(str(tool["model"])) if tool.get("model") else capabilities
    quality, size = item.payload.get("quality") or tool.get("quality"), item.payload.get("size") or tool.get("size")
    return image_cost(painter, quality=str(quality), size=str(size))


def settle(response: Response, items: Sequence[Item] = ()) -> None:
    """Count what a response used and give back what it had reserved. Call it in the transaction that ends it."""
    used = spent(response, items)
    held = _reserved(response=response.pk)
    for row in held:
        Spending.objects.filter(pk=row.spending_id).update(
            used=F("used") + used.of(row.measure), reserved=F("reserved") - row.amount
        )
    if held:
        Reservation.objects.filter(pk__in=[row.pk for row in held]).delete()
        transaction.on_commit(lambda: _warn([row.spending_id for row in held]), robust=True)
    if used.requests:
        _count(response, used)


def release(response: Response) -> None:
    """Give back what a response has reserved that asks no provider for anything."""
    for row in _reserved(response=response.pk):
        Spending.objects.filter(pk=row.spending_id).update(reserved=F("reserved") - row.amount)
    Reservation.objects.filter(response=response).delete()


COUNT = """
INSERT INTO conversations_usage
(day, user_id, model, key_id, requests, input_tokens, cached_tokens, output_tokens, images, micros, unpriced)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (day, user_id, model, key_id) DO UPDATE SET
requests = conversations_usage.requests + excluded.requests,
input_tokens = conversations_usage.input_tokens + excluded.input_tokens,
cached_tokens = conversations_usage.cached_tokens + excluded.cached_tokens,
output_tokens = conversations_usage.output_tokens + excluded.output_tokens,
images = conversations_usage.images + excluded.images,
micros = conversations_usage.micros + excluded.micros,
unpriced = conversations_usage.unpriced + excluded.unpriced
"""


def _count(response: Response, used: Spent) -> None:
    """Add to the row of the day: one statement, because every turn does this."""
    today = starts(Period.DAY).date()
    counted = (used.requests, used.input_tokens, used.cached_tokens, used.output_tokens)
    values = (response.created_by_id, response.model, response.key_id or 0, *counted)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [today.isoformat(), *values, used.images, used.micros, used.unpriced])


def _warn(spending_ids: list[int]) -> None:
    """Note in the audit log, once, that a budget is nearly used up. Its people see it on their pages."""
    for spending in Spending.objects.filter(pk__in=spending_ids, warned_at=None).select_related("budget"):
        if not is_near(spending.budget, spending):
            continue
        with transaction.atomic():
            if Spending.objects.filter(pk=spending.pk, warned_at=None).update(warned_at=timezone.now()):
                details = {"user": spending.subject_id} if spending.subject_id else {}
                record("budget.warn", actor=None, object=spending.budget, details=details)


def is_near(budget: Budget, spending: Spending) -> bool:
    return (spending.used + spending.reserved) * 100 >= budget.amount * budget.warn_percent


def standing(user: User) -> list[dict[str, Any]]:
    """Return the budgets that count for a person, with what is used of each now."""
    mine = [
        budget
        for budget in known.value
        if budget.scope in {Scope.SITE, Scope.EACH, Scope.MODEL}
        or (budget.scope == Scope.PERSON and budget.person_id == user.pk)
        or (budget.scope == Scope.KEY and budget.key is not None and budget.key.user_id == user.pk)
        or (budget.scope == Scope.GROUP and user.groups.filter(pk=budget.group_id).exists())
    ]
    rows = Spending.objects.filter(
        budget__in=mine, since__in={starts(period).date() for period in Period.values}, subject_id__in=[0, user.pk]
    )
    found = {(row.budget_id, row.since): row for row in rows} if mine else {}
    return [_stand(budget, found.get((budget.pk, starts(budget.period).date()))) for budget in mine]


def _stand(budget: Budget, spending: Spending | None) -> dict[str, Any]:
    used = spending.used + spending.reserved if spending is not None else 0
    percent = min(100, used * 100 // budget.amount) if budget.amount else 100
    words = _("%(used)s of %(amount)s %(period)s")
    said = {"used": budget.said(used), "amount": budget.said(budget.amount), "period": budget.get_period_display()}
    return {
        "budget": budget,
        "percent": percent,
        "words": words % said,
        "near": spending is not None and is_near(budget, spending),
        "over": used >= budget.amount,
    }


def change(budget: Budget, *, actor: User, before: Mapping[str, Any] | None) -> None:
    """Save a budget that an administrator has made or changed, with its history."""
    with transaction.atomic():
        budget.save()
        Change.note("budget", budget.pk, before=before, after=facts(budget), by=actor)
        action = "budget.create" if before is None else "budget.end" if budget.ended_at else "budget.change"
        record(action, actor=actor, object=budget, details={"scope": budget.scope, "kind": budget.measure})
    known.forget()


def facts(budget: Budget) -> dict[str, Any]:
    """Return what people set of a budget, for its history."""
    return {
        "target": budget.target,
        "amount": budget.said(budget.amount),
        "period": budget.period,
        "warn_percent": budget.warn_percent,
        "ended": budget.ended_at is not None,
    }
