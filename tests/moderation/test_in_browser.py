"""The pages of the administration in a browser: the life of a rule and of a matter; readable on a desk and a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import AuditEntry, Deletion, RetentionRule, User
from conversations.moderation import deletion, holds, purging
from tests.moderation.conftest import Make
from tests.moderation.rules import rule
from tests.pages.test_in_browser import LOOKS, assert_readable, opened

__all__ = ["opened"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def officer() -> User:
    """Dora, who may confirm rules and is no superuser."""
    dora = User.objects.create_user("dora@example.com", "correct horse battery staple", name="Dora", is_staff=True)
    group, _ = Group.objects.get_or_create(name="Compliance officer")
    group.permissions.add(
        *Permission.objects.filter(
            codename__in=["view_retentionrule", "confirm_retentionrule", "view_auditentry", "view_legalhold"]
        )
    )
    dora.groups.add(group)
    return dora


@pytest.fixture
def history(make: Make, admin: User) -> None:
    """Conversations of many ages, one held, one purged, one hidden, and a rule in force."""
    made = [make(age=age, endpoint="https://example.openai.azure.com/openai/v1/") for age in range(10, 400, 20)]
    rule(admin, scope="site", messages=True, files=True, days=365, floor_days=30, ceiling_days=730)
    holds.place(actor=admin, name="Customs 2026", reason="Inquiry of the customs office", conversations=[made[-1].pk])
    for conversation in made[:2]:
        deletion.hide(conversation.pk, cause=Deletion.Cause.ADMINISTRATOR, actor=admin)
    purging.purge_due(timezone.now(), ignore_grace=True)
    deletion.hide(made[2].pk, cause=Deletion.Cause.ADMINISTRATOR, actor=admin)


PATHS = ["audit/", "retention/", "retention/new/", "retention/1/", "holds/", "deletions/", "provider/", "readings/"]
PATHS += ["settings/", "moderation/", "usage/", "budgets/", "personal-data/"]


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_readable(
    opened: Callable[..., Page], admin: User, officer: User, history: None, look: str
) -> None:
    first = RetentionRule.objects.get().pk
    page = opened("/admin/audit/", admin, **LOOKS[look])
    for path in PATHS:
        page.goto(f"/admin/{path.replace('/1/', f'/{first}/')}")
        expect(page.locator("h1")).to_be_visible()
        assert_readable(page)


def test_a_rule_from_the_draft_to_a_second_person(
    opened: Callable[..., Page], admin: User, officer: User, history: None
) -> None:
    page = opened("/admin/retention/", admin, **LOOKS["light"])
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Keep for days").fill("90")
    page.get_by_label("Others at least").fill("30")
    page.get_by_label("Others at most").fill("730")
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Deletes 15 conversations,")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("1 held.")
    page.get_by_label("Reason").fill("Works council agreement")
    page.get_by_role("button", name="Ask Dora to confirm").click()
    expect(page.get_by_text("Another person has to confirm it.")).to_be_visible()
    address = page.url

    second = opened(address, officer, **LOOKS["light"])
    second.get_by_role("button", name="Confirm").click()
    expect(second.get_by_role("button", name="Stop it")).to_be_visible()
    assert RetentionRule.objects.get(days=90).status == RetentionRule.Status.CONFIRMED

    second.goto("/admin/audit/?action=rule")
    expect(second.get_by_role("row")).to_have_count(3)
    assert list(
        AuditEntry.objects.filter(action__startswith="rule").order_by("position").values_list("action", flat=True)
    ) == [
        "rule.propose",
        "rule.confirm",
    ]


def test_a_matter_is_opened_and_released(opened: Callable[..., Page], admin: User, bob: User, make: Make) -> None:
    make()
    page = opened("/admin/holds/", admin, **LOOKS["light"])
    page.get_by_label("Matter", exact=True).fill("Customs")
    page.get_by_label("Reason").fill("An inquiry")
    page.get_by_label("People, by email").fill("bob@example.com")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.get_by_role("article")).to_contain_text("holds 1 conversation")
    page.get_by_text("Release", exact=True).click()
    page.get_by_role("button", name="Release “Customs”").click()
    expect(page.get_by_text("Nothing is held.")).to_be_visible()
