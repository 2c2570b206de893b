"""Whatever is sent to the pages' doors: a clear refusal, nothing changed, never a fault of the server."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.person import Person

pytestmark = pytest.mark.usefixtures("calm")

NOBODYS = "conv_" + "0" * 32
WRONG = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**63,
    10**40,
    "",
    "x",
    "\x00",
    "\x00x",
    "\ud800",
    "x" * 500,
    [],
    [1],
    {},
    {"a": 1},
]
FIELDS = {
    "messages": ("text", "client_id", "previous", "edits"),
    "update": ("title", "model", "instructions", "state", "pinned", "archived"),
    "regenerate": ("model",),
}
NOT_OBJECTS = [
    b"",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b'{"text": ',
    b"[" * 100_000,
    b'{"a":' * 100_000,
]
ROUTES = [
    ("GET", ""),
    ("GET", "turns/"),
    ("POST", "messages/"),
    ("POST", "update/"),
    ("POST", "delete/"),
    ("POST", "responses/{response}/stop/"),
    ("POST", "responses/{response}/regenerate/"),
    ("POST", "responses/{response}/continue/"),
]


@pytest.fixture
async def answered(alice: Person) -> tuple[str, int]:
    """A conversation of Alice's and a response in it that has ended."""
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, "Tell me of a lamp")
        await window.until_final(turn["id"])
    return conversation, turn["id"]


def is_refusal(status: int, body: bytes, *statuses: int) -> bool:
    """Whether this is a refusal as pages read it: a sentence for people and a code."""
    error = json.loads(body)["error"]
    return status in statuses and error["message"].endswith(".") and bool(error["code"])


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00", "\u2003"])
async def test_an_empty_message_is_refused_and_not_kept(alice: Person, answered: tuple[str, int], text: str) -> None:
    conversation, _ = answered
    before = await alice.fresh(conversation)
    assert is_refusal(*await alice.ask("POST", f"/conversations/{conversation}/messages/", json={"text": text}), 400)
    assert await alice.fresh(conversation) == before


@pytest.mark.parametrize("size", [400_001, 1_000_000, 3_000_000])
async def test_a_message_that_is_too_long_is_refused(alice: Person, answered: tuple[str, int], size: int) -> None:
    address = f"/conversations/{answered[0]}/messages/"
    assert is_refusal(*await alice.ask("POST", address, json={"text": "x" * size}), 413)


async def test_the_longest_message_is_answered(alice: Person) -> None:
    conversation = await alice.begin()
    async with alice.window(conversation) as window:
        turn = await alice.send(conversation, "long word " * 40_000)
        assert (await window.until_final(turn["id"]))["status"] == "completed"


@pytest.mark.parametrize("verb", FIELDS)
async def test_a_wrong_type_in_any_field_is_refused(alice: Person, answered: tuple[str, int], verb: str) -> None:
    conversation, response = answered
    address = f"/conversations/{conversation}/{verb}/"
    if verb == "regenerate":
        address = f"/conversations/{conversation}/responses/{response}/{verb}/"
    for field in FIELDS[verb]:
        for value in WRONG:
            status, body = await alice.ask("POST", address, json={"text": "Hello", field: value})
            assert status < 500, (field, value, body)
            if status >= 400:
                assert is_refusal(status, body, 400, 403, 404, 409, 413, 429), (field, value)


@pytest.mark.parametrize("verb", ["messages/", "update/", "responses/{response}/regenerate/"])
@pytest.mark.parametrize("sent", NOT_OBJECTS, ids=range(len(NOT_OBJECTS)))
async def test_a_body_that_is_no_object_is_refused(
    alice: Person, answered: tuple[str, int], verb: str, sent: bytes
) -> None:
    conversation, response = answered
    address = f"/conversations/{conversation}/" + verb.format(response=response)
    status, body = await alice.ask("POST", address, data=sent, headers={"Content-Type": "application/json"})
    if sent or verb == "messages/":
        assert is_refusal(status, body, 400)


async def test_half_a_character_in_a_message_is_replaced(alice: Person) -> None:
    conversation = await alice.begin()
    body = b'{"text": "half \\ud83d of it", "client_id": "half"}'
    headers = {"Content-Type": "application/json"}
    status, answer = await alice.ask("POST", f"/conversations/{conversation}/messages/", data=body, headers=headers)
    assert status == 201 or is_refusal(status, answer, 400)


async def test_the_same_client_id_twice_is_one_message(alice: Person) -> None:
    conversation = await alice.begin()
    first = await alice.send(conversation, "Once", client_id="one")
    second = await alice.send(conversation, "Once", client_id="one")
    assert first["id"] == second["id"]
    assert len((await alice.fresh(conversation))["turns"]) == 1


async def test_the_same_client_id_twenty_times_at_once_is_one_message(alice: Person) -> None:
    conversation = await alice.begin()
    turns = await asyncio.gather(*(alice.send(conversation, "Once", client_id="one") for _ in range(20)))
    assert len({turn["id"] for turn in turns}) == 1
    assert len((await alice.fresh(conversation))["turns"]) == 1


