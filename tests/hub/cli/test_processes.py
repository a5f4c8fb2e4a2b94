"""The command lines of the hub's own processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli.errors import LaunchError
from hub.cli.home import CHECKOUT, Home
from hub.cli.processes import STOP_ORDER, hub_processes, preparation
from hub.cli.programs import Program
from hub.cli.up import port_of


@pytest.fixture
def processes(tmp_path: Path) -> dict[str, Program]:
    environment = {"HUB_WORKER_CONCURRENCY": "3"}
    return {program.name: program for program in hub_processes(Home(tmp_path), environment, 8123)}


def test_a_hub_is_web_relay_worker_and_beat(processes: dict[str, Program]) -> None:
    assert list(processes) == ["web", "relay", "worker", "beat"]
    assert {program.folder for program in processes.values()} == {CHECKOUT}


def test_they_stop_in_order_within_twenty_seconds() -> None:
    names = [step.name for step in STOP_ORDER]

    assert names == ["beat", "relay", "worker", "web", "broker", "postgres"]
    assert max(step.killed_after for step in STOP_ORDER) < 20


def test_web_writes_nothing_outside_its_home_and_is_quiet_about_its_address(
    processes: dict[str, Program], tmp_path: Path
) -> None:
    command = " ".join(processes["web"].command[1:])

    assert "hub.wsgi:application --bind 127.0.0.1:8123" in command
    assert "--worker-class hub.api.server.HubWorker" in command
    assert "--no-control-socket" in command
    assert f"--worker-tmp-dir {tmp_path / 'tmp'}" in command
    assert "--log-level warning" in command


def test_the_worker_serves_every_queue_with_as_many_processes_as_asked(
    processes: dict[str, Program],
) -> None:
    command = " ".join(processes["worker"].command[1:])

    assert "--queues alerts,matching,imports,default" in command
    assert "--pool prefork --concurrency 3" in command


def test_beat_keeps_its_schedule_in_the_home(processes: dict[str, Program], tmp_path: Path) -> None:
    assert f"--schedule {tmp_path}/run/beat-schedule" in " ".join(processes["beat"].command)


def test_the_database_is_prepared_by_the_same_python(tmp_path: Path) -> None:
    assert preparation(Home(tmp_path), {}).command[1:] == ("-m", "hub.cli.prepare")


@pytest.mark.parametrize(
    "text", ["0", "65536", "http", "-1", "8000.0", "\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_what_is_no_port_is_refused_in_words(text: str) -> None:
    with pytest.raises(LaunchError, match="HUB_PORT must be a number from 1 to 65535, not"):
        port_of({"HUB_PORT": text})


def test_the_port_is_8000_unless_it_is_named() -> None:
    assert [port_of({}), port_of({"HUB_PORT": ""}), port_of({"HUB_PORT": "8001"})] == [
        8000,
        8000,
        8001,
    ]
