"""`hub doctor`: what is missing, in words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.doctor import Finding, examine
from hub.cli.home import Home
from hub.cli.main import app
from hub.cli.ports import free_port
from hub.cli.reachability import without_password
from hub.cli.scratch import scratch_home
from hub.cli.services import Services, embedded


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with scratch_home(Home.of(os.environ)) as home, embedded(home, durable=False) as running:
        yield running


def _about(subject: str, **variables: str) -> Finding:
    findings = [found for found in examine(variables) if found.subject == subject]
    return findings[-1]


def test_a_machine_that_has_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "HUB_SECRET_KEY", "HUB_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUB_PORT", str(free_port()))

    result = CliRunner().invoke(app, ["doctor"])

    assert result.exit_code == 0
    assert [line[:6].rstrip() for line in result.output.splitlines()] == ["ok"] * 7
    assert f"made at the first start, in {tmp_path}/home/secrets" in result.output
    assert not (tmp_path / "home").exists()


def test_what_is_wrong_is_said_and_the_exit_code_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    monkeypatch.setenv("HUB_PORT", "none")

    result = CliRunner().invoke(app, ["doctor"])

    assert result.exit_code == 1
    assert "WRONG Port: HUB_PORT must be a number from 1 to 65535, not 'none'." in result.output


def test_a_port_that_something_else_holds_is_wrong(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        found = _about("Port", HUB_HOME=str(tmp_path), HUB_PORT=str(port))

    words = f"something else listens on {port}; stop it, or set HUB_PORT"
    assert found == Finding(False, "Port", words)


def test_a_home_that_cannot_be_written_is_wrong() -> None:
    found = _about("HUB_HOME", HUB_HOME="/proc/hub", HUB_PORT=str(free_port()))

    assert not found.is_well
    assert found.words.endswith("set HUB_HOME to another folder")


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("short", 0o600, "has fewer than 50 characters"),
        ("x" * 60, 0o644, "run chmod 600 on it"),
    ],
)
def test_a_damaged_secret_or_an_open_one_is_wrong(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "secret_key").write_text(text)
    (tmp_path / "secrets" / "secret_key").chmod(mode)

    found = [
        finding
        for finding in examine({"HUB_HOME": str(tmp_path), "HUB_PORT": str(free_port())})
        if not finding.is_well
    ]

    assert len(found) == 1
    assert words in found[0].words


def test_secrets_of_the_environment_need_no_files(tmp_path: Path) -> None:
    found = _about("Secrets", HUB_HOME=str(tmp_path), HUB_SECRET_KEY="x", HUB_ENCRYPTION_KEYS="x")

    assert found == Finding(True, "Secrets", "from the environment")


@pytest.mark.system
def test_running_services_are_found_in_their_home(services: Services) -> None:
    home = str(services.home.root)

    database, broker = _about("Database", HUB_HOME=home), _about("Broker", HUB_HOME=home)

    shown = without_password(services.database_url)
    assert database == Finding(True, "Database", f"PostgreSQL 18 at {shown}")
    assert broker == Finding(True, "Broker", without_password(services.broker_url))


@pytest.mark.system
def test_migrations_that_wait_are_wrong(services: Services) -> None:
    found = _about("Migrations", **{**os.environ, **services.environment()})

    words = "some are not applied; run manage.py migrate"
    assert found == Finding(False, "Migrations", words)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://hub:secret@127.0.0.1:1/hub", "cannot be used: connection failed"),
        ("mysql://hub:secret@127.0.0.1:1/hub", "cannot be used"),
    ],
)
def test_a_database_that_does_not_answer_is_wrong(tmp_path: Path, url: str, words: str) -> None:
    found = _about("Database", HUB_HOME=str(tmp_path), DATABASE_URL=url)

    assert not found.is_well
    assert words in found.words
    assert "secret" not in found.words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:secret@127.0.0.1:1/0", "Connection refused"),
        ("amqp://hub:secret@127.0.0.1:1//", "Connection refused"),
        ("carrier://hub:secret@127.0.0.1:1//", "must begin with redis:// or amqp://"),
        ("redis://:secret@127.0.0.1:none/0", "Port could not be cast"),
    ],
)
def test_a_broker_that_does_not_answer_is_wrong(tmp_path: Path, url: str, words: str) -> None:
    found = _about("Broker", HUB_HOME=str(tmp_path), CELERY_BROKER_URL=url)

    assert not found.is_well
    assert words in found.words
    assert "secret" not in found.words
