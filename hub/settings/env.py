"""Typed reading of the environment, and of what a running embedded hub left in its home."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]
ENV = environ.Env()

_MAIL: dict[str, Any] = {
    "EMAIL_BACKEND": "",
    "EMAIL_HOST": "localhost",
    "EMAIL_PORT": 0,  # that of the protocol
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": "",
    "EMAIL_USE_TLS": False,
    "EMAIL_USE_SSL": False,
    "EMAIL_FILE_PATH": None,
}

Network = IPv4Network | IPv6Network


def text(name: str, default: str = "") -> str:
    """The variable, or `default` when it is absent or empty."""
    return os.environ.get(name) or default


def number(name: str, default: int) -> int:
    """The variable as a whole number; ImproperlyConfigured says which one is not."""
    given = os.environ.get(name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {given!r}.")
    return int(given)


def flag(name: str, *, default: bool) -> bool:
    """The variable as yes or no: 1, true, yes, on are yes."""
    return ENV.bool(name, default=default) if os.environ.get(name) else default


def names(name: str, default: str = "") -> list[str]:
    """The variable as a comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def networks(name: str, default: str = "") -> list[Network]:
    """The variable as comma-separated IP networks, such as `127.0.0.0/8,10.1.0.0/16`."""
    try:
        return [ip_network(part) for part in names(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must list IP networks such as 10.1.0.0/16: {error}"
        ) from error


def home() -> Path:
    """`HUB_HOME`: everything that a hub run from this checkout keeps."""
    return Path(text("HUB_HOME", str(ROOT / "var"))).resolve()


@cache
def running_services() -> dict[str, str]:
    """Addresses of the embedded services, as long as a launcher runs them in `HUB_HOME`."""
    path = home() / "run" / "services.json"
    try:
        services: dict[str, str] = json.loads(path.read_text())
    except (FileNotFoundError, PermissionError, json.JSONDecodeError):
        return {}
    return services


def service(variable: str, key: str) -> str:
    """The variable, else the embedded service's address, else nothing."""
    return text(variable) or running_services().get(key, "")


def database_url() -> str:
    """Where the data is; migrations go there as the owner of the tables, if one is named."""
    if sys.argv[1:2] == ["migrate"] and text("DATABASE_OWNER_URL"):
        return text("DATABASE_OWNER_URL")
    return service("DATABASE_URL", "database_url")


def secret(variable: str, file_name: str) -> str:
    """The variable, else the development secret made once in `HUB_HOME/secrets`, else nothing."""
    if text(variable):
        return text(variable)
    try:
        return (home() / "secrets" / file_name).read_text().strip()
    except (FileNotFoundError, PermissionError):
        return ""


def mail() -> dict[str, Any]:
    """Django's settings for `EMAIL_URL`; without it, mail becomes files in `HUB_HOME/mail`."""
    url = text("EMAIL_URL")
    if not url:
        files = "django.core.mail.backends.filebased.EmailBackend"
        folder = str(home() / "mail")
        settings: dict[str, Any] = {"EMAIL_BACKEND": files, "EMAIL_FILE_PATH": folder}
    else:
        # django-environ takes smtps for STARTTLS; everybody else, RFC 8314 among them, for TLS.
        url = f"smtp+ssl{url.removeprefix('smtps')}" if url.startswith("smtps:") else url
        try:
            settings = environ.Env.email_url_config(url)
        except (ValueError, ImproperlyConfigured):
            # Not their messages: they may repeat the password.
            words = "EMAIL_URL cannot be read: write it like smtp+tls://user:password@host:587"
            raise ImproperlyConfigured(words) from None
    given = {name: settings.get(name) for name in _MAIL if settings.get(name)}
    return {**_MAIL, **given}


def database(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL address; ImproperlyConfigured names another engine."""
    try:
        settings: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    if settings.get("ENGINE") not in {
        "django.db.backends.postgresql",
        "django.db.backends.postgresql_psycopg2",
    }:
        raise ImproperlyConfigured("DATABASE_URL must name PostgreSQL: postgresql://…")
    return {**settings, "ENGINE": "django.db.backends.postgresql"}
