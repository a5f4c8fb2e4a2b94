"""How people sign in: sessions, passwords, limits, and the mail that goes with them."""

from __future__ import annotations

from urllib.parse import urlsplit

from hub.settings import env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_RESET_TIMEOUT = 4 * 3600  # seconds for which the link in the mail is good

# Sessions -----------------------------------------------------------------------------------
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_AGE = 12 * 3600  # seconds: a working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# With it the people of the demonstration sign in; see hub/cli/development_secrets.py.
HUB_DEMO_PASSWORD = env.secret("HUB_DEMO_PASSWORD", "demo_password")

# allauth ------------------------------------------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # the adapter lets nobody sign up
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are proven by the link of an invitation
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = True  # the session ends by its age, not with the browser's window
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds for which a password counts as just given
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ProveForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
}
ACCOUNT_RATE_LIMITS = False  # they count in the cache; accounts/attempts.py counts in PostgreSQL

# Limits: failures of one account from one address, of one account, and from one address -------
HUB_RATE_SIGN_IN = env.text("HUB_RATE_SIGN_IN", "5/m")
HUB_RATE_SIGN_IN_ACCOUNT = env.text("HUB_RATE_SIGN_IN_ACCOUNT", "100/h")
HUB_RATE_SIGN_IN_ADDRESS = env.text("HUB_RATE_SIGN_IN_ADDRESS", "60/h")
# Mails to one address, and those that one address or organisation causes.
HUB_RATE_MAIL = env.text("HUB_RATE_MAIL", "5/h")
HUB_RATE_MAIL_SENDER = env.text("HUB_RATE_MAIL_SENDER", "30/h")

# Mail ---------------------------------------------------------------------------------------
_mail = env.mail()
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = 5  # seconds: a request waits for it
_host = urlsplit(env.text("HUB_BASE_URL", "http://localhost")).hostname or "localhost"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("HUB_EMAIL_FROM", f"hub@{_host}")
