"""Whether there is a computer here at all, and what is missing where there is none."""

from __future__ import annotations

import importlib.util
import os
import shutil

from django.conf import settings
from django.utils.translation import gettext as _

from conversations.site_settings import COMPUTER

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def program() -> str | None:
    """Return the path of the Chromium that is used: the one that is named, or the first that is found."""
    return (
        shutil.which(settings.CHROMIUM) if settings.CHROMIUM else next(filter(None, map(shutil.which, BROWSERS)), None)
    )


def missing() -> str:
    """Return what is missing for a computer here, in a sentence that says what to do; "" where nothing is."""
    if settings.SALON_RUNNER == "worker":
        return _("A computer needs the runner inside the web process: it does not work with SALON_RUNNER=worker.")
    if importlib.util.find_spec("playwright") is None:
        return _("Playwright is not installed. Install requirements-computer.txt and start Salon again.")
    if program() is None:
        return _("There is no Chromium on this server. Install it, or name one with CHROMIUM, and start Salon again.")
    if settings.SALON_COMPUTER_SANDBOX and os.geteuid() == 0:
        return _(
            "Chromium has no sandbox when Salon runs as root. Run Salon as another user, or set "
            "SALON_COMPUTER_SANDBOX=0 where the whole server is a sandbox."
        )
    return ""


def is_on() -> bool:
    """Whether an administrator has switched it on, and it can be had."""
    return COMPUTER.value != "off" and not missing()
