"""Tools of the API. The provider runs them itself, but for the computer, which is a browser here.

Salon says that the model may use them, and shows what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.upstream.catalog import Capabilities


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
    "computer": Hosted(
        _("Computer"),
        _("Work with a browser on the server, while you watch. It asks before a step that may not be right."),
        {"type": "computer"},
    ),
}
"""By their types, which are also what the catalogue says that a model takes."""
OLDER_COMPUTER = "computer_use_preview"
"""What models of March 2025 take in place of `computer`."""
COMPUTERS = frozenset({"computer", OLDER_COMPUTER})
SCREEN = {"display_width": 1024, "display_height": 768, "environment": "browser"}


def takes(known: Capabilities, name: str) -> bool:
    """Whether a model takes a tool of `HOSTED`, under whatever name."""
    return name in known.tools or (name == "computer" and OLDER_COMPUTER in known.tools)


def definition(name: str, known: Capabilities) -> dict[str, Any]:
    """Return the tool for a request. What a provider does not take of it is learned from its refusal."""
    if name == "computer" and name not in known.tools:
        return {"type": OLDER_COMPUTER, **SCREEN}
    return dict(HOSTED[name].definition)
