"""Remote MCP servers that administrators register, and their tools as they were looked at."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations import sealing
from conversations.models.fields import VerbatimJSONField
from conversations.models.tool import Approved


class McpServer(Approved):
    """A server that the provider connects to. Its secrets are sealed: only the request itself gives them away."""

    class Approval(models.TextChoices):
        ALWAYS = "always", _("every call")
        NEVER = "never", _("no call")
        PER_TOOL = "per_tool", _("as each tool below says")

    label = models.CharField(
        _("label"),
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Za-z][A-Za-z0-9_-]*\Z", _("Letters, digits, - and _, beginning with a letter."))
        ],
        help_text=_("How models and people call it, such as “shop”."),
    )
    url = models.CharField(_("address"), max_length=1000, help_text=_("Of its streamable HTTP endpoint."))
    description = models.CharField(_("what it is for"), max_length=300, blank=True)
    sealed = models.TextField(blank=True, editable=False)
    """`headers` and `authorization`, as one token of `sealing`."""
    approval = models.CharField(_("needs approval"), max_length=10, choices=Approval.choices, default=Approval.ALWAYS)
    checked_at = models.DateTimeField(_("tools listed"), null=True, blank=True, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    """Why the last look at its tools failed."""

    class Meta:
        verbose_name = _("MCP server")
        verbose_name_plural = _("MCP servers")

    def __str__(self) -> str:
        return self.label

    def secrets(self) -> dict[str, Any]:
        """Return `headers` and `authorization`, those that are set; raise `sealing.Unreadable`."""
        return dict(sealing.unseal(self.sealed)) if self.sealed else {}

    def keep_secrets(self, *, headers: dict[str, str], authorization: str) -> None:
        given = {"headers": headers, "authorization": authorization}
        kept = {name: value for name, value in given.items() if value}
        self.sealed = sealing.seal(kept) if kept else ""


class McpTool(models.Model):
    """A tool of a server. It is used while it is what an administrator approved, to the letter."""

    class Approval(models.TextChoices):
        ALWAYS = "always", _("every call")
        NEVER = "never", _("no call")

    server = models.ForeignKey(McpServer, models.CASCADE, related_name="tools")
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    schema = VerbatimJSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    """Of the definition that was seen last."""
    approved_fingerprint = models.CharField(max_length=64, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approval = models.CharField(_("needs approval"), max_length=10, choices=Approval.choices, default=Approval.ALWAYS)
    is_allowed = models.BooleanField(_("allowed"), default=True)
    is_gone = models.BooleanField(default=False)
    """The server did not list it when it was last asked."""

    class Meta:
        verbose_name = _("tool")
        constraints = [models.UniqueConstraint(fields=["server", "name"], name="one_tool_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_changed(self) -> bool:
        return self.fingerprint != self.approved_fingerprint


def fingerprint(tool: dict[str, Any], url: str) -> str:
    """Return what tells a tool from any other: its name, description and schema, and where it is served."""
    told = [url, tool.get("name"), tool.get("description") or "", tool.get("input_schema")]
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
