"""The mirror as lists of facts. What people and models said is not shown here: an administrator is not a member."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from conversations.models import Conversation, File, Item, Membership, Response


class FactsOnly(ModelAdmin):
    """A list that cannot be changed and opens nothing. It never counts its rows: there may be millions."""

    list_display_links = None
    list_per_page = 50
    show_full_result_count = False
    paginator = InfinitePaginator
    actions = None
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_view_permission(request)


@admin.register(Conversation)
class ConversationAdmin(FactsOnly):
    list_display = ("id", "created_by", "model", "created_at", "activity_at", "deleted_at")
    list_select_related = ("created_by",)
    search_fields = ("id__exact", "created_by__email__exact")
    ordering = ("-created_at",)


@admin.register(Membership)
class MembershipAdmin(FactsOnly):
    list_display = ("conversation_id", "user", "role", "activity_at")
    list_select_related = ("user",)
    search_fields = ("conversation__id__exact", "user__email__exact")


@admin.register(Response)
class ResponseAdmin(FactsOnly):
    list_display = ("id", "provider_id", "conversation_id", "model", "status", "created_by", "queued_at", "done_at")
    list_select_related = ("created_by",)
    list_filter = ("status", "background", "store")
    search_fields = ("provider_id__exact", "conversation__id__exact")


@admin.register(Item)
class ItemAdmin(FactsOnly):
    list_display = ("id", "response_id", "direction", "index", "type", "role", "status", "created_at")
    list_filter = ("direction",)
    search_fields = ("provider_id__exact", "call_id__exact")


@admin.register(File)
class FileAdmin(FactsOnly):
    list_display = ("id", "conversation_id", "owner", "purpose", "media_type", "size", "created_at")
    list_select_related = ("owner",)
    list_filter = ("purpose",)
    search_fields = ("id__exact", "sha256__exact")
    ordering = ("-created_at",)
