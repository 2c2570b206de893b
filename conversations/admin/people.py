"""Accounts: created, closed and opened again, given a new password. Nobody is deleted: what they said is the team's."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from conversations import confirming
from conversations.models import User
from conversations.models.audit import record
from conversations.moderation import sanctions
from conversations.moderation.sanctions import powers

POWERS = ("is_staff", "groups", "is_superuser", "user_permissions")


def signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class NewPersonForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class PersonForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"  # the fieldsets below choose
        field_classes: dict[str, type] = {}


class AsksFirst(ModelAdmin):
    """Forms with secrets and powers: whoever opens or sends one has shown a moment ago who they are."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = confirming.ask_first(request) or super().changeform_view(request, *args, **kwargs)
        return answer


@admin.register(User)
class PersonAdmin(UserAdmin, AsksFirst):  # type: ignore[type-arg]  # not subscriptable at run time
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    filter_horizontal = ()
    actions = ("remove_factors",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "language")}),
        (_("May"), {"fields": ("is_active", *POWERS)}),
        (_("Since"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Otherwise who may change people could take over one with other powers, by giving them a new password
        if (
            obj is not None
            and not request.user.is_superuser
            and (obj.is_superuser or powers(obj) - powers(signed_in(request)))
        ):
            return False
        return super().has_change_permission(request, obj)

    @admin.action(description=_("Remove second factors (a lost device)"), permissions=["change"])
    def remove_factors(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Let people in by their password alone until they set up another factor; their sessions end."""
        if (asked := confirming.ask_first(request)) is not None:
            return asked
        for person in people:
            if self.has_change_permission(request, person):
                with transaction.atomic():
                    Authenticator.objects.filter(user=person).delete()
                    person.sign_out_everywhere()
                    record("user.factor_reset", actor=signed_in(request), object=person)
        self.message_user(request, _("The second factors are removed."))
        return None

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Only who has every power may hand one out
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *POWERS)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if (asked := confirming.ask_first(request)) is not None:
            return asked
        with transaction.atomic():
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            if request.method == "POST" and answer.status_code == 302:
                record("user.password_change", actor=signed_in(request), object=("user", id))
        return answer

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = {"changed": sorted(form.changed_data)} if change else {}
        record("user.update" if change else "user.create", actor=signed_in(request), object=obj, details=changed)
        if change and "is_active" in form.changed_data:
            sanctions.settle(obj)
            if not obj.is_active:
                sanctions.end_everything(obj)
        if change and "email" in form.changed_data:
            # What allauth noted of the address before would still sign in, and would still get the reset link
            EmailAddress.objects.filter(user=obj).delete()
