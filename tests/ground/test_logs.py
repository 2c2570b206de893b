"""What is logged: structure for operators, never what people wrote or a secret."""

import asyncio
import gc
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import transaction
from django.test import Client

from conversations.models import User
from webapp import logs
from webapp.middleware import SocketLog

Lines = Callable[[], list[dict]]


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    """The lines of a log of this test's own."""
    logs.configure({"folder": tmp_path})
    yield lambda: [json.loads(line) for line in (tmp_path / "salon.log").read_text().splitlines()]
    logs.configure(settings.LOGGING)


class TestWhatLibrariesQuote:
    async def test_a_task_that_nobody_waited_for_is_told_without_its_words(self, lines: Lines) -> None:
        async def fail() -> None:
            raise ValueError("canary")

        task = asyncio.ensure_future(fail())
        await asyncio.wait({task})
        del task
        gc.collect()
        (line,) = lines()
        assert line["event"] == "Task exception was never retrieved"
        assert line["exception"][0]["type"] == "builtins.ValueError"
        assert "canary" not in json.dumps(line)

    async def test_a_callback_is_told_without_what_it_was_called_with(self, lines: Lines) -> None:
        asyncio.get_running_loop().call_soon(int, "canary")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [line["event"] for line in lines()] == ["Exception in callback int"]
        assert "canary" not in json.dumps(lines())

    @pytest.mark.django_db(transaction=True)
    def test_a_hook_of_a_transaction_is_told_without_what_it_said(self, lines: Lines) -> None:
        def fail() -> None:
            raise ValueError("canary")

        with transaction.atomic():
            transaction.on_commit(fail, robust=True)
        assert [line["event"].split()[0] for line in lines()] == ["Error"]
        assert "canary" not in json.dumps(lines())


@pytest.mark.django_db
class TestRequests:
    def test_a_request_is_one_line_with_its_route_and_not_its_path_or_query(self, client: Client, lines: Lines) -> None:
        client.get("/accounts/password/reset/key/MQ-canary/?next=canary", headers={"cookie": "a=canary"})
        (line,) = lines()
        assert line["event"] == "request"
        assert line["route"] == "account_reset_password_from_key"
        assert line["method"] == "GET"
        assert isinstance(line["ms"], float)
        assert "canary" not in json.dumps(line)

    def test_the_person_is_told_by_id(self, as_alice: Client, alice, lines: Lines) -> None:
        as_alice.get("/accounts/email/")
        as_alice.get("/accounts/login/")
        assert {line["user"] for line in lines()} == {alice.pk}
        assert "alice@example.com" not in json.dumps(lines())

    def test_the_answer_and_the_line_carry_the_proxys_id(self, client: Client, lines: Lines) -> None:
        answer = client.get("/accounts/login/", headers={"x-request-id": "from-the-proxy-1"})
        assert answer.headers["x-request-id"] == "from-the-proxy-1"
        assert lines()[0]["request_id"] == "from-the-proxy-1"

    @pytest.mark.parametrize("proposed", ["short", "a" * 65, 'x"}{"level":"error', "with space 1", "zeile-äöü-1"])
    def test_an_id_that_could_forge_a_line_is_replaced(self, client: Client, lines: Lines, proposed: str) -> None:
        answer = client.get("/accounts/login/", headers={"x-request-id": proposed})
        assert re.fullmatch(r"req_[0-9a-f]{32}", answer.headers["x-request-id"])
        assert lines()[0]["request_id"] == answer.headers["x-request-id"]

    def test_an_unknown_address_is_counted_as_one_route(self, client: Client, lines: Lines) -> None:
        client.get("/wp-login.php")
        assert [(line["route"], line["status"]) for line in lines()] == [("unknown", 404)]

    def test_health_checks_make_no_noise(self, client: Client, lines: Lines, tmp_path: Path) -> None:
        client.get("/readyz")
        assert not (tmp_path / "salon.log").exists()


