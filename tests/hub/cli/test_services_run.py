"""`hub services run`: a command among throw-away services."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from hub.cli import orphans
from hub.cli.home import CHECKOUT, Home
from tests.hub.cli.running import eventually

pytestmark = pytest.mark.system
HUB: Final = "from hub.cli.main import app; app()"
SHOW: Final = """
import os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("SHOW fsync").fetchone()[0])
with redis.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as client:
    print(client.ping())
print(os.environ["HUB_HOME"])
raise SystemExit(7)
"""


def _start(home: Home, *command: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HUB, "services", "run", "--", *command],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DATABASE_URL": "",
            "CELERY_BROKER_URL": "",
            "HUB_HOME": str(home.root),
            **variables,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_command_finds_services_and_its_exit_code_is_returned(home: Home) -> None:
    process = _start(home, sys.executable, "-c", SHOW)
    output, errors = process.communicate(timeout=30)

    fsync, broker, used = output.splitlines()
    assert errors == ""
    assert process.returncode == 7
    assert (fsync, broker) == ("off", "True")
    assert Path(used).parent == home.scratch
    assert [path.name for path in home.scratch.iterdir()] == [".lock"]


def test_configured_services_are_used_and_none_is_started(home: Home) -> None:
    variables = {"DATABASE_URL": "postgresql://db.example/hub", "CELERY_BROKER_URL": "amqp://b"}
    show = 'echo "$DATABASE_URL $CELERY_BROKER_URL"; ls "$HUB_HOME/run"'

    process = _start(home, "/bin/sh", "-c", show, **variables)
    output, _ = process.communicate(timeout=30)

    assert output.split() == [*variables.values(), "lock", "services.json"]
    assert process.returncode == 0


def test_a_command_that_is_missing_is_named(home: Home) -> None:
    process = _start(home, "/no/such/program", DATABASE_URL="x", CELERY_BROKER_URL="x")
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 127
    assert errors == "/no/such/program cannot be started: No such file or directory\n"


def test_the_command_gets_the_signal_and_the_services_stop_after_it(home: Home) -> None:
    linger = "trap 'echo asked; exit 5' TERM; echo runs; while :; do sleep 0.05; done"
    process = _start(home, "/bin/sh", "-c", linger)
    assert process.stdout is not None
    assert process.stdout.readline() == "runs\n"

    process.terminate()
    output, _ = process.communicate(timeout=30)

    assert output == "asked\n"
    assert process.returncode == 5
    assert [path.name for path in home.scratch.iterdir()] == [".lock"]


def test_a_killed_run_takes_its_command_along_and_the_next_one_cleans_up(home: Home) -> None:
    process = _start(home, "/bin/sh", "-c", "echo $$; exec sleep 60")
    assert process.stdout is not None
    command = int(process.stdout.readline())
    (left,) = [path for path in home.scratch.iterdir() if path.is_dir()]

    process.kill()
    process.communicate(timeout=30)
    gone = eventually(lambda: not Path(f"/proc/{command}").exists())
    _start(home, "true", DATABASE_URL="x", CELERY_BROKER_URL="x").communicate(timeout=30)

    assert gone
    assert not left.exists()
    assert orphans.of_home(left) == []
    assert orphans.working_in(left / "postgres" / "data", program="postgres") == []


def test_a_run_asked_to_stop_while_it_starts_leaves_nothing(home: Home) -> None:
    process = _start(home, "sleep", "60")
    assert eventually(lambda: home.scratch.exists() and len(list(home.scratch.iterdir())) == 2)

    process.terminate()
    process.communicate(timeout=30)

    assert process.returncode == 128 + signal.SIGTERM
    assert [path.name for path in home.scratch.iterdir()] == [".lock"]
