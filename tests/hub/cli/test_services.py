"""The embedded services as a block of code sees them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from hub.cli.development_secrets import secret
from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.postgres import Postgres
from hub.cli.scratch import scratch_home
from hub.cli.services import Service, Services, embedded
from hub.cli.valkey import ping

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with scratch_home(Home.of(os.environ)) as home, embedded(home, durable=False) as running:
        yield running


def _postgres(services: Services) -> Service:
    assert services.postgres is not None
    return services.postgres


def _broker(services: Services) -> Service:
    assert services.broker is not None
    return services.broker


def _ask(services: Services, query: str) -> str:
    with psycopg.connect(services.database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def _redis(services: Services) -> redis.Redis:
    return redis.Redis.from_url(services.broker_url, socket_timeout=5)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT current_setting('server_version_num')::int / 10000", "18"),
        ("SHOW TimeZone", "UTC"),
        ("SHOW max_connections", "200"),
        ("SHOW jit", "off"),
        ("SHOW unix_socket_directories", ""),
        ("SHOW listen_addresses", "127.0.0.1"),
        ("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'hub'", "UTF8"),
        (
            "SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'unaccent')",
            "2",
        ),
    ],
)
def test_the_database_is_set_up_as_the_hub_needs_it(
    services: Services, query: str, answer: str
) -> None:
    assert _ask(services, query) == answer


def test_trigrams_see_words_in_every_script(services: Services) -> None:
    with psycopg.connect(services.database_url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute("SELECT cardinality(show_trgm('Зеленський'))").fetchone()

    assert row == (11,)


def test_nobody_without_the_password_gets_in(services: Services) -> None:
    port = services.database_url.rsplit(":", 1)[1]

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://hub:guess@127.0.0.1:{port}")
    with pytest.raises(redis.AuthenticationError):
        ping(services.broker_url.replace(secret(services.home, "broker_password"), ""), seconds=5)


def test_running_services_are_named_in_their_home(services: Services) -> None:
    run = services.home.run

    assert json.loads(services.home.services_file.read_text()) == {
        "database_url": services.database_url,
        "database_direct_url": services.database_url,
        "celery_broker_url": services.broker_url,
        "webhook_allow": "",
    }
    assert int((run / "postgres.pid").read_text()) == _postgres(services).pid
    assert int((run / "broker.pid").read_text()) == _broker(services).pid


@pytest.mark.parametrize(("keep_data", "kept"), [(True, b"1"), (False, None)])
def test_a_killed_broker_comes_back_with_or_without_its_data(
    services: Services, keep_data: bool, kept: bytes | None
) -> None:
    with _redis(services) as client:
        client.set("hint", "1")
    before = _broker(services).pid

    services.restart_broker(keep_data=keep_data)

    with _redis(services) as client:
        assert client.get("hint") == kept
    assert _broker(services).pid != before


def test_a_paused_broker_accepts_and_does_not_answer(services: Services) -> None:
    broker = _broker(services)

    broker.pause()

    try:
        with (
            redis.Redis.from_url(services.broker_url, socket_timeout=0.2) as client,
            pytest.raises(redis.TimeoutError),
        ):
            client.ping()
    finally:
        broker.resume()
    with _redis(services) as client:
        assert client.ping() is True


def test_a_killed_database_comes_back_with_what_was_committed(services: Services) -> None:
    with psycopg.connect(services.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")

    _postgres(services).kill()
    _postgres(services).start()

    assert _ask(services, "SELECT value FROM kept") == "7"


def test_a_home_in_use_is_refused_in_words(services: Services) -> None:
    with (
        pytest.raises(LaunchError, match=r"already runs in .* \(process \d+\)"),
        embedded(services.home.root, durable=False),
    ):
        pytest.fail("two supervisors of one home")


def test_what_a_crash_left_does_not_keep_the_services_from_starting(home: Home) -> None:
    with embedded(home.root, durable=True, broker=False) as services:
        data = Path(_ask(services, "SHOW data_directory"))
    _leave_a_crash_behind(home, data)
    stranger = subprocess.Popen(["/bin/sleep", "60"])
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n0\n1\n\n\n0 0\nready\n")
    os.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)

    with embedded(home.root, durable=True) as services:
        answer = _ask(services, "SELECT 1")

    survives = stranger.poll() is None
    stranger.kill()
    stranger.wait()
    assert answer == "1"
    assert survives


def _leave_a_crash_behind(home: Home, data: Path) -> None:
    (data.parent / "data.unfinished").mkdir()
    (data.parent / "data.unfinished" / "PG_VERSION").write_text("18\n")
    append_only = home.broker / "data" / "appendonlydir"
    append_only.mkdir(parents=True)
    (append_only / "appendonly.aof.manifest").write_text("no manifest")
    (home.run / "web.pid").write_text("1\n")
    (home.secrets / "secret_key").write_text("")


def test_a_server_that_outlived_its_supervisor_is_stopped_first(home: Home) -> None:
    with embedded(home.root, durable=False, broker=False) as services:
        orphan = _postgres(services)
        successor = Service(Postgres(home, durable=False), home)

        successor.start()

        assert successor.server.answers()
        assert not orphan.server.answers() or orphan.url == successor.url
        successor.stop()


def test_data_of_another_password_are_refused_in_words(home: Home) -> None:
    with embedded(home.root, durable=False, broker=False):
        pass
    (home.secrets / "postgres_password").write_text("another\n")

    with (
        pytest.raises(LaunchError, match="has another password than"),
        embedded(home.root, durable=False, broker=False),
    ):
        pytest.fail("it started")


def test_data_of_another_version_are_refused_in_words(home: Home) -> None:
    with embedded(home.root, durable=False, broker=False) as services:
        data = Path(_ask(services, "SHOW data_directory"))
    (data / "PG_VERSION").write_text("17\n")

    with (
        pytest.raises(LaunchError, match="was made by PostgreSQL 17; the embedded one is 18"),
        embedded(home.root, durable=False, broker=False),
    ):
        pytest.fail("it started")


def test_a_signal_to_the_caller_s_group_does_not_reach_the_servers(services: Services) -> None:
    for service in (_postgres(services), _broker(services)):
        assert os.getpgid(service.pid) == service.pid != os.getpgid(0)
