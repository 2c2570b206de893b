"""Usage on pages: everybody's for operators, one's own for each; as a chart, a table and CSV."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from conversations.models import AuditEntry, Usage, User

TODAY = timezone.now().date()


@pytest.fixture
def used(alice: User, bob: User) -> None:
    Group.objects.create(name="Product").user_set.add(alice)
    for number in range(3):
        day = TODAY - dt.timedelta(days=number)
        for user, model in ((alice, "gpt-5"), (bob, "=cmd()")):
            Usage.objects.create(
                day=day, user=user, model=model, requests=2, input_tokens=1000, output_tokens=500, micros=1_234_500
            )


@pytest.mark.parametrize(("by", "name"), [("person", "Alice"), ("group", "Product"), ("model", "gpt-5"), ("day", "")])
def test_everybodys_usage_is_added_up(as_admin: Client, used: None, by: str, name: str) -> None:
    page = as_admin.get(f"/admin/usage/?by={by}&measure=money").content.decode()
    assert name in page
    assert "12 requests, 6,000 tokens in, 3,000 out" in page
    assert "$7.41" in page


@pytest.mark.parametrize("query", ["since=x", "by=moon", "measure=moon", "since=2020-01-01", "since=9999-12-31"])
def test_days_that_cannot_be_shown_are_refused(as_admin: Client, query: str) -> None:
    assert as_admin.get(f"/admin/usage/?{query}").status_code == 400
    assert as_admin.get(f"/admin/usage/export/?{query}").status_code == 400


def test_the_page_asks_the_same_number_of_queries_however_many_people(
    as_admin: Client, django_assert_num_queries: Any, django_assert_max_num_queries: Any, used: None
) -> None:
    as_admin.get("/admin/usage/")
    for number in range(30):
        person = User.objects.create_user(f"person{number}@example.com", name=f"Person {number}")
        Usage.objects.create(day=TODAY, user=person, model="gpt-5", requests=1)
    with django_assert_max_num_queries(10):
        as_admin.get("/admin/usage/")


@pytest.mark.usefixtures("database_threads")
def test_the_export_is_csv_that_no_spreadsheet_runs(as_admin: Client, used: None) -> None:
    answer = as_admin.get("/admin/usage/export/")

    async def read() -> str:
        return b"".join([part async for part in answer.streaming_content]).decode()

    lines = asyncio.run(read()).splitlines()
    assert lines[0].startswith("day,person,model,key,requests")
    assert len(lines) == 7
    assert any("'=cmd()" in line for line in lines)
    assert AuditEntry.objects.filter(action="usage.export").count() == 1


def test_each_person_sees_their_own(as_alice: Client, as_bob: Client, used: None) -> None:
    page = as_alice.get("/settings/usage/").content.decode()
    assert "gpt-5" in page
    assert "cmd" not in page
    assert "cmd" in as_bob.get("/settings/usage/").content.decode()
