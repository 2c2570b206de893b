"""Which function tools a person may have models use, and which calls need approval. An administrator says both."""

from __future__ import annotations

from dataclasses import dataclass

from conversations.models import Decides, FunctionTool, User
from conversations.models.tool import offered_to
from conversations.tools.registry import Tool, registry


@dataclass(frozen=True)
class Offer:
    tool: Tool
    approval: bool
    decides: Decides


def offers_for(user: User) -> dict[str, Offer]:
    """Return what `user` may use, by name. A tool of which no administrator has said anything is offered to everybody.

    Nobody who is suspended may use anything.
    """
    if not user.is_active:
        return {}
    said = {row.name: row for row in FunctionTool.objects.all()}
    usable = set(offered_to(user, FunctionTool.objects.all()).values_list("name", flat=True)) if said else set()
    return {
        name: _offer(tool, said.get(name))
        for name, tool in registry().tools.items()
        if name not in said or name in usable
    }


def _offer(tool: Tool, row: FunctionTool | None) -> Offer:
    if row is None:
        return Offer(tool, tool.approval, Decides.ASKER)
    approval = tool.approval if row.approval == "" else row.approval == FunctionTool.Approval.ALWAYS
    return Offer(tool, approval, Decides(row.decides))
