"""Settings of a hub that members rely on; it refuses to start with defaults."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from hub.kit import logs
from hub.settings import env
from hub.settings.base import *  # noqa: F403 - settings modules build on each other

REQUIRED = {
    "DATABASE_URL": "the application's PostgreSQL address",
    "DATABASE_OWNER_URL": "the address migrations use; the application must not own its tables",
    "CELERY_BROKER_URL": "the broker's address, redis:// or amqp://",
    "HUB_BASE_URL": "the public https address of this hub",
    "HUB_SECRET_KEY": "at least 50 random characters",
    "HUB_ENCRYPTION_KEYS": "comma-separated base64 of 32 random bytes each; the first encrypts",
    "HUB_ALLOWED_HOSTS": "comma-separated host names this hub answers to",
}
_missing = [f"{name} ({what})" for name, what in REQUIRED.items() if not env.text(name)]
if _missing:
    raise ImproperlyConfigured("Set in the environment: " + "; ".join(_missing))
if not env.text("HUB_BASE_URL").startswith("https://"):
    raise ImproperlyConfigured("HUB_BASE_URL must begin with https:// in production.")

DEBUG = False
HUB_LOG_FORMAT = env.text("HUB_LOG_FORMAT", "json")
LOGGING = logs.configuration(form=HUB_LOG_FORMAT)
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# One proxy ends TLS; that one is believed.
HUB_TRUSTED_PROXIES = env.number("HUB_TRUSTED_PROXIES", 1)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
