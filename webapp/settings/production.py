"""Behind a TLS-terminating proxy, for a whole company. Nothing secret or open is guessed here."""

from webapp import env
from webapp.settings.base import *  # noqa: F403

for _name in ("SALON_SECRET_KEY", "SALON_ALLOWED_HOSTS", "SALON_ENCRYPTION_KEYS"):
    if not env.text(_name):
        raise env.BadSetting(f"{_name} is not set: set it, or SALON_ENV to development.")
if env.flag("SALON_DEBUG"):
    raise env.BadSetting("SALON_DEBUG is 1, which shows code and settings to strangers: unset it in production.")
SALON_ENCRYPTION_KEYS = env.encryption_keys("SALON_ENCRYPTION_KEYS")
ALLOWED_HOSTS = env.listing("SALON_ALLOWED_HOSTS")

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
