"""What tests of approvals share: a lamp that needs approval, and answers through the door."""

from __future__ import annotations

import json
from typing import Any

from conversations.models import Approval, User
from conversations.tools.registry import tool
from tests.conftest import signed_in
from tests.tools.conftest import Chat

made: list[str] = []


@tool(approval=True)
def switch_lamp(state: str) -> str:
    """Switch the lamp."""
    made.append(state)
    return f"The lamp is {state}."


def look() -> str:
    """Look at the lamp."""
    return "dark"


async def asked(chat: Chat, **options: Any) -> Approval:
    """Alice says something, and the model asks for the call that it was scripted to make."""
    await chat.say(**options)
    return await waiting(chat)


async def waiting(chat: Chat) -> Approval:
    return await chat.db(Approval.objects.get, state="pending")


async def decide(chat: Chat, who: User, approval: Approval, decision: str = "approve", **fields: Any) -> Any:
    """Answer through the door, as a browser does; return status and body."""

    def post() -> tuple[int, Any]:
        url = f"/conversations/{chat.conversation.pk}/approvals/{approval.pk}/"
        body = {"decision": decision, "digest": approval.digest, **fields}
        answer = signed_in(who).post(url, data=json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    return await chat.db(post)


def outputs(items: list[dict[str, Any]]) -> list[str]:
    return [item["output"] for item in items if item["type"] == "function_call_output"]
