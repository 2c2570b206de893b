"""Budgets: whom they count for, what they reserve, give back and stop; and what administrators do with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from conversations import budgets
from conversations.access import conversation_for
from conversations.actions import keys, turns
from conversations.actions.calls import queue_answer
from conversations.budgets import OverBudget
from conversations.models import AuditEntry, Budget, Change, Conversation, Reservation, Response, Spending, Usage, User

HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
USAGE = {"input_tokens": 70, "input_tokens_details": {"cached_tokens": 20}, "output_tokens": 30}


def budget(admin: User, **columns: Any) -> Budget:
    given = {"scope": "each", "measure": "requests", "period": "day", "amount": 1} | columns
    made = Budget(created_by=admin, **given)
    budgets.change(made, actor=admin, before=None)
    return made


def send(user: User, conversation: Conversation, **more: Any) -> Response:
    return turns.send_message(conversation_for(user, conversation.pk), text="Hello", **more)[0]


def ended(response: Response, usage: dict[str, Any] | None = None, **columns: Any) -> None:
    values = {"status": "completed", "done_at": timezone.now(), "provider_id": "resp_1", "usage": usage} | columns
    Response.objects.filter(pk=response.pk).update(**values)
    budgets.settle(Response.objects.get(pk=response.pk))


def test_what_is_used_up_stops_its_person_and_nobody_else(
    admin: User, alice: User, bob: User, conversation: Conversation
) -> None:
    budget(admin)
    send(alice, conversation)
    with pytest.raises(OverBudget) as refused:
        send(alice, conversation)
    assert "1 requests a day is used up" in refused.value.sentence
    assert refused.value.status == 429
    assert 0 < refused.value.seconds <= 86_400
    send(bob, conversation)


def test_the_page_is_told_with_the_time_to_come_again(
    admin: User, alice: User, as_alice: Client, conversation: Conversation
) -> None:
    budget(admin)
    send(alice, conversation)
    path = f"/conversations/{conversation.pk}/messages/"
    answer = as_alice.post(path, {"text": "Again"}, content_type="application/json")
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "budget"
    assert int(answer["Retry-After"]) > 0
    assert "is used up" in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()


@pytest.mark.parametrize("scope", ["site", "group", "person", "model", "key"])
def test_a_budget_counts_for_whom_it_is_made(
    admin: User, alice: User, bob: User, conversation: Conversation, scope: str
) -> None:
    group = Group.objects.create(name="Product")
    alice.groups.add(group)
    key, _ = keys.issue(alice)
    own = {"group": {"group": group}, "person": {"person": alice}, "model": {"model": "demo"}, "key": {"key": key}}
    budget(admin, scope=scope, **own.get(scope, {}))
    asked = {"model": "demo", "key_id": key.pk, "options": {}}
    turns.ask(conversation_for(alice, conversation.pk), [HELLO], **asked)
    with pytest.raises(OverBudget):
        turns.ask(conversation_for(alice, conversation.pk), [HELLO], **asked)
    others = conversation_for(bob, conversation.pk)
    if scope in {"site", "model"}:
        with pytest.raises(OverBudget):
            turns.ask(others, [HELLO], model="demo")
    else:
        turns.ask(others, [HELLO], model="demo")


def test_what_was_used_takes_the_place_of_what_was_reserved(
    admin: User, alice: User, conversation: Conversation
) -> None:
    budget(admin, measure="tokens", amount=5_000)
    response = send(alice, conversation, options={"max_output_tokens": 400})
    assert 400 <= Spending.objects.get().reserved < 500
    ended(response, USAGE)
    spending = Spending.objects.get()
    assert (spending.used, spending.reserved) == (100, 0)
    row = Usage.objects.get()
    assert (row.requests, row.input_tokens, row.cached_tokens, row.output_tokens) == (1, 70, 20, 30)
    assert not Reservation.objects.exists()


def test_an_estimate_that_is_larger_than_the_rest_gets_the_rest(
    admin: User, alice: User, conversation: Conversation
) -> None:
    budget(admin, measure="tokens", amount=10)
    send(alice, conversation)
    assert Spending.objects.get().reserved == 10
    with pytest.raises(OverBudget):
        send(alice, conversation)


def test_what_the_provider_never_took_is_given_back(admin: User, alice: User, conversation: Conversation) -> None:
    budget(admin)
    ended(send(alice, conversation), status="failed", provider_id="")
    spending = Spending.objects.get()
    assert (spending.used, spending.reserved) == (0, 0)
    assert not Usage.objects.exists()
    send(alice, conversation)


def test_a_stopped_answer_without_numbers_is_measured(admin: User, alice: User, conversation: Conversation) -> None:
    from conversations.models import Item

    response = send(alice, conversation)
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "word " * 80}]}
    item = Item.from_payload(said, response=response, direction=Item.Direction.OUTPUT, index=0)
    response.status, response.done_at = "cancelled", timezone.now()
    budgets.settle(response, [item])
    row = Usage.objects.get()
    assert (row.requests, row.input_tokens, row.output_tokens) == (1, 1, 100)


def test_money_is_reckoned_by_the_prices_of_the_model(admin: User, alice: User, conversation: Conversation) -> None:
    budget(admin, measure="money", amount=1_000_000)
    response = turns.ask(conversation_for(alice, conversation.pk), [HELLO], model="gpt-5")[0]
    ended(response, {"input_tokens": 1_000_000, "output_tokens": 0}, model="gpt-5")
    row = Usage.objects.get()
    assert row.micros == Spending.objects.get().used > 100_000
    assert row.unpriced == 0
    with pytest.raises(OverBudget):
        turns.ask(conversation_for(alice, conversation.pk), [HELLO], model="gpt-5")


def test_a_loop_of_tools_stops_at_the_budget(admin: User, alice: User, conversation: Conversation) -> None:
    budget(admin)
    response = send(alice, conversation)
    with pytest.raises(OverBudget):
        queue_answer(conversation, response, ends_now=True)


def test_a_warning_is_recorded_once(
    admin: User, alice: User, conversation: Conversation, django_capture_on_commit_callbacks: Any
) -> None:
    budget(admin, amount=10, warn_percent=20)
    for _ in range(3):
        response = send(alice, conversation)
        with django_capture_on_commit_callbacks(execute=True):
            ended(response)
    (entry,) = AuditEntry.objects.filter(action="budget.warn")
    assert entry.details == {"user": alice.pk}


def test_ended_budgets_and_settling_twice_do_nothing_more(admin: User, alice: User, conversation: Conversation) -> None:
    made = budget(admin)
    response = send(alice, conversation)
    made.ended_at = timezone.now()
    budgets.change(made, actor=admin, before=budgets.facts(made))
    send(alice, conversation)
    ended(response, USAGE)
    budgets.release(response)
    assert Spending.objects.get().reserved == 0


def test_administrators_make_change_and_end_them_with_a_history(as_admin: Client, admin: User) -> None:
    form = {"scope": "site", "measure": "money", "period": "month", "amount": "12.50", "warn_percent": "80"}
    assert as_admin.post("/admin/budgets/", form).status_code == 302
    made = Budget.objects.get()
    assert made.amount == 12_500_000
    as_admin.post(f"/admin/budgets/{made.pk}/", {"verb": "amount", "amount": "20"})
    as_admin.post(f"/admin/budgets/{made.pk}/", {"verb": "amount", "amount": "many"})
    as_admin.post(f"/admin/budgets/{made.pk}/", {"verb": "end"})
    assert [row.after["amount"] for row in Change.objects.order_by("pk")] == ["$12.50", "$20.00", "$20.00"]
    assert not Budget.objects.open().exists()
    assert "$12.50" in as_admin.get("/admin/budgets/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": ""},
        {"amount": "-1"},
        {"amount": "1.5", "measure": "tokens"},
        {"amount": "9" * 40},
        {"scope": "person"},
        {"scope": "person", "person": "nobody@example.com"},
        {"scope": "key", "key": "sk-salon-zzzz"},
        {"scope": "group", "group": "77"},
        {"scope": "moon"},
        {"warn_percent": "0"},
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(as_admin: Client, wrong: dict[str, str]) -> None:
    form = {"scope": "site", "measure": "money", "period": "month", "amount": "12", "warn_percent": "80"} | wrong
    assert as_admin.post("/admin/budgets/", form).status_code == 400
    assert not Budget.objects.exists()
