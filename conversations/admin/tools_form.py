"""The form of an MCP server. What it takes as secrets it keeps sealed, and it never shows them."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from conversations import sealing
from conversations.egress.client import require_url
from conversations.egress.errors import AddressRefused
from conversations.models import McpServer

HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*([\x21-\x7e]([\x20-\x7e]{0,3998}[\x21-\x7e])?)[ \t]*")
FORBIDDEN = {"host", "content-length", "transfer-encoding", "connection", "content-type", "accept", "cookie"}
MOST_HEADERS = 20


class McpServerForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    headers = forms.CharField(
        label=_("Headers"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    authorization = forms.CharField(
        label=_("Authorization"),
        required=False,
        max_length=4000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}, render_value=False),
        help_text=_("An access token. It is sent as “Authorization: Bearer …”."),
    )
    forget_secrets = forms.BooleanField(
        label=_("Forget what is kept"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = McpServer
        fields = ("label", "url", "description", "is_active", "everyone", "people", "groups", "approval", "decides")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["headers"].help_text = f"{_('One a line, such as “X-Api-Key: …”.')} {self._kept()}"

    def _kept(self) -> str:
        """Say what is kept, by its names."""
        try:
            secrets = self.instance.secrets()
        except sealing.Unreadable:
            return str(_("What was kept cannot be read with the keys of this deployment: enter it anew."))
        names = [*secrets.get("headers", {}), *(["Authorization"] if secrets.get("authorization") else [])]
        if not names:
            return str(_("Nothing is kept."))
        return str(_("Kept, and never shown: %s. Leave both empty to keep it.")) % ", ".join(names)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            require_url(url)
        except AddressRefused as error:
            raise ValidationError(error.sentence) from error
        return url

    def clean_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for line in str(self.cleaned_data["headers"]).splitlines():
            if not line.strip():
                continue
            found = HEADER.fullmatch(line.strip())
            if found is None:
                raise ValidationError(_("Write each header as “Name: value”, in one line of plain characters."))
            if found[1].lower() in FORBIDDEN:
                raise ValidationError(_("The header %s is set by the connection itself.") % found[1])
            headers[found[1]] = found[2]
        if len(headers) > MOST_HEADERS:
            raise ValidationError(_("More than %d headers.") % MOST_HEADERS)
        return headers

    def clean_authorization(self) -> str:
        token = str(self.cleaned_data["authorization"]).strip().removeprefix("Bearer ").strip()
        if not token.isascii() or any(not letter.isprintable() or letter == " " for letter in token):
            raise ValidationError(_("A token has no spaces and plain characters only."))
        return token

    def save(self, commit: bool = True) -> McpServer:
        """Keep new secrets in place of the old ones; none given keeps what there is."""
        headers, token = self.cleaned_data["headers"], self.cleaned_data["authorization"]
        if headers or token or self.cleaned_data["forget_secrets"]:
            self.instance.keep_secrets(headers=headers, authorization=token)
        saved: McpServer = super().save(commit)
        return saved
