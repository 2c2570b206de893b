"""How a turn starts: what is written for it, how much that costs, and in whose hands it is then."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from conversations import access, dispatch
from conversations.actions import turns
from conversations.hub import hub
from conversations.models import Conversation, Response, User
from conversations.output import Output
from conversations.turns import mirror
from conversations.turns.mirror import Ending
from conversations.turns.recorder import Recording
from conversations.turns.runner import due
from conversations.turns.turn import with_request
from tests.actions.test_turns import complete, page, send

pytestmark = pytest.mark.django_db(transaction=True)


class Runner:
    holder = "this process"

    def __init__(self) -> None:
        self.started: list[Response] = []

    def start_soon(self, response: Response) -> None:
        self.started.append(response)

    def cancel_soon(self, response_id: int) -> None: ...


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Runner:
    """The runner of this process; it starts nothing."""
    settings.SALON_RUNNER = "embedded"
    monkeypatch.setattr(dispatch, "_runner", runner := Runner())
    return runner


def test_a_message_is_sent_though_the_runner_cannot_be_told(
    as_alice: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf(Runner):
        def start_soon(self, response: Response) -> None:
            raise RuntimeError("the loop is closed")

    monkeypatch.setattr(dispatch, "_runner", Deaf())
    assert send(as_alice, conversation)["turn"]["id"] == Response.objects.get().pk


def test_a_runner_of_this_process_holds_the_lease_from_the_beginning(
    as_alice: Client, conversation: Conversation, runner: Runner
) -> None:
    turn = send(as_alice, conversation)["turn"]
    assert (turn["status"], turn["stream"]) == ("in_progress", {"epoch": 1, "sequence": 0})
    assert mirror.claim(turn["id"], "another process") is None
    [started] = runner.started
    row = Response.objects.get(pk=turn["id"])
    assert (started.pk, started.epoch, row.epoch, row.lease_holder) == (row.pk, 1, 1, "this process")
    assert row.lease_until is not None
    assert timedelta(seconds=10) < row.lease_until - timezone.now() < timedelta(seconds=20)
    assert page(as_alice, conversation)["turns"] == [turn]


def test_a_turn_that_its_process_never_began_is_taken_up_by_another(
    as_alice: Client, conversation: Conversation, runner: Runner
) -> None:
    turn = send(as_alice, conversation)["turn"]
    Response.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert due() == [turn["id"]]
    taken = mirror.claim(turn["id"], "another process")
    assert taken is not None
    assert taken.epoch == 2


def test_its_end_is_told_as_a_fresh_page_shows_it(
    as_alice: Client, conversation: Conversation, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner goes on with what the start left in memory, and presents the turn from that."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(hub, "announce", lambda conversation, position, frame: told.append(json.loads(frame)))
    send(as_alice, conversation)
    [started] = runner.started
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Bright"}]}
    final = {"id": "resp_1", "model": "stand-in", "output": [said], "usage": {"total_tokens": 3}}
    held = Recording(started, Output())
    held.note(provider_id="resp_1", first_token_at=timezone.now(), remarks=["It waited."])
    mirror.finish(held, None, Ending(Response.Status.COMPLETED, final=final))
    assert [frame["turn"]["status"] for frame in told] == ["in_progress", "completed"]
    assert [told[-1]["turn"]] == page(as_alice, conversation)["turns"]


def test_a_turn_behind_one_that_runs_waits_without_a_lease(
    as_alice: Client, conversation: Conversation, runner: Runner
) -> None:
    send(as_alice, conversation)
    behind = send(as_alice, conversation, "And another thing")["turn"]
    assert behind["status"] == "queued"
    assert Response.objects.get(pk=behind["id"]).lease_until is None


def test_a_start_costs_few_statements(
    as_alice: Client, conversation: Conversation, runner: Runner, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Session, person, membership; then one transaction; then nothing, for the request is built from what is known."""
    complete(send(as_alice, conversation))
    with django_assert_num_queries(15):  # with BEGIN and COMMIT
        send(as_alice, conversation, client_id="tab-1")
        with_request(runner.started[-1])


def test_who_waits_for_another_sender_goes_on_behind_them(alice: User, bob: User, conversation: Conversation) -> None:
    """Both look for the newest answer; who comes second must see what the first has committed meanwhile."""
    locked, sent = Event(), []

    def ask(user: User) -> Response:
        return turns.send_message(access.conversation_for(user, conversation.pk), text="Hello")[0]

    def second() -> None:
        locked.wait(5)
        sent.append(ask(bob))
        connection.close()

    ask(alice)
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            first = ask(alice)
            waiting = elsewhere.submit(second)
            locked.set()
            sleep(0.3)
        waiting.result(10)
    assert [response.previous_response_id for response in sent] == [first.pk]
