"""Homes and running hubs for tests of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.cli import server_account
from hub.cli.home import CHECKOUT, Home
from hub.cli.postgres_place import installed
from hub.cli.scratch import scratch_home
from hub.cli.server_account import reaches
from tests.hub.cli.running import RunningHub


@pytest.fixture
def home() -> Iterator[Home]:
    """A throw-away home that PostgreSQL's account can enter when root runs the tests."""
    with scratch_home(Home.of(os.environ)) as made:
        yield Home(made)


@pytest.fixture
def open_checkout(tmp_path: Path) -> None:
    """Leaves a test out where root's PostgreSQL can keep nothing in the checkout."""
    account, wheel = server_account.server_account(tmp_path / "nothing yet"), installed()
    if account and wheel and not reaches(account, wheel / "postgres"):
        pytest.skip(f"{CHECKOUT} is closed to {account.name}, who runs PostgreSQL for root.")


@pytest.fixture
def start_hub() -> Iterator[Callable[[Path], RunningHub]]:
    """Starts `hub up` with stand-in processes in a home; what still runs at the end is killed."""
    started: list[RunningHub] = []

    def start(home: Path, **variables: str) -> RunningHub:
        started.append(RunningHub(home, variables))
        return started[-1]

    yield start
    for hub in started:
        hub.end()


@pytest.fixture(scope="module")
def shared_hub() -> Iterator[RunningHub]:
    """A running hub for tests that only look at it, in a closed home."""
    with scratch_home(Home.of(os.environ)) as made:
        hub = RunningHub(made, {})
        assert hub.is_ready(), hub.text
        yield hub
        hub.end()
