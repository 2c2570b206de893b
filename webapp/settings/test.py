"""The suite: the embedded default, or PostgreSQL and Redis when DATABASE_URL and REDIS_URL name them.

`.env` is not read, and a developer's own provider is forgotten: no test calls one.
"""

import os
import tempfile

for _name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
    os.environ.pop(_name, None)

# Each worker of pytest-xdist has a folder and prefixes of its own, so that none sees what the others do
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if not os.environ.get("SALON_DATA"):
    _folder = tempfile.TemporaryDirectory(prefix="salon-test-", ignore_cleanup_errors=True)
    os.environ["SALON_DATA"] = _folder.name
if not os.environ["SALON_DATA"].endswith(_worker):
    os.environ["SALON_DATA"] += f"/{_worker}"

from webapp.settings.base import *  # noqa: E402, F403
from webapp.settings.base import CACHES, CHANNEL_LAYERS, DATA, DATABASES, REDIS_URL, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": DATA / "test.sqlite3"}  # a file: threads and processes share it
if REDIS_URL:
    CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"test{_worker}"
    # A database of its own for each: clearing a cache of Redis empties the whole database
    CACHES = {"default": {**CACHES["default"], "OPTIONS": {"db": int(_worker.removeprefix("gw") or 0) % 15 + 1}}}

SALON_COMPUTER_SANDBOX = os.geteuid() != 0  # Chromium has none for root, which the suite may run as

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
