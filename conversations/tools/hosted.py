"""Tools that the provider runs itself. Salon only says that the model may use them, and shows what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Hosted:
    label: str | Promise
    about: str | Promise
    definition: dict[str, Any]
    """What goes into the request, in the API's form."""


HOSTED = {
    "image_generation": Hosted(
        _("Pictures"),
        _("Make and change pictures when you ask for one."),
        {"type": "image_generation", "partial_images": 2},
    ),
    "web_search": Hosted(_("Web search"), _("Look things up on the web, and name the pages."), {"type": "web_search"}),
    "code_interpreter": Hosted(
        _("Code interpreter"),
        _("Run Python at the provider: reckon, draw charts, read tables."),
        {"type": "code_interpreter", "container": {"type": "auto"}},
    ),
    "shell": Hosted(
        _("Shell"),
        _("Run commands in a container at the provider."),
        {"type": "shell", "environment": {"type": "container_auto"}},
    ),
}
"""By their types, which are also what the catalogue says that a model takes."""


def definition(name: str) -> dict[str, Any]:
    """Return the tool for a request. What a provider does not take of it is learned from its refusal."""
    return dict(HOSTED[name].definition)
