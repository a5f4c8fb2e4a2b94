"""What a home keeps, and how it survives crashes and neighbours."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from hub.cli.development_secrets import NAMES, make_secrets, secret
from hub.cli.errors import LaunchError
from hub.cli.home import CHECKOUT, Home, write_atomically, write_once
from hub.cli.scratch import scratch_home


@pytest.fixture
def new_home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_stands_in_the_checkout_unless_it_is_named(tmp_path: Path) -> None:
    assert Home.of({}).root == CHECKOUT / "var"
    assert Home.of({"HUB_HOME": ""}).root == CHECKOUT / "var"
    assert Home.of({"HUB_HOME": str(tmp_path)}).root == tmp_path.resolve()


def test_a_home_is_its_owner_s_alone(new_home: Home) -> None:
    assert _mode(new_home.root) == 0o700
    assert {_mode(path) for path in new_home.root.iterdir()} == {0o700}


def test_a_home_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LaunchError, match=r"cannot be used \(File exists"):
        Home(tmp_path / "file" / "home").make()


def test_secrets_are_made_once_and_readable_by_their_owner_alone(new_home: Home) -> None:
    make_secrets(new_home)
    first = {name: secret(new_home, name) for name in NAMES}

    make_secrets(new_home)

    assert {name: secret(new_home, name) for name in NAMES} == first
    assert {_mode(path) for path in new_home.secrets.iterdir()} == {0o600}
    assert sorted(path.name for path in new_home.secrets.iterdir()) == sorted(NAMES)
    assert len(base64.b64decode(first["encryption_key"])) == 32
    assert len(first["secret_key"]) >= 50


def test_makers_at_the_same_time_end_up_with_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    barrier = threading.Barrier(8)

    def make(text: str) -> None:
        barrier.wait()
        write_once(path, text)

    makers = [threading.Thread(target=make, args=(f"{number}" * 9,)) for number in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert path.read_text() in {f"{number}" * 9 for number in range(8)}
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


def test_a_secret_left_empty_by_a_crash_is_made_anew(new_home: Home) -> None:
    (new_home.secrets / "encryption_key").touch()

    make_secrets(new_home)

    assert len(base64.b64decode(secret(new_home, "encryption_key"))) == 32


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("encryption_key", "c2hvcnQ=", "is not the base64 of 32 bytes"),
        ("encryption_key", "no base64!", "is not the base64 of 32 bytes"),
        ("secret_key", "short", "has fewer than 50 characters"),
    ],
)
def test_a_damaged_secret_is_refused_and_kept(
    new_home: Home, name: str, text: str, words: str
) -> None:
    (new_home.secrets / name).write_text(text)

    with pytest.raises(LaunchError, match=words):
        make_secrets(new_home)

    assert (new_home.secrets / name).read_text() == text


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    write_atomically(path, "new")

    assert path.read_text() == "new"
    assert _mode(path) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_home_is_held_by_one_and_let_go_of_at_the_end(new_home: Home) -> None:
    with new_home.locked():
        assert new_home.is_held()
        with (
            pytest.raises(LaunchError, match=rf"\(process {os.getpid()}\)"),
            Home(new_home.root).locked(),
        ):
            pytest.fail("two holders")

    assert not new_home.is_held()
    with new_home.locked():
        pass


def test_a_throw_away_home_goes_with_its_user(new_home: Home) -> None:
    with scratch_home(new_home) as made:
        home = Home(made)
        home.make()
        assert home.is_scratch
        assert home.own_folders == [new_home.root, new_home.scratch, made]

    assert not made.exists()


def test_a_throw_away_home_of_a_killed_run_goes_with_the_next_one(new_home: Home) -> None:
    with scratch_home(new_home) as used:
        abandoned = new_home.scratch / "abandoned"
        (abandoned / "run").mkdir(parents=True)
        (abandoned / "owner").touch()

        with scratch_home(new_home):
            pass

        assert used.exists()
        assert not abandoned.exists()


def test_passing_through_a_home_is_all_that_others_get(new_home: Home) -> None:
    with scratch_home(new_home) as made:
        Home(made).let_through()

        assert [_mode(folder) for folder in (new_home.root, new_home.scratch, made)] == [0o701] * 3
        assert _mode(new_home.secrets) == 0o700