class TestContent:
    def test_secrets_are_removed_by_their_key_however_deep(self, lines: Lines) -> None:
        structlog.get_logger("t").info(
            "sent", headers={"Authorization": "Bearer canary", "deep": {"api_key": "canary"}}
        )
        (line,) = lines()
        assert "canary" not in json.dumps(line)
        assert line["headers"]["Authorization"] == "[removed]"

    def test_counts_of_tokens_are_no_secrets(self, lines: Lines) -> None:
        structlog.get_logger("t").info("done", input_tokens=3384)
        assert lines()[0]["input_tokens"] == 3384

    def test_an_error_is_told_by_type_and_place_without_what_it_quotes(self, lines: Lines) -> None:
        try:
            try:
                {}["canary"]
            except KeyError as error:
                raise ValueError("canary") from error
        except ValueError:
            structlog.get_logger("t").exception("it failed")
            logging.getLogger("library").exception("it failed there")
        for line in lines():
            assert [error["type"] for error in line["exception"]] == ["builtins.ValueError", "builtins.KeyError"]
            assert re.search(r"test_logs.py:\d+ test_an_error", line["exception"][0]["at"][-1])
            assert "canary" not in json.dumps(line)

    def test_an_error_of_the_machine_says_what_is_wrong(self, lines: Lines) -> None:
        try:
            open("/nowhere/at/all").close()
        except OSError:
            structlog.get_logger("t").exception("it failed")
        assert "No such file" in lines()[0]["exception"][0]["message"]


async def test_a_background_task_keeps_the_id_of_the_request_that_began_it(lines: Lines) -> None:
    async def later() -> None:
        await asyncio.sleep(0)
        structlog.get_logger("t").info("later")

    with structlog.contextvars.bound_contextvars(request_id="req_of_alice"):
        task = asyncio.create_task(later())
    await task
    assert lines()[0]["request_id"] == "req_of_alice"


class TestFile:
    """Several processes write one file; two handlers stand for them here."""

    def handler(self, folder: Path) -> logs.SharedRotatingFileHandler:
        return logs.SharedRotatingFileHandler(folder / "salon.log", maxBytes=1000, backupCount=20, delay=True)

    def test_no_line_is_lost_when_two_processes_rotate(self, tmp_path: Path) -> None:
        ours, theirs = self.handler(tmp_path), self.handler(tmp_path)
        for number in range(200):
            record = logging.LogRecord("t", logging.INFO, "", 0, f"line {number:04}", None, None)
            (ours if number % 3 else theirs).emit(record)
        ours.close()
        theirs.close()
        files = [path.read_text() for path in tmp_path.glob("salon.log*") if path.suffix != ".lock"]
        assert len(files) == 3  # of 99 lines at most
        assert sorted("".join(files).split("\n")[:-1]) == [f"line {number:04}" for number in range(200)]

    def test_a_rotated_file_is_left_for_the_new_one(self, tmp_path: Path) -> None:
        ours = self.handler(tmp_path)
        ours.emit(logging.LogRecord("t", logging.INFO, "", 0, "before", None, None))
        os.rename(tmp_path / "salon.log", tmp_path / "moved.log")
        (tmp_path / "salon.log").touch()
        ours.emit(logging.LogRecord("t", logging.INFO, "", 0, "after", None, None))
        ours.close()
        assert (tmp_path / "salon.log").read_text() == "after\n"


async def test_a_socket_is_one_line_when_it_ends(alice: User, lines: Lines) -> None:
    async def refuse(scope: dict, receive: Callable, send: Callable) -> None:
        await receive()
        structlog.get_logger("t").info("inside")
        await send({"type": "websocket.close", "code": 4404})

    scope = {"type": "websocket", "headers": [(b"x-request-id", b"from-the-proxy-1")], "user": alice}
    socket = ApplicationCommunicator(SocketLog(refuse), scope)
    await socket.send_input({"type": "websocket.connect"})
    await socket.receive_output()
    await socket.wait()
    inside, end = lines()
    assert inside["request_id"] == end["request_id"] == "from-the-proxy-1"
    assert (end["event"], end["code"], end["user"]) == ("socket", 4404, alice.pk)
