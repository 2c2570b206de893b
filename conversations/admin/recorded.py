"""Lists that are changed in the administration: each change is in the audit log, by its fields and not their values."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from conversations.admin.people import signed_in
from conversations.models.audit import record


class RecordedAdmin(ModelAdmin):
    """Records where Django logs: in the transaction of the change, whichever way through its pages it came."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        record(f"{_name(obj)}.create", actor=signed_in(request), object=obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        record(f"{_name(obj)}.update", actor=signed_in(request), object=obj, details={"changed": _fields(message)})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            record(f"{_name(obj)}.delete", actor=signed_in(request), object=obj)
        return super().log_deletions(request, queryset)


def _name(obj: Model) -> str:
    return str(obj._meta.model_name)


def _fields(message: Any) -> list[str]:
    """Return the labels of the fields that a change message of Django's names, as single words."""
    parts = message if isinstance(message, list) else []
    labels = [label for part in parts for label in part.get("changed", {}).get("fields", [])]
    return ["_".join(str(label).split())[:100] for label in labels]
