"""Lists that are changed in the administration. Each change is in the audit log, by its fields and not their values,
and in the history of what was changed, with its values; from there it can be taken back. Secrets are in neither."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms.models import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from conversations.admin.people import signed_in
from conversations.models import Change
from conversations.models.audit import record

MOST_SHOWN = 50


class RecordedAdmin(ModelAdmin):
    """Records where Django logs: in the transaction of the change, whichever way through its pages it came.

    `remembered` are the fields whose values the history keeps; `recorded_as` is what the audit log calls such a row.
    """

    remembered: tuple[str, ...] = ()
    recorded_as = ""

    def _record(self, request: HttpRequest, obj: Model, verb: str, **details: Any) -> None:
        record(
            f"{self.recorded_as or _name(obj)}.{verb}",
            actor=signed_in(request),
            object=obj,
            details=self.details(obj) | details,
        )

    def details(self, obj: Model) -> dict[str, Any]:
        """Return what the audit log says of a row beside its id."""
        return {}

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, obj, "create")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record(request, obj, "update", changed=_fields(message))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record(request, obj, "delete")
        return super().log_deletions(request, queryset)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.before = self.facts(self.model._default_manager.get(pk=obj.pk)) if change and self.remembered else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._remember(request, form.instance, form.before)

    def _remember(self, request: HttpRequest, obj: Model, before: dict[str, Any] | None) -> None:
        after = self.facts(self.model._default_manager.get(pk=obj.pk))
        if self.remembered and after != before:
            Change.note(_name(obj), obj.pk, before=before, after=after, by=signed_in(request))

    def facts(self, obj: Model) -> dict[str, Any]:
        """Return what the history keeps of a row."""
        values = model_to_dict(obj, self.remembered)
        related = {name: sorted(row.pk for row in values[name]) for name in RELATED & values.keys()}
        return values | related

    def restore(self, obj: Any, facts: dict[str, Any]) -> None:
        """Give a row the values that it had, and save it. Raise ValidationError where they are not allowed any more."""
        for name, value in facts.items():
            if name in self.remembered and name not in RELATED:
                setattr(obj, name, value)
        obj.full_clean()
        obj.save()
        for name in RELATED & facts.keys():
            rows = obj._meta.get_field(name).related_model._default_manager
            getattr(obj, name).set(rows.filter(pk__in=facts[name]))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id) if self.remembered else None
        if obj is None:
            answer: HttpResponse = super().history_view(request, object_id, extra_context)
            return answer
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        if request.method == "POST":
            return self._taken_back(request, obj)
        rows = Change.objects.filter(kind=_name(obj), object_id=str(obj.pk)).select_related("by").order_by("-pk")
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": obj},
            "opts": self.opts,
            "object": obj,
            "may_change": self.has_change_permission(request, obj),
            "changes": [(row, _differences(row)) for row in rows[:MOST_SHOWN]],
        }
        return TemplateResponse(request, "admin/conversations/history.html", context)

    def _taken_back(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Give a row the values that it had before a change, as one more change."""
        given = request.POST.get("change", "")
        rows = Change.objects.filter(kind=_name(obj), object_id=str(obj.pk)).exclude(before=None)
        row = rows.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
        if row is None:
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        before = self.facts(obj)
        try:
            with transaction.atomic():
                self.restore(obj, row.before)
                self._remember(request, obj, before)
                self._record(request, obj, "revert")
            messages.success(request, _("It is as it was before that change."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(request.path)


RELATED = frozenset({"people", "groups"})


def _name(obj: Model) -> str:
    return str(obj._meta.model_name)


def _differences(row: Change) -> list[tuple[str, Any, Any]]:
    """Return the fields that a change has changed, with their values before and after it."""
    before, after = row.before or {}, row.after or {}
    names = dict.fromkeys([*before, *after])
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _fields(message: Any) -> list[str]:
    """Return the labels of the fields that a change message of Django's names, as single words."""
    parts = message if isinstance(message, list) else []
    labels = [label for part in parts for label in part.get("changed", {}).get("fields", [])]
    return ["_".join(str(label).split())[:100] for label in labels]
