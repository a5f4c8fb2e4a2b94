"""Settings that every kind of hub shares."""

from __future__ import annotations

from hub.kit import logs
from hub.settings import env, events
from hub.settings.api import API_DESCRIPTION
from hub.settings.pages import *  # noqa: F403 - settings modules build on each other
from hub.settings.signing_in import *  # noqa: F403 - settings modules build on each other

BASE_DIR = env.ROOT

# Identity -----------------------------------------------------------------------------------
HUB_HOME = env.home()
HUB_PORT = env.number("HUB_PORT", 8000)
HUB_BASE_URL = env.text("HUB_BASE_URL", f"http://127.0.0.1:{HUB_PORT}").rstrip("/")
SECRET_KEY = env.secret("HUB_SECRET_KEY", "secret_key")
# First key encrypts, all decrypt: base64 of 32 bytes each.
HUB_ENCRYPTION_KEYS = [
    key.strip()
    for key in env.secret("HUB_ENCRYPTION_KEYS", "encryption_key").split(",")
    if key.strip()
]
ALLOWED_HOSTS = env.names("HUB_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")

# Composition --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",  # its rows stand in hub.web.admin_site; its own site has no address
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "csp",
    "hub.api",
    "hub.web",
    "hub.audit",
    "hub.outbox",
    "accounts",
    "incidents.taxonomy",
    "incidents.sharing",
    "incidents.core",
    "incidents.crossrefs",
    "incidents.alerts",
    "hub.relay",
    "hub.cli",
]
MIDDLEWARE = [
    "hub.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",  # around the next one: the API's own policies stay
    "hub.api.middleware.ProblemMiddleware",
    "hub.web.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
CSRF_FAILURE_VIEW = "accounts.carrying.csrf_failure"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "hub.web.context.page",
            ]
        },
    }
]

# It asks for `user` in every template; ours are given `reader`.
SILENCED_SYSTEM_CHECKS = ["admin.E402"]

# Data ---------------------------------------------------------------------------------------
DATABASE_URL = env.database_url()
# A DATABASE_URL given in the environment is never mixed with the embedded server's addresses.
HUB_DATABASE_DIRECT_URL = env.text("DATABASE_DIRECT_URL") or DATABASE_URL
DATABASES = {"default": env.database(DATABASE_URL)} if DATABASE_URL else {}
for _database in DATABASES.values():
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "application_name": "deepfake-hub",
        # A request that waits this long for PostgreSQL will not be answered in time anyway, and
        # one open writer holds the pull feed back for everybody (docs/explanation/alerts.md).
        "options": "-c statement_timeout=15s -c idle_in_transaction_session_timeout=20s"
        # Compiling a statement takes longer than any statement of the hub's is worth.
        " -c timezone=UTC -c jit=off",
        "connect_timeout": 5,
    }
    _database["CONN_HEALTH_CHECKS"] = True
    _database["CONN_MAX_AGE"] = 60
    _database["ATOMIC_REQUESTS"] = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Messages -----------------------------------------------------------------------------------
CELERY_BROKER_URL = env.service("CELERY_BROKER_URL", "celery_broker_url")
HUB_FAN_OUT = events.FAN_OUT
HUB_EVENTS = events.HUB_EVENTS
HUB_CHORES = events.HUB_CHORES
# Runs that send alerts at the same time, in all workers together; keep one worker free of them.
HUB_DELIVERY_RUNS = env.number("HUB_DELIVERY_RUNS", 1)

# Outgoing -----------------------------------------------------------------------------------
# A command beside a running hub of this home goes by what that hub was started with.
HUB_WEBHOOK_ALLOW = env.networks(
    "HUB_WEBHOOK_ALLOW", env.running_services().get("webhook_allow", "")
)

# The API ------------------------------------------------------------------------------------
HUB_RATE_TOKEN = env.text("HUB_RATE_TOKEN", "1200/m")
HUB_RATE_TOKEN_BURST = env.number("HUB_RATE_TOKEN_BURST", 200)
HUB_RATE_LOGIN = env.text("HUB_RATE_LOGIN", "600/m")
# Proxies before the hub that write X-Forwarded-For; see hub/api/client_addresses.py.
HUB_TRUSTED_PROXIES = env.number("HUB_TRUSTED_PROXIES", 0)
HUB_METRICS_TOKEN = env.text("HUB_METRICS_TOKEN")
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # the API's own parser is stricter
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the form of an incident with all rows that it may have
APPEND_SLASH = False  # a path without its slash is a wrong path: 404, never a lost POST body
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [],  # HubViewSet asks for a caller and a scope
    "DEFAULT_PARSER_CLASSES": ["hub.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "hub.api.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Deepfake incident-sharing hub",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "DESCRIPTION": API_DESCRIPTION,
    "LICENSE": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    # Not the default: values stand where they are taken, under no made-up name.
    "POSTPROCESSING_HOOKS": ["hub.api.schema.figures.with_limits"],
}

# Watching -----------------------------------------------------------------------------------
HUB_LOG_FORMAT = env.text("HUB_LOG_FORMAT", "console")
LOGGING = logs.configuration(form=HUB_LOG_FORMAT)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
