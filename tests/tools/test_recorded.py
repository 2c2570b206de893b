"""Changes of tools and of MCP servers in the administration: each is one entry of the audit log."""

from __future__ import annotations

from django.test import Client

from conversations.models import AuditEntry, FunctionTool, McpServer
from tests.tools.test_mcp_servers import post


def test_each_change_is_one_entry_of_the_audit_log(as_admin: Client) -> None:
    post(as_admin)
    server = McpServer.objects.get()
    post(as_admin, server, description="Prices")
    as_admin.post(f"/admin/conversations/mcpserver/{server.pk}/delete/", {"post": "yes"})
    entries = AuditEntry.objects.filter(object_type="mcpserver").order_by("position")
    assert [(entry.action, entry.object_id) for entry in entries] == [
        ("mcp_server.create", str(server.pk)),
        ("mcp_server.update", str(server.pk)),
        ("mcp_server.delete", str(server.pk)),
    ]
    assert [entry.details.get("changed") for entry in entries] == [None, ["What_it_is_for"], None]


def test_a_change_of_a_function_tool_is_one_entry_too(as_admin: Client) -> None:
    as_admin.get("/admin/conversations/functiontool/")
    tool = FunctionTool.objects.order_by("name")[0]
    form = {"is_active": "on", "approval": "always", "decides": "asker"}
    as_admin.post(f"/admin/conversations/functiontool/{tool.pk}/change/", form)
    entry = AuditEntry.objects.get(object_type="functiontool")
    assert entry.action == "function_tool.update"
    assert entry.details["tool"] == tool.name
