"""MCP servers and function tools: registered, checked, offered to whom. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import TabularInline
from unfold.decorators import action

from conversations.admin.people import AsksFirst
from conversations.admin.recorded import RecordedAdmin
from conversations.admin.tools_form import McpServerForm
from conversations.egress.client import require_url
from conversations.egress.errors import AddressRefused
from conversations.mcp.checks import Checked, check
from conversations.mcp.servers import approve_tools
from conversations.models import FunctionTool, McpServer, McpTool, User, VectorStore
from conversations.models.audit import record
from conversations.tools.registry import registry


def signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class McpToolInline(TabularInline):
    model = McpTool
    fields = ("name", "description", "state", "is_allowed", "approval")
    readonly_fields = ("name", "description", "state")
    ordering = ("is_gone", "name")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("state"))
    def state(self, tool: McpTool) -> Any:
        if tool.is_gone:
            return _("not listed any more")
        if not tool.has_changed:
            return _("approved")
        return _("changed since it was approved: not used") if tool.approved_fingerprint else _("new: not used")


@admin.register(McpServer)
class McpServerAdmin(AsksFirst, RecordedAdmin):
    form = McpServerForm
    recorded_as = "mcp_server"
    remembered = ("label", "url", "description", "is_active", "everyone", "people", "groups", "approval", "decides")
    inlines = (McpToolInline,)
    list_display = ("label", "url", "is_active", "approval", "decides", "checked_at", "waiting")
    list_filter = ("is_active", "approval")
    search_fields = ("label", "url")
    ordering = ("label",)
    autocomplete_fields = ("people", "groups")
    actions = ("list_tools",)
    actions_submit_line = ("save_and_list", "save_and_approve")
    fieldsets = (
        (None, {"fields": ("label", "url", "description", "is_active")}),
        (_("Secrets"), {"fields": ("headers", "authorization", "forget_secrets")}),
        (_("May use it"), {"fields": ("everyone", "people", "groups")}),
        (_("Approval of calls"), {"fields": ("approval", "decides")}),
    )

    @method_decorator(sensitive_post_parameters("headers", "authorization"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return answer

    @admin.display(description=_("waits for you"))
    def waiting(self, server: McpServer) -> str:
        if server.problem:
            return server.problem
        names = [tool.name for tool in server.tools.all() if tool.has_changed and not tool.is_gone]
        return ", ".join(names[:5])

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpServer]:
        rows: QuerySet[McpServer] = super().get_queryset(request).prefetch_related("tools")
        return rows

    def save_model(self, request: HttpRequest, obj: McpServer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "url" in form.changed_data:
            obj.tools.update(fingerprint="")  # what was approved was served elsewhere

    def restore(self, obj: McpServer, facts: dict[str, Any]) -> None:
        try:
            require_url(str(facts["url"]))
        except AddressRefused as error:
            raise ValidationError(error.sentence) from error
        if facts["url"] != obj.url:
            obj.tools.update(fingerprint="")  # what was approved was served elsewhere
        super().restore(obj, facts)

    @action(description=_("List the tools"))  # type: ignore[untyped-decorator]
    def save_and_list(self, request: HttpRequest, obj: McpServer) -> None:
        # The form is saved in a transaction; a slow server must not keep that open
        transaction.on_commit(lambda: self._check(request, obj))

    @action(description=_("Approve the tools"))  # type: ignore[untyped-decorator]
    def save_and_approve(self, request: HttpRequest, obj: McpServer) -> None:
        # After the rows below it are saved, which would write over this
        transaction.on_commit(lambda: self._approve(request, obj))

    def _approve(self, request: HttpRequest, obj: McpServer) -> None:
        with transaction.atomic():
            count = approve_tools(obj, signed_in(request))
            if count:
                record("mcp_server.approve", actor=signed_in(request), object=obj, details={"count": count})
        said = ngettext("%d tool is approved as it is now.", "%d tools are approved as they are now.", count) % count
        messages.success(request, said)

    @admin.action(description=_("List the tools"))
    def list_tools(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        for server in queryset:
            self._check(request, server)

    def _check(self, request: HttpRequest, server: McpServer) -> None:
        server.refresh_from_db()
        first = server.checked_at is None
        found = check(server, signed_in(request))
        record(
            "mcp_server.check",
            actor=signed_in(request),
            object=server,
            outcome="failure" if found.problem else "success",
            details={"count": found.count},
        )
        tell(request, server, found, first=first)


def tell(request: HttpRequest, server: McpServer, found: Checked, *, first: bool) -> None:
    """Say what came of a look at a server."""
    if found.problem:
        messages.error(request, f"{server.label}: {found.problem}")
        return
    said = ngettext("%(label)s lists %(count)d tool.", "%(label)s lists %(count)d tools.", found.count)
    words = str(said % {"label": server.label, "count": found.count})
    if first:
        words += " " + str(_("They are approved as they are now."))
    for sentence, names in ((_("New: {}."), found.new), (_("Changed since they were approved: {}."), found.changed)):
        if names:
            words += " " + str(sentence).format(", ".join(names[:10]))
    if found.new or found.changed:
        words += " " + str(_("They are not used until you approve them."))
        messages.warning(request, words)
    else:
        messages.success(request, words)


@admin.register(FunctionTool)
class FunctionToolAdmin(RecordedAdmin):
    """One row for each function tool of this deployment, made when somebody looks."""

    recorded_as = "function_tool"
    remembered = ("is_active", "everyone", "people", "groups", "approval", "decides")

    list_display = ("name", "about", "is_active", "everyone", "approval", "decides")
    ordering = ("name",)
    autocomplete_fields = ("people", "groups")
    fields = ("name", "about", "is_active", "everyone", "people", "groups", "approval", "decides")
    readonly_fields = ("name", "about")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        known = set(FunctionTool.objects.values_list("name", flat=True))
        rows = [FunctionTool(name=name) for name in registry().tools if name not in known]
        FunctionTool.objects.bulk_create(rows, ignore_conflicts=True)
        for problem in registry().problems:
            messages.warning(request, problem)
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    @admin.display(description=_("what it does"))
    def about(self, row: FunctionTool) -> str:
        tool = registry().tools.get(row.name)
        return tool.description.split("\n")[0] if tool else str(_("Its package is not installed."))

    def details(self, obj: Model) -> dict[str, Any]:
        return {"tool": str(obj)}


@admin.register(VectorStore)
class VectorStoreAdmin(RecordedAdmin):
    remembered = ("label", "provider_id", "description", "is_active", "everyone", "people", "groups")
    list_display = ("label", "provider_id", "is_active", "everyone")
    list_filter = ("is_active",)
    search_fields = ("label", "provider_id")
    ordering = ("label",)
    autocomplete_fields = ("people", "groups")
    fieldsets = (
        (None, {"fields": ("label", "provider_id", "description", "is_active")}),
        (_("May use it"), {"fields": ("everyone", "people", "groups")}),
    )
