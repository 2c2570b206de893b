"""Keys of the gateway: whose they are, what they may, when they were used. They can be revoked here, and not made."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from conversations.actions import keys
from conversations.admin.mirror import FactsOnly
from conversations.models import Key


@admin.register(Key)
class KeyAdmin(FactsOnly):
    list_display = ("name", "user", "prefix", "scope", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__email__exact", "prefix__exact")
    ordering = ("-created_at",)
    actions = ("revoke",)  # type: ignore[assignment]  # the lists of facts have none

    @admin.action(description=_("Revoke the selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Key]) -> None:
        chosen = list(queryset.filter(revoked_at=None))
        for key in chosen:
            keys.revoke(key)
            self.log_change(request, key, "Revoked.")
        words = ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", len(chosen))
        self.message_user(request, words % {"count": len(chosen)})

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("conversations.change_key"))
