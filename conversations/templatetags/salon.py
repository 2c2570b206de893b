"""What templates need beyond Django: icons, people, the sidebar."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput
from django.template import Context
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from conversations.actions.joining import may_invite
from conversations.lists import sidebar_list
from conversations.models import Approval, File, User
from conversations.models.rendition import SIDES
from conversations.site_settings import BANNER, SIGNUP

register = template.Library()

TINTS = 12
"""Grounds of avatars in people.css, a step of the colour circle each."""


@register.simple_tag
@functools.cache
def icon(name: str, size: str = "") -> SafeString:
    """Draw the lucide icon `name`, hidden from screen readers; `sm` is the size for small controls."""
    return mark_safe(lucide(str(name), size=None, **{"class": f"i {size}".strip(), "aria-hidden": "true"}))  # noqa: S308


@register.simple_tag
def sign_up_open() -> bool:
    """Return whether people of our domains may ask for an account."""
    return SIGNUP.value == "domains"


@register.simple_tag(takes_context=True)
def invites(context: Context) -> bool:
    """Return whether the person may invite others into the team."""
    return may_invite(context["request"].user)


@register.simple_tag
def company() -> str:
    """Return the name of the company's sign-in, or nothing where there is none."""
    return settings.SALON_OPENID.name if settings.SALON_OPENID else ""


@register.inclusion_tag("parts/avatar.html")
def avatar(person: User, size: str = "") -> dict[str, Any]:
    """Draw a person: their picture or their first letter. `s` is small, `l` is large."""
    return {
        "url": person.avatar_url,
        "initial": person.display_name[:1].upper(),
        "tint": round(person.hue * TINTS / 360) % TINTS,
        "size": size,
    }


@register.inclusion_tag("sidebar.html", takes_context=True)
def sidebar(context: Context) -> dict[str, Any]:
    """Draw the sidebar of the signed-in person. The row of the page that is open is marked by its address."""
    request = context["request"]
    return {
        "user": request.user,
        "path": request.path,
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
        "places": [
            *_places(),
            {
                "label": _("Approvals"),
                "url": reverse("approvals"),
                "icon": "shield-check",
                "name": "approvals",
                "count": Approval.objects.count_for(request.user),
            },
            # What runs is asked for at once by the page's script, and brings this count too: no query for it here
            {"label": _("Notices"), "url": reverse("notices"), "icon": "bell", "name": "notices", "count": 0},
        ],
        "settings_url": reverse("settings"),
        "listing": sidebar_list(request.user),
    }


@register.inclusion_tag("parts/rail.html", takes_context=True)
def rail(context: Context, here: str) -> dict[str, Any]:
    """Draw the places as icons alone, for pages whose width belongs to pictures; `here` names the place they are in."""
    return {"user": context["request"].user, "places": _places(), "here": reverse(here)}


def _places() -> list[dict[str, Any]]:
    return [
        {"label": _("Conversations"), "url": reverse("home"), "icon": "messages-square"},
        {"label": _("Studio"), "url": reverse("studio"), "icon": "image"},
        {"label": _("Gallery"), "url": reverse("gallery"), "icon": "images"},
        {"label": _("Search"), "url": reverse("search"), "icon": "search"},
        {"label": _("Bookmarks"), "url": reverse("bookmarks"), "icon": "bookmark"},
        {"label": _("Library"), "url": reverse("prompts"), "icon": "library"},
        {"label": _("Lobby"), "url": reverse("lobby"), "icon": "door-open"},
    ]


@register.simple_tag
def site_banner() -> str:
    """Return what administrators say to everybody above every page; empty where that is nothing."""
    return BANNER.value


@register.simple_tag
def sizes(file: File, sizes: str) -> SafeString:
    """Return the attributes with which an `img` shows the copy of a picture that fits a place of this width."""
    longest = max(file.width or 0, file.height or 0)
    copies = [
        f"{reverse('file_size', args=[file.pk, side])} {round((file.width or 0) * min(side, longest) / longest)}w"
        for number, side in enumerate(SIDES)
        if longest and (not number or SIDES[number - 1] < longest)
    ]
    return format_html(
        'src="{}" srcset="{}" sizes="{}" width="{}" height="{}"',
        reverse("file_size", args=[file.pk, SIDES[1]]),
        ", ".join(copies),
        sizes,
        file.width or 1,
        file.height or 1,
    )


@register.filter
def banner_tone(level: str) -> str:
    """Return the class of a banner for the level of a message."""
    return {"success": "ok", "warning": "warn", "error": "danger"}.get(level, "")


@register.filter
def banner_icon(level: str) -> str:
    """Return the icon of a banner for the level of a message."""
    return {"success": "check", "warning": "triangle-alert", "error": "circle-alert"}.get(level, "info")


@register.filter
def counted(counts: dict[str, int]) -> list[str]:
    """Say how many of each kind: `{"stream_chunks": 3}` is “stream chunks 3”."""
    return [f"{kind.replace('_', ' ')} {number}" for kind, number in counts.items()]


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw the control of a form field in our look. Django ties it to its hint and its problem by their ids."""
    # allauth repeats its labels as placeholders; False takes them away
    look: dict[str, str | bool] = (
        {} if isinstance(field.field.widget, CheckboxInput) else {"class": "input", "placeholder": False}
    )
    return field.as_widget(attrs=look)


@register.filter
def moment(when: dt.datetime) -> str:
    """Say when something was: the time today and yesterday, the weekday within a week, else the date."""
    local, today = timezone.localtime(when), timezone.localdate()
    days = (today - local.date()).days
    if days <= 1:
        return formats.time_format(local, "H:i")
    if days < 7:
        return formats.date_format(local, "l")
    return formats.date_format(local, "j M" if local.year == today.year else "j M Y")
