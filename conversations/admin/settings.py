"""The settings that administrators change while Salon runs, each with its history."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from conversations import site_settings
from conversations.admin.pages import StaffRequest, needs, show
from conversations.computer.needs import missing as missing_computer
from conversations.errors import Refused
from conversations.models import Change
from conversations.site_settings import BY_NAME, COMPUTER, SETTINGS, SiteSetting

SHOWN = 10
"""Changes of one setting on the page."""


@needs("conversations.view_setting")
@require_safe
def setting_list(request: StaffRequest) -> HttpResponse:
    """Show every setting with what it holds now and how it came to that."""
    return _page(request)


def _page(request: StaffRequest, *, status: int = 200, refused: str = "", given: Any = None) -> HttpResponse:
    return show(
        request,
        "moderation/settings.html",
        "site_settings",
        status=status,
        may_change=request.user.has_perm("conversations.change_setting"),
        rows=[
            {
                "setting": setting,
                "written": given if setting.name == refused else written(setting, setting.value),
                "refused": setting.name == refused,
                "changes": _changes(setting),
                "missing": missing_computer() if setting.name == COMPUTER.name else "",
            }
            for setting in SETTINGS
        ],
    )


def _changes(setting: SiteSetting[Any]) -> list[dict[str, Any]]:
    rows = Change.objects.filter(kind="setting", object_id=setting.name).select_related("by").order_by("-pk")[:SHOWN]
    return [
        {"row": row, "before": written(setting, row.before), "after": written(setting, row.after), "newest": not number}
        for number, row in enumerate(rows)
    ]


def written(setting: SiteSetting[Any], value: Any) -> Any:
    """Return a value as its control shows it."""
    if setting.kind == "lines":
        return "\n".join(value or ())
    return str(dict(setting.choices).get(value, value)) if setting.kind == "choice" else value


@needs("conversations.change_setting")
@require_POST
def change(request: StaffRequest, name: str) -> HttpResponse:
    """Set one of them; what is refused stands in its control, with the reason."""
    setting = BY_NAME.get(name)
    if setting is None:
        raise Http404
    given: Any = request.POST.get("value", "")
    try:
        if setting.name == COMPUTER.name and given != "off" and (missing := missing_computer()):
            raise Refused(missing, code=setting.name)
        site_settings.change(setting, given == "on" if setting.kind == "flag" else given, actor=request.user)
    except Refused as error:
        messages.error(request, f"{setting.label}: {error.sentence}")
        return _page(request, status=400, refused=name, given=given)
    messages.success(request, _("%(setting)s is saved.") % {"setting": setting.label})
    return redirect("admin:site_settings")


@needs("conversations.change_setting")
@require_POST
def revert(request: StaffRequest, change_id: int) -> HttpResponse:
    """Set again what held before a change."""
    row = Change.objects.filter(pk=change_id, kind="setting").first() if change_id < 2**63 else None
    setting = BY_NAME.get(row.object_id) if row is not None else None
    if row is None or setting is None:
        raise Http404
    try:
        site_settings.change(setting, row.before, actor=request.user)
        messages.success(request, _("%(setting)s is as it was before.") % {"setting": setting.label})
    except Refused as error:
        messages.error(request, error.sentence)
    return redirect("admin:site_settings")
