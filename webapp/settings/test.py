"""The suite: the embedded default, or PostgreSQL and Redis when DATABASE_URL and REDIS_URL name them."""

import os
import tempfile

os.environ.setdefault("SALON_DATA", tempfile.mkdtemp(prefix="salon-test-"))

from webapp.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
