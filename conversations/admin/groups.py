"""Groups: teams, which retention rules and holds can name, and the roles, which also let do things."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from conversations.admin.people import signed_in
from conversations.models import User
from conversations.models.audit import record


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    members = forms.ModelMultipleChoiceField(User.objects.order_by("email"), required=False, label=_("Members"))

    class Meta:
        model = Group
        fields = ("name",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["members"].initial = self.instance.user_set.all()


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    form = GroupForm
    list_display = ("name", "people", "is_role")
    ordering = ("name",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(members=Count("user", distinct=True), powers=Count("permissions", distinct=True))

    @admin.display(description=_("people"), ordering="members")
    def people(self, group: Any) -> int:
        return int(group.members)

    @admin.display(description=_("is a role"), boolean=True, ordering="powers")
    def is_role(self, group: Any) -> bool:
        return bool(group.powers)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        # Who could put themselves into a role would have its powers
        if obj is not None and not request.user.is_superuser and obj.permissions.exists():
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        if obj is not None and (obj.permissions.exists() or not request.user.is_superuser):
            return False
        return bool(super().has_delete_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        members = form.cleaned_data["members"]
        obj.user_set.set(members)
        details = {"changed": sorted(form.changed_data), "count": len(members)}
        record("group.update" if change else "group.create", actor=signed_in(request), object=obj, details=details)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        identity = str(obj.pk)
        super().delete_model(request, obj)
        record("group.delete", actor=signed_in(request), object=("group", identity))
