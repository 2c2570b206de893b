"""The pages of the administration that people work in: their addresses, who may open them, the way between them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.models import Case, User


@dataclass(frozen=True)
class Place:
    """A page in the list beside all of them."""

    name: str
    label: Promise
    icon: str
    permission: str


PLACES = [
    Place("retention", _("Retention"), "clock", "conversations.view_retentionrule"),
    Place("holds", _("Legal holds"), "scale", "conversations.view_legalhold"),
    Place("deletions", _("Deletions"), "trash-2", "conversations.view_deletion"),
    Place("at_provider", _("At the provider"), "cloud", "conversations.view_providerdeletion"),
    Place("moderation", _("Moderation"), "flag", "conversations.view_case"),
    Place("readings", _("Readings"), "glasses", "conversations.view_reading"),
    Place("personal", _("Personal data"), "id-card", "conversations.view_datarequest"),
    Place("audit", _("Audit"), "list-tree", "conversations.view_auditentry"),
    Place("usage", _("Usage and budgets"), "chart-column", "conversations.view_usage"),
    Place("site_settings", _("Settings"), "sliders-horizontal", "conversations.view_setting"),
    Place("conversations_user_changelist", _("People and groups"), "users", "conversations.view_user"),
    Place("index", _("Records"), "table-2", ""),
]
MOST_COUNTED = 999
LISTS = {"index", "conversations_user_changelist"}
"""Places that Django lists by itself."""


class StaffRequest(HttpRequest):
    """A request of somebody who may enter the administration, as its site sees to."""

    user: User


View = Callable[..., HttpResponseBase]


def needs(permission: str) -> Callable[[View], View]:
    """Make a view one for those with this permission; others in the administration are refused."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def places_for(user: Any) -> list[Place]:
    """Return the places that `user` may open."""
    return [place for place in PLACES if not place.permission or user.has_perm(place.permission)]


def as_app(user: Any) -> dict[str, Any]:
    """Return the pages as Django lists an application with its models."""
    pages = [place for place in places_for(user) if place.name not in LISTS]
    models = [
        {
            "name": place.label,
            "object_name": place.name,
            "admin_url": reverse(f"admin:{place.name}"),
            "add_url": None,
            "view_only": True,
            "perms": {"view": True},
        }
        for place in pages
    ]
    return {
        "name": _("Administration"),
        "app_label": "pages",
        "app_url": reverse("admin:index"),
        "has_module_perms": True,
        "models": models,
    }


def show(request: StaffRequest, template: str, here: str, status: int = 200, **context: Any) -> HttpResponse:
    """Draw a page of the administration; `here` is the name of its place."""
    if request.user.has_perm("conversations.view_case"):
        context["open_cases"] = counted(Case.objects.filter(closed_at=None))
    roles = ", ".join(request.user.groups.values_list("name", flat=True)) or _("Administrator")
    return render(
        request,
        template,
        {"places": places_for(request.user), "here_place": here, "roles": roles, **context},
        status=status,
    )


def counted(rows: QuerySet[Any]) -> str:
    """Return how many rows there are, in words: nothing for none, and no more than `MOST_COUNTED` are looked at."""
    number = rows[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number or "")


def routes(admin_view: Callable[[View], View]) -> list[URLPattern]:
    """Return the addresses of the pages, below the administration's own; `admin_view` lets its people in alone."""
    from conversations.admin import (  # they are drawn with the functions above
        audit,
        budgets,
        cases,
        deletions,
        holds,
        personal,
        readings,
        retention,
        settings,
        usage,
    )

    views: list[tuple[str, View, str]] = [
        ("retention/", retention.rule_list, "retention"),
        ("retention/new/", retention.new_rule, "retention_new"),
        ("retention/<int:rule_id>/", retention.rule_page, "retention_rule"),
        ("retention/<int:rule_id>/decide/", retention.decide, "retention_decide"),
        ("holds/", holds.hold_list, "holds"),
        ("holds/<int:hold_id>/release/", holds.release, "hold_release"),
        ("deletions/", deletions.deletion_list, "deletions"),
        ("deletions/new/", deletions.delete, "deletion_new"),
        ("deletions/<int:deletion_id>/restore/", deletions.restore, "deletion_restore"),
        ("certificates/<int:position>/", deletions.certificate, "certificate"),
        ("certificates/verify/", deletions.verify, "certificate_verify"),
        ("provider/", deletions.at_provider, "at_provider"),
        ("provider/retry/", deletions.retry, "provider_retry"),
        ("moderation/", cases.queue, "moderation"),
        ("moderation/<int:case_id>/", cases.case_page, "case"),
        ("moderation/<int:case_id>/act/", cases.act, "case_act"),
        ("moderation/<int:case_id>/decide/", cases.decide, "case_decide"),
        ("moderation/<int:case_id>/files/<str:file_id>/", cases.exhibit_file, "case_file"),
        ("readings/", readings.reading_list, "readings"),
        ("readings/<int:reading_id>/", readings.read, "reading"),
        ("readings/<int:reading_id>/decide/", readings.decide, "reading_decide"),
        ("personal-data/", personal.request_list, "personal"),
        ("personal-data/<int:request_id>/decide/", personal.decide, "personal_decide"),
        ("personal-data/<int:request_id>/export/", personal.export, "personal_export"),
        ("audit/", audit.entries, "audit"),
        ("audit/export/", audit.export, "audit_export"),
        ("usage/", usage.usage_page, "usage"),
        ("usage/export/", usage.export, "usage_export"),
        ("budgets/", budgets.budget_list, "budgets"),
        ("budgets/<int:budget_id>/", budgets.change, "budget_change"),
        ("settings/", settings.setting_list, "site_settings"),
        ("settings/<str:name>/", settings.change, "setting_change"),
        ("settings/changes/<int:change_id>/revert/", settings.revert, "setting_revert"),
    ]
    return [path(address, admin_view(view), name=name) for address, view, name in views]
