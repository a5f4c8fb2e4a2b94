"""Reading of the environment: typed, and refused in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from hub.settings import env

ROOT = Path(__file__).resolve().parents[3]


def test_variables_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_X", "3")
    monkeypatch.setenv("HUB_LIST", " a, b ,,")
    monkeypatch.setenv("HUB_NETS", "127.0.0.0/8,10.1.0.0/16")
    monkeypatch.setenv("HUB_EMPTY", "")

    assert env.number("HUB_X", 1) == 3
    assert env.number("HUB_EMPTY", 1) == 1
    assert env.names("HUB_LIST") == ["a", "b"]
    assert env.networks("HUB_NETS") == [ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16")]
    assert env.text("HUB_EMPTY", "default") == "default"


def test_what_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_X", "three")
    monkeypatch.setenv("HUB_NETS", "10.1.0.1/16")

    with pytest.raises(ImproperlyConfigured, match="HUB_X must be a whole number"):
        env.number("HUB_X", 1)
    with pytest.raises(ImproperlyConfigured, match="HUB_NETS must list IP networks"):
        env.networks("HUB_NETS")
    with pytest.raises(ImproperlyConfigured, match="must name PostgreSQL"):
        env.database("sqlite:///x.db")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL cannot be read"):
        env.database("postgresql://h@[::1/x")


SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example:25", (SMTP, "mail.example", 25, "", "", False, False)),
        (
            "smtp+tls://u%40x:p%3A@mail.example:587",
            (SMTP, "mail.example", 587, "u@x", "p:", True, False),
        ),
        ("smtps://u:p@mail.example", (SMTP, "mail.example", 0, "u", "p", False, True)),
    ],
)
def test_the_mail_server_is_read(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[object, ...]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)

    assert tuple(env.mail().values()) == (*expected, None)


def test_without_a_mail_server_there_are_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("EMAIL_URL", raising=False)
    monkeypatch.setenv("HUB_HOME", str(tmp_path))

    mail = env.mail()

    assert mail["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert mail["EMAIL_FILE_PATH"] == str(tmp_path / "mail")


@pytest.mark.parametrize("url", ["bogus://u:secret@x", "secret", "smtp://[::1"])
def test_a_mail_server_that_cannot_be_read_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)

    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL cannot be read") as refused:
        env.mail()

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "expected"), [("1", True), ("yes", True), ("0", False), ("no", False), ("", True)]
)
def test_flags_are_yes_or_no(monkeypatch: pytest.MonkeyPatch, given: str, expected: bool) -> None:
    monkeypatch.setenv("HUB_X", given)

    assert env.flag("HUB_X", default=True) is expected


def test_migrations_go_to_the_owner_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/hub")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@db/hub")

    monkeypatch.setattr(sys, "argv", ["manage.py", "relay"])
    assert env.database_url() == "postgresql://app@db/hub"
    monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
    assert env.database_url() == "postgresql://owner@db/hub"


def test_a_home_without_services_or_secrets_gives_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    monkeypatch.delenv("HUB_X", raising=False)
    env.running_services.cache_clear()

    assert env.service("HUB_X", "database_url") == ""
    assert env.secret("HUB_X", "secret_key") == ""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "secret_key").write_text("made once\n")
    assert env.secret("HUB_X", "secret_key") == "made once"
    monkeypatch.setenv("HUB_X", "given")
    assert env.secret("HUB_X", "secret_key") == env.service("HUB_X", "database_url") == "given"
    env.running_services.cache_clear()


def test_half_written_services_count_as_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    monkeypatch.delenv("HUB_X", raising=False)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "services.json").write_text('{"database_url": "post')
    env.running_services.cache_clear()

    assert env.running_services() == {}
    env.running_services.cache_clear()
    (tmp_path / "run" / "services.json").write_text('{"database_url": "postgresql://h@db/hub"}')
    assert env.service("HUB_X", "database_url") == "postgresql://h@db/hub"
    env.running_services.cache_clear()


def read_settings(module: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process with this environment alone makes of a settings module."""
    code = (
        f"import json, {module} as s;"
        "print(json.dumps([s.SECRET_KEY, s.DATABASES.get('default', {}).get('NAME'),"
        " s.CELERY_BROKER_URL]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_running_hub_is_found_by_its_home(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "secret_key").write_text("made-once\n")
    services = {"database_url": "postgresql://h@127.0.0.1:1/embedded", "celery_broker_url": "x://"}
    (tmp_path / "run" / "services.json").write_text(json.dumps(services))

    found = read_settings("hub.settings.development", HUB_HOME=str(tmp_path))
    given = read_settings(
        "hub.settings.development",
        HUB_HOME=str(tmp_path),
        DATABASE_URL="postgresql://h@127.0.0.1:1/given",
        HUB_SECRET_KEY="mine",
    )

    assert json.loads(found.stdout) == ["made-once", "embedded", "x://"]
    assert json.loads(given.stdout)[:2] == ["mine", "given"]
