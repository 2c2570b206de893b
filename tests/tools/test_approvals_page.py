"""What waits for a person stands on a page of its own, and is counted in the sidebar."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.models import Approval, FunctionTool, User
from tests.conftest import signed_in
from tests.tools.conftest import Chat
from tests.tools.lamp import asked, made
from tests.tools.model import Model, calling, saying


async def test_what_waits_for_me_stands_on_a_page_and_is_counted(
    lamp: Chat, model: Model, approver: User, charlie: User
) -> None:
    await lamp.db(FunctionTool.objects.create, name="switch_lamp", decides="approver")
    model.will([calling("switch_lamp", '{"state": "<b>on</b>\\u202e"}')], [saying("It is on.")])
    approval = await asked(lamp)

    def page(who: User) -> str:
        return signed_in(who).get("/approvals/").content.decode()

    for who in (lamp.user, charlie):
        assert "Nothing waits for you" in await lamp.db(page, who)
    html = await lamp.db(page, approver)
    assert 'data-waiting="approvals">1<' in html
    assert "&quot;&lt;b&gt;on&lt;/b&gt;\\u202e&quot;" in html
    assert "‮" not in html

    def press(who: User, decision: str) -> Any:
        url = f"/conversations/{lamp.conversation.pk}/approvals/{approval.pk}/"
        form = {"decision": decision, "digest": approval.digest, "note": "Fine"}
        return signed_in(who).post(url, form, follow=True)

    assert "Approved." in (await lamp.db(press, approver, "approve")).content.decode()
    assert "approved this call already" in (await lamp.db(press, approver, "decline")).content.decode()
    assert (await lamp.db(press, charlie, "approve")).status_code == 404
    assert "Nothing waits for you" in await lamp.db(page, approver)
    await lamp.run()
    assert len(made) == 1


async def test_the_list_takes_as_many_queries_for_many_as_for_one(lamp: Chat, model: Model) -> None:
    model.will([calling("switch_lamp", json.dumps({"state": str(n)})) for n in range(8)])
    await lamp.say()

    def count() -> int:
        client = signed_in(lamp.user)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/approvals/").content.decode().count("<section") == Approval.objects.pending().count()
        return len(captured)

    many = await lamp.db(count)
    await lamp.db(Approval.objects.exclude(pk=(await lamp.db(Approval.objects.first)).pk).delete)
    assert await lamp.db(count) == many


def test_a_form_without_javascript_needs_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/conversations/conv_1/approvals/1/", {"decision": "approve"}).status_code == 403
