"""What every deployment shares. The files beside this one say only what differs."""

import base64
import os
import secrets
from datetime import timedelta
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from conversations.egress.addresses import Allowance
from conversations.upstream.config import provider_config
from webapp import env
from webapp.env import BASE_DIR as BASE_DIR
from webapp.openid import company_from_environment, openid_provider
from webapp.storage import storage

# Where everything that the program writes lives
DATA = env.folder("SALON_DATA", "var")

DEBUG = False
SECRET_KEY = env.generated("SALON_SECRET_KEY", DATA / "secret_key", lambda: secrets.token_urlsafe(50))
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.listing("SALON_ALLOWED_HOSTS")]
if "*" in ALLOWED_HOSTS:
    # "*" would switch off the check of a socket's origin as well
    raise env.BadSetting("SALON_ALLOWED_HOSTS is “*”: list the host names that people use to reach Salon.")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in env.listing("SALON_ALLOWED_HOSTS")]

INSTALLED_APPS = [
    "conversations",
    "unfold.apps.BasicAppConfig",
    "conversations.adminsite.SalonAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "lucide",
    "csp",
]

MIDDLEWARE = [
    "webapp.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    "conversations.gateway.middleware.gateway",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "conversations.sessions.SessionsMiddleware",
    "conversations.preferences.PreferencesMiddleware",
    "webapp.middleware.page_for_forms",
]

ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["lucide.templatetags.lucide"],
        },
    }
]

# Database: SQLite in WAL mode takes the write lock at BEGIN, so that two writers wait instead of failing half-way
_database = env.address("DATABASE_URL", ("postgres", "postgresql", "sqlite")) or f"sqlite:///{DATA / 'salon.sqlite3'}"
try:
    DATABASES = {"default": dj_database_url.parse(_database)}
except ValueError as error:
    raise env.BadSetting("DATABASE_URL cannot be read: write it like postgres://user:password@host/name.") from error
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "webapp.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; "
        "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
    }
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}  # the threads that use them stay
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Messages between processes. Without Redis there is one process, and the layer only serves it
CHANNEL_LAYERS: dict[str, dict[str, Any]]
CACHES: dict[str, dict[str, Any]]
REDIS_URL = env.address("REDIS_URL", ("redis", "rediss", "unix"))
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The runner of turns
SALON_RUNNER = env.choice("SALON_RUNNER", "embedded", ("embedded", "worker"))
if SALON_RUNNER == "worker" and DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    raise env.BadSetting(
        "SALON_RUNNER is “worker”, which needs PostgreSQL: set DATABASE_URL, or leave SALON_RUNNER unset."
    )
if SALON_RUNNER == "worker" and not REDIS_URL:
    raise env.BadSetting("SALON_RUNNER is “worker”, which needs Redis between the processes: set REDIS_URL.")
if SALON_RUNNER == "worker":
    INSTALLED_APPS.append("procrastinate.contrib.django")
# The browser that models work with, where an administrator switches that on
CHROMIUM = env.text("CHROMIUM")
SALON_COMPUTER_SANDBOX = env.flag("SALON_COMPUTER_SANDBOX", True)
SALON_STATE = env.choice("SALON_STATE", "stored", ("stored", "manual", "stateless"))
SALON_STATE_LOCKED = env.flag("SALON_STATE_LOCKED")
SALON_BACKGROUND = env.choice("SALON_BACKGROUND", "auto", ("auto", "always", "never"))

# The provider: the one that the environment names (conversations.upstream.config), or None for the embedded one
try:
    SALON_PROVIDER = provider_config(os.environ)
except ValueError as error:
    raise env.BadSetting(str(error)) from error
SALON_ENDPOINT = SALON_PROVIDER.base_url if SALON_PROVIDER else "local"
SALON_MODELS = env.listing("SALON_MODELS", "gpt-5" if SALON_PROVIDER else "smollm2-135m,demo")

# What requests that people and models cause may reach although it is private (conversations.egress). The guarded client
# reads it from the environment, also in the embedded provider's process
os.environ["SALON_EGRESS_ALLOW"] = ",".join(env.listing("SALON_EGRESS_ALLOW"))
try:
    Allowance.from_environment()
except ValueError as error:
    raise env.BadSetting(
        f"SALON_EGRESS_ALLOW holds “{error}”: list hosts and networks, such as tools.example or 10.1.0.0/16."
    ) from error

# What encrypts secrets in the database: the first key encrypts, all decrypt
SALON_ENCRYPTION_KEYS = env.encryption_keys("SALON_ENCRYPTION_KEYS") or [
    env.generated(
        "SALON_ENCRYPTION_KEYS",
        DATA / "encryption_key",
        lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    )
]