@pytest.mark.parametrize(("method", "route"), ROUTES)
async def test_somebody_elses_conversation_is_exactly_an_unknown_one(
    alice: Person, charlie: Person, answered: tuple[str, int], method: str, route: str
) -> None:
    conversation, response = answered
    before = await alice.fresh(conversation)
    path = "/conversations/{conversation}/" + route
    body = None if method == "GET" else {"text": "Mine", "title": "Mine"}
    theirs = await charlie.ask(method, path.format(conversation=conversation, response=response), json=body)
    unknown = await charlie.ask(method, path.format(conversation=NOBODYS, response=response), json=body)
    assert stripped(*theirs) == stripped(*unknown)
    assert theirs[0] == 404
    assert await alice.fresh(conversation) == before


async def test_somebody_elses_file_is_exactly_an_unknown_one(
    alice: Person, charlie: Person, answered: tuple[str, int]
) -> None:
    file = alice.server.inside("add_file", conversation=answered[0])
    assert await alice.ask("GET", f"/files/{file}/") == (200, b"png")
    theirs = await charlie.ask("GET", f"/files/{file}/")
    unknown = await charlie.ask("GET", "/files/file_0/")
    assert stripped(*theirs) == stripped(*unknown)
    assert theirs[0] == 404


@pytest.mark.parametrize("field", ["previous", "edits"])
async def test_a_response_of_another_conversation_is_exactly_an_unknown_one(
    alice: Person, charlie: Person, answered: tuple[str, int], field: str
) -> None:
    address = f"/conversations/{await charlie.begin()}/messages/"
    theirs = await charlie.ask("POST", address, json={"text": "Mine", field: answered[1]})
    unknown = await charlie.ask("POST", address, json={"text": "Mine", field: 2**62})
    assert theirs == unknown
    assert theirs[0] == 404


@pytest.mark.parametrize("verb", ["stop", "regenerate", "continue"])
async def test_a_response_by_the_door_of_another_conversation_is_exactly_an_unknown_one(
    charlie: Person, answered: tuple[str, int], verb: str
) -> None:
    own = await charlie.begin()
    theirs = await charlie.ask("POST", f"/conversations/{own}/responses/{answered[1]}/{verb}/", json={})
    unknown = await charlie.ask("POST", f"/conversations/{own}/responses/{2**62}/{verb}/", json={})
    assert theirs == unknown
    assert theirs[0] == 404


@pytest.mark.parametrize("given", ["abc", "-1", "0", "1" * 40, "%00", "٣", "1.5", "[]", "null"])
async def test_a_page_by_a_number_that_is_none_is_not_found(
    alice: Person, answered: tuple[str, int], given: str
) -> None:
    for name in ("before", "branch"):
        status, _ = await alice.ask("GET", f"/conversations/{answered[0]}/turns/?{name}={given}")
        assert status == 404
    for path in ("/", "/sidebar/"):
        for name in ("before", "q", "archived"):
            status, _ = await alice.ask("GET", f"{path}?{name}={given}")
            assert status < 500


@pytest.mark.parametrize(
    "name", ["%00", "..%2f..", "*", "x" * 300, "conv_%F0%9F%92%A1", "%ff", "conv_%00", "1 OR 1=1", "{}"]
)
async def test_an_id_that_is_none_is_not_found(alice: Person, name: str) -> None:
    for path in (f"/conversations/{name}/", f"/conversations/{name}/turns/", f"/files/{name}/", f"/avatars/{name}"):
        status, _ = await alice.ask("GET", path)
        assert status in {400, 404}, path


@pytest.mark.parametrize("change", [lambda p: p.pop(), lambda p: p.append(("Origin", "https://elsewhere.example"))])
async def test_a_write_from_another_site_is_refused(
    alice: Person, answered: tuple[str, int], change: Callable[[list[Any]], Any]
) -> None:
    conversation, _ = answered
    headers = [("X-CSRFToken", alice.csrf)]
    change(headers)
    address = f"{alice.url}/conversations/{conversation}/messages/"
    async with alice.http.post(address, json={"text": "Forged"}, headers=headers) as answer:
        assert answer.status == 403


async def test_nobody_in_particular_is_told_to_sign_in(alice: Person, answered: tuple[str, int]) -> None:
    async with Person(alice.server, "") as nobody:
        status, body = await nobody.ask("GET", f"/conversations/{answered[0]}/turns/")
        assert is_refusal(status, body, 401)
        status, _ = await nobody.ask("GET", f"/conversations/{answered[0]}/")
        assert status == 302


def stripped(status: int, body: bytes) -> tuple[int, bytes]:
    """Without what differs from request to request whatever it is for."""

    return status, re.sub(rb'(csrfmiddlewaretoken" value=|"csrfmiddlewaretoken": )"\w+"', b"", body)
