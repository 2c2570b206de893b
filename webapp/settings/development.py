"""The embedded default: one process on this machine, everything in SALON_DATA."""

from webapp import env
from webapp.settings.base import *  # noqa: F403

DEBUG = env.flag("SALON_DEBUG")
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
