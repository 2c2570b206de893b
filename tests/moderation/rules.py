"""Rules in force, made at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from conversations.models import RetentionRule, User


def rule(by: User, *, since: int = 1, **columns: Any) -> RetentionRule:
    """Return a rule that has been in force for `since` days."""
    then = timezone.now() - dt.timedelta(days=since)
    return RetentionRule.objects.create(created_by=by, created_at=then, proposed_at=then, in_force_at=then, **columns)
