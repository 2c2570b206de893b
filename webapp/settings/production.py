"""Behind a TLS-terminating proxy, for a whole company. Nothing secret or open is guessed here."""

from webapp import env
from webapp.settings.base import *  # noqa: F403

for _name in ("SALON_SECRET_KEY", "SALON_ALLOWED_HOSTS", "SALON_ENCRYPTION_KEYS"):
    if not env.text(_name):
        raise env.BadSetting(f"{_name} is not set: set it, or SALON_ENV to development.")
if env.flag("SALON_DEBUG"):
    raise env.BadSetting("SALON_DEBUG is 1, which shows code and settings to strangers: unset it in production.")
ALLOWED_HOSTS = env.listing("SALON_ALLOWED_HOSTS")
ALLAUTH_TRUSTED_PROXY_COUNT = int(env.number("SALON_TRUSTED_PROXIES", 1, most=9))

SALON_URL = env.text("SALON_URL").rstrip("/") or f"https://{ALLOWED_HOSTS[0]}"

# Letters, such as the one with which a password is set anew
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = int(env.number("EMAIL_PORT", 587, least=1, most=65535))
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL") or f"salon@{ALLOWED_HOSTS[0]}"

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