# The gateway
SALON_GATEWAY_BODY = int(env.number("SALON_GATEWAY_BODY", 64, least=1, most=2048)) * 1024 * 1024
SALON_GATEWAY_KEY_REQUESTS = int(env.number("SALON_GATEWAY_KEY_REQUESTS", 6000))
SALON_GATEWAY_USER_REQUESTS = int(env.number("SALON_GATEWAY_USER_REQUESTS", 12000))
SALON_GATEWAY_STREAMS = int(env.number("SALON_GATEWAY_STREAMS", 512))

# People
AUTH_USER_MODEL = "conversations.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "conversations.accounts.AccountAdapter"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
SALON_OPENID = company_from_environment()
SOCIALACCOUNT_ADAPTER = "conversations.accounts.IdentityAdapter"
SOCIALACCOUNT_PROVIDERS = openid_provider(SALON_OPENID)
MFA_ADAPTER = "conversations.accounts.FactorAdapter"
MFA_FORMS = {
    "add_webauthn": "conversations.passkeys.AddForm",
    "authenticate_webauthn": "conversations.passkeys.AuthenticateForm",
    "login_webauthn": "conversations.passkeys.LoginForm",
    "reauthenticate_webauthn": "conversations.passkeys.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Salon"
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "webapp.sessions"

# Made at the first start, where nobody is there to visit /setup/
DJANGO_SUPERUSER_EMAIL = env.text("DJANGO_SUPERUSER_EMAIL")
DJANGO_SUPERUSER_PASSWORD = env.text("DJANGO_SUPERUSER_PASSWORD")

# Administration: unfold in our colours (the steps of tokens.css, from paper to ink)
UNFOLD = {
    "SITE_TITLE": "Salon",
    "SITE_HEADER": _("Administration"),
    "SITE_SYMBOL": "light",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}],
    "COLORS": {
        "base": {
            "50": "oklch(0.985 0.005 86)",
            "100": "oklch(0.958 0.008 84)",
            "200": "oklch(0.896 0.01 82)",
            "300": "oklch(0.82 0.011 80)",
            "400": "oklch(0.735 0.013 80)",
            "500": "oklch(0.53 0.014 74)",
            "600": "oklch(0.43 0.015 66)",
            "700": "oklch(0.36 0.012 66)",
            "800": "oklch(0.27 0.009 66)",
            "900": "oklch(0.212 0.007 66)",
            "950": "oklch(0.178 0.006 66)",
        },
        "primary": {
            "50": "oklch(0.97 0.014 160)",
            "100": "oklch(0.945 0.024 160)",
            "200": "oklch(0.9 0.04 164)",
            "300": "oklch(0.86 0.07 168)",
            "400": "oklch(0.79 0.078 168)",
            "500": "oklch(0.6 0.085 168)",
            "600": "oklch(0.43 0.08 168)",
            "700": "oklch(0.36 0.07 168)",
            "800": "oklch(0.32 0.06 168)",
            "900": "oklch(0.295 0.03 168)",
            "950": "oklch(0.2 0.03 168)",
        },
    },
}

# Words, dates, numbers
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "build" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files: esbuild writes to build/static, collectstatic gathers into build/public
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "build" / "static", ("img", BASE_DIR / "static" / "img")]
STATIC_ROOT = BASE_DIR / "build" / "public"
_storage = storage(DATA)
STORAGES = {
    "default": _storage.backend,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
SALON_UPLOAD_LIMIT = int(env.number("SALON_UPLOAD_LIMIT", 50, least=1, most=512) * 1024 * 1024)
SALON_IMPORT_LIMIT = int(env.number("SALON_IMPORT_LIMIT", 1024, least=1, most=16384) * 1024 * 1024)

# Notices: where letters and devices lead back to, and the key by which browsers know our messages
SALON_URL = (env.address("SALON_URL", ("https", "http")) or f"http://127.0.0.1:{env.text('PORT', '8000')}").rstrip("/")
SALON_VAPID_KEY = env.generated(
    "SALON_VAPID_KEY",
    DATA / "vapid_key",
    lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
)

# What was deleted
SALON_DELETION_GRACE_DAYS = int(env.number("SALON_DELETION_GRACE_DAYS", 30, most=3650))
SALON_BACKUP_DAYS = int(env.number("SALON_BACKUP_DAYS", 35, most=3650))

# What is told to operators
LOGGING_CONFIG = "webapp.logs.configure"
LOGGING = {"folder": DATA / "logs"}
SALON_METRICS_TOKEN = env.text("SALON_METRICS_TOKEN")

# Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Pictures in an object store come from there, over links that are signed for a few minutes
        "img-src": [SELF, "blob:", *filter(None, [_storage.origin])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
