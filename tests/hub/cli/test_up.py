"""`hub up` from its first start over every kind of accident to its stop."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.cli.home import Home
from hub.cli.postgres_place import SHARED_FOLDER
from hub.cli.up import is_ready
from tests.hub.cli.running import NAMES, RunningHub, eventually

pytestmark = pytest.mark.system
Start = Callable[..., RunningHub]


def test_a_hub_says_once_where_it_is_and_stops_in_order(home: Home, start_hub: Start) -> None:
    hub = start_hub(home.root)

    assert hub.is_ready(), hub.text
    assert eventually(lambda: hub.text.count("runs") == 3), hub.text
    pids = [hub.pid(name) for name in NAMES]
    os.killpg(hub.process.pid, signal.SIGINT)  # to its whole group, as a terminal does
    os.killpg(hub.process.pid, signal.SIGTERM)
    code = hub.wait()

    assert code == 0
    assert len(set(pids)) == len(NAMES)
    assert [line for line in hub.lines if f":{hub.port}" in line] == [hub.ready_line]
    assert [line for line in hub.lines if line.endswith(("left", "Ctrl-C"))] == [
        "beat     | left",
        "relay    | left",
        "worker   | left",
    ]
    assert hub.leftovers() == []
    left = {path.name for path in home.run.iterdir()}
    assert left - {home.postgres_pointer.name} == {"lock"}  # it says where data are that stay


def test_a_hub_killed_with_all_it_runs_starts_again_with_its_data(
    home: Home, start_hub: Start
) -> None:
    first = start_hub(home.root)
    assert first.is_ready(), first.text
    for pid in (first.process.pid, *(first.pid(name) for name in NAMES)):
        os.kill(pid, signal.SIGKILL)
    first.wait()

    second = start_hub(home.root)

    assert second.is_ready(), second.text
    assert "prepare  | start 2" in second.lines


def test_processes_end_when_their_supervisor_is_killed(home: Home, start_hub: Start) -> None:
    hub = start_hub(home.root)
    assert hub.is_ready(), hub.text

    hub.process.kill()

    assert eventually(lambda: hub.leftovers() == [])


def test_each_process_that_dies_is_started_again(home: Home, start_hub: Start) -> None:
    hub = start_hub(home.root)
    assert hub.is_ready(), hub.text
    before = {name: hub.pid(name) for name in NAMES}

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    assert eventually(lambda: _restarted(hub, before) == list(NAMES)), hub.text
    assert hub.stop() == 0
    for name in NAMES:
        assert f"{name:<8} | ended by SIGKILL; starts again in 0.5 s" in hub.lines


def _restarted(hub: RunningHub, before: dict[str, int]) -> list[str]:
    pid_files = {name: hub.home.run / f"{name}.pid" for name in before}
    return [
        name
        for name, path in pid_files.items()
        if path.exists() and int(path.read_text()) != before[name]
    ]


def test_a_hub_asked_to_stop_while_it_starts_leaves_nothing(home: Home, start_hub: Start) -> None:
    hub = start_hub(home.root, PREPARE="import time; print('prepares', flush=True); time.sleep(60)")
    assert eventually(lambda: "prepare  | prepares" in hub.lines), hub.text

    code = hub.stop()

    assert code == 0
    assert hub.leftovers() == []
    assert hub.ready_line not in hub.lines


def test_two_hubs_run_side_by_side(shared_hub: RunningHub, start_hub: Start) -> None:
    other = start_hub(shared_hub.home.root / "a folder with spaces")

    assert other.is_ready(), other.text
    assert other.stop() == 0
    assert is_ready(shared_hub.port)


def test_a_second_hub_of_the_same_home_is_refused_in_words(
    shared_hub: RunningHub, start_hub: Start
) -> None:
    root = shared_hub.home.root

    second = start_hub(root)
    code = second.wait()

    assert code != 0
    words = f"A hub already runs in {root} (process {shared_hub.process.pid})."
    assert words in second.text
    assert is_ready(shared_hub.port)


def test_a_port_in_use_is_refused_in_words(shared_hub: RunningHub, start_hub: Start) -> None:
    second = start_hub(shared_hub.home.root / "other", HUB_PORT=str(shared_hub.port))
    code = second.wait()

    assert code != 0, second.text
    assert f"Port {shared_hub.port} of 127.0.0.1 is in use." in second.text


def test_a_database_that_cannot_be_prepared_ends_the_start_in_words(
    home: Home, start_hub: Start
) -> None:
    hub = start_hub(home.root, PREPARE="raise SystemExit('no such table')")

    code = hub.wait()

    assert code != 0
    assert "prepare  | no such table" in hub.lines
    assert "The database could not be prepared; the reason stands above." in hub.text
    assert hub.leftovers() == []


def test_configured_services_are_used_and_none_is_started(
    shared_hub: RunningHub, start_hub: Start
) -> None:
    given = json.loads(shared_hub.home.services_file.read_text())

    hub = start_hub(
        shared_hub.home.root / "user",
        DATABASE_URL=given["database_url"],
        CELERY_BROKER_URL=given["celery_broker_url"],
    )

    assert hub.is_ready(), hub.text
    assert "prepare  | start 2" in hub.lines
    assert not (hub.home.run / "postgres.pid").exists()
    assert not (hub.home.run / "broker.pid").exists()
    assert not hub.home.services_file.exists()
    assert hub.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
def test_root_opens_nothing_but_its_own_home_and_only_to_pass_through(
    home: Home, start_hub: Start
) -> None:
    closed = home.root / "closed"
    closed.mkdir(mode=0o700)
    inside = closed / "hub"
    inside.mkdir(mode=0o700)

    hub = start_hub(inside)

    assert hub.is_ready(), hub.text
    assert _mode(closed) == 0o700
    assert _mode(inside) == 0o700
    elsewhere = Path(hub.home.postgres_pointer.read_text().strip())
    assert elsewhere.parent == SHARED_FOLDER
    assert elsewhere.stat().st_uid == _owner(hub.pid("postgres")) != 0
    assert hub.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
@pytest.mark.usefixtures("open_checkout")
def test_a_closed_home_of_root_gets_a_search_bit_and_no_more(shared_hub: RunningHub) -> None:
    home = shared_hub.home

    uid = _owner(shared_hub.pid("postgres"))

    assert uid != 0
    assert home.postgres.stat().st_uid == uid
    assert _mode(home.root) == 0o701
    for folder in (home.run, home.secrets, home.postgres, home.broker, home.logs, home.temporary):
        assert _mode(folder) == 0o700


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _owner(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid
