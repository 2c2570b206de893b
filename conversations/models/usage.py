"""What was used, a row for each day, person, model and key; and budgets, with what is spent and reserved of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.key import Key
from conversations.models.response import Response

MICROS = 1_000_000
"""Millionths of a US dollar in one: money is counted in whole numbers."""


class Usage(models.Model):
    """Added to by each response in the transaction that ends it, so that none counts twice."""

    day = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    model = models.CharField(max_length=120)
    key_id = models.BigIntegerField(default=0)
    """Of the gateway's key, 0 for the pages. Not a foreign key: what was used outlives it."""
    requests = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    cached_tokens = models.BigIntegerField(default=0)
    """Of the input tokens."""
    output_tokens = models.BigIntegerField(default=0)
    images = models.BigIntegerField(default=0)
    micros = models.BigIntegerField(default=0)
    """About what it cost, in millionths of a US dollar."""
    unpriced = models.BigIntegerField(default=0)
    """Requests whose price is not known."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "user", "model", "key_id"], name="one_row_of_use")]
        indexes = [models.Index(fields=["user", "day"], name="own_use")]

    def __str__(self) -> str:
        return f"{self.day} {self.user_id} {self.model}"


class BudgetQuerySet(models.QuerySet["Budget"]):
    def open(self) -> BudgetQuerySet:
        return self.filter(ended_at=None)


class Budget(models.Model):
    """How much may be used in a day or a month, by whom. It warns first, and then stops."""

    class Scope(models.TextChoices):
        SITE = "site", _("Everybody together")
        EACH = "each", _("Each person")
        GROUP = "group", _("A group together")
        PERSON = "person", _("A person")
        MODEL = "model", _("A model")
        KEY = "key", _("A key of the gateway")

    class Measure(models.TextChoices):
        REQUESTS = "requests", _("requests")
        TOKENS = "tokens", _("tokens")
        IMAGES = "images", _("images")
        MONEY = "money", _("US dollars")

    class Period(models.TextChoices):
        DAY = "day", _("a day")
        MONTH = "month", _("a month")

    scope = models.CharField(max_length=8, choices=Scope.choices)
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=120, blank=True)
    key = models.ForeignKey(Key, models.CASCADE, null=True, blank=True, related_name="+")
    measure = models.CharField(max_length=8, choices=Measure.choices)
    period = models.CharField(max_length=5, choices=Period.choices)
    amount = models.BigIntegerField()
    """Money in millionths of a US dollar."""
    warn_percent = models.PositiveSmallIntegerField(default=80)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["id"], name="open_budgets", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.target}: {self.said(self.amount)} {self.get_period_display()}"

    @property
    def target(self) -> str:
        """Whom or what it is for, in words."""
        own = self.group or self.person or self.key or self.model
        return str(own or self.get_scope_display())

    def said(self, amount: int) -> str:
        """Say an amount of what it measures."""
        if self.measure == self.Measure.MONEY:
            return f"${amount / MICROS:,.2f}"
        return f"{amount:,} {self.get_measure_display()}"


class Spending(models.Model):
    """What is used and reserved of a budget in one day or month. Its row lock makes budgets exact."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="spendings", db_index=False)
    since = models.DateField()
    subject_id = models.BigIntegerField(default=0)
    """The person, for a budget of each; 0 for all others."""
    used = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    warned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "since", "subject_id"], name="one_spending_each")]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.since} {self.subject_id}"


class Reservation(models.Model):
    """What a response that has not ended holds of a budget."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="reservations")
    spending = models.ForeignKey(Spending, models.CASCADE, related_name="reservations")
    measure = models.CharField(max_length=8, choices=Budget.Measure.choices)
    amount = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.amount} {self.measure}"
