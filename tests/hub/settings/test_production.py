"""Production settings: complete, or refused in words; and safe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMPLETE = {
    "DATABASE_URL": "postgresql://app@db.example/hub",
    "DATABASE_OWNER_URL": "postgresql://owner@db.example/hub",
    "CELERY_BROKER_URL": "redis://broker.example/0",
    "HUB_BASE_URL": "https://hub.example/",
    "HUB_SECRET_KEY": "s" * 60,
    "HUB_ENCRYPTION_KEYS": "a2V5, b2xk",
    "HUB_ALLOWED_HOSTS": "hub.example",
}
SHOWN = (
    "DEBUG",
    "ALLOWED_HOSTS",
    "HUB_BASE_URL",
    "HUB_ENCRYPTION_KEYS",
    "HUB_LOG_FORMAT",
    "HUB_METRICS_TOKEN",
    "HUB_RATE_TOKEN",
    "HUB_TRUSTED_PROXIES",
    "DEFAULT_FROM_EMAIL",
    "SECURE_SSL_REDIRECT",
    "SECURE_REDIRECT_EXEMPT",
    "SECURE_HSTS_SECONDS",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "CSRF_COOKIE_SECURE",
    "X_FRAME_OPTIONS",
)


def read(home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process with this environment alone makes of the settings."""
    shown = ", ".join(f"s.{name}" for name in SHOWN)
    code = f"import json, hub.settings.production as s; print(json.dumps([{shown}]))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept(), "HUB_HOME": str(home), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def kept() -> dict[str, str]:
    """Of our own environment: what finds programs, and what measures coverage."""
    return {
        name: value
        for name, value in os.environ.items()
        if name == "PATH" or name.startswith("COVERAGE")
    }


def test_a_complete_environment_is_taken_and_made_safe(tmp_path: Path) -> None:
    finished = read(tmp_path, **COMPLETE)

    assert finished.returncode == 0, finished.stderr
    assert dict(zip(SHOWN, json.loads(finished.stdout), strict=True)) == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["hub.example"],
        "HUB_BASE_URL": "https://hub.example",
        "HUB_ENCRYPTION_KEYS": ["a2V5", "b2xk"],
        "HUB_LOG_FORMAT": "json",
        "HUB_METRICS_TOKEN": "",
        "HUB_RATE_TOKEN": "1200/m",
        "HUB_TRUSTED_PROXIES": 1,
        "DEFAULT_FROM_EMAIL": "hub@hub.example",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REDIRECT_EXEMPT": ["^healthz$", "^readyz$", "^metrics$"],
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": True,
        "X_FRAME_OPTIONS": "DENY",
    }


@pytest.mark.parametrize("missing", sorted(COMPLETE))
def test_each_setting_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    given = {name: value for name, value in COMPLETE.items() if name != missing}

    refused = read(tmp_path, **given)

    assert refused.returncode != 0
    words = refused.stderr.rpartition("ImproperlyConfigured: ")[2]
    assert [name for name in COMPLETE if f"{name} (" in words] == [missing]


def test_secrets_of_development_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "secret_key").write_text("made once")

    refused = read(tmp_path)

    for name in COMPLETE:
        assert f"{name} (" in refused.stderr


def test_an_address_without_encryption_is_refused(tmp_path: Path) -> None:
    refused = read(tmp_path, **{**COMPLETE, "HUB_BASE_URL": "http://hub.example"})

    assert "HUB_BASE_URL must begin with https://" in refused.stderr
