"""Files that code made in a provider's container are kept here, and had by who may see the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conversations.models import Response
from tests.inspector.conftest import Answered, ScriptedProvider
from tests.items.gallery import ITEMS
from tests.upstream.script import answering

pytestmark = pytest.mark.django_db
Scripted = Callable[..., ScriptedProvider]


def made(response: Response, file_id: str = "cfile_1") -> str:
    return f"/conversations/{response.conversation_id}/responses/{response.pk}/made/{file_id}/"


def content(client: Client, url: str) -> bytes:
    answer: Any = client.get(url, follow=True)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_a_file_is_fetched_once_and_then_kept(
    as_alice: Client, as_bob: Client, answered: Answered, scripted: Scripted
) -> None:
    upstream = scripted(answering(b"a,b\n1,2\n"))
    response = answered("a", "b", items=[ITEMS["message"]])
    for client in (as_alice, as_bob):
        assert content(client, made(response)) == b"a,b\n1,2\n"
    assert [request.path for request in upstream.requests] == ["/v1/containers/cntr_1/files/cfile_1/content"]
    file = response.files.get()
    assert file.name == "chart.png"
    assert as_alice.get(f"/files/{file.pk}/")["Content-Disposition"].startswith("attachment")


def test_only_what_the_answer_cites_and_only_to_members(
    as_alice: Client, as_charlie: Client, answered: Answered, scripted: Scripted
) -> None:
    upstream = scripted(answering(b"hush"))
    response = answered("a", "b", items=[ITEMS["message"]])
    assert as_alice.get(made(response, "cfile_2")).status_code == 404
    assert as_alice.get(made(response, "../../files/file-1")).status_code == 404
    assert as_charlie.get(made(response)).status_code == 404
    assert upstream.requests == []


def test_a_container_that_has_ended_is_said_on_the_page(
    as_alice: Client, answered: Answered, scripted: Scripted
) -> None:
    scripted(answering({"error": {"message": "Container not found."}}, status=404))
    response = answered("a", "b", items=[ITEMS["message"]])
    page = as_alice.get(made(response), follow=True)
    assert page.redirect_chain[-1][0].endswith(f"{response.conversation_id}/")
    assert "Ask for the file again" in page.content.decode()
