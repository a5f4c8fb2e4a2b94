"""The installer that the Makefile runs before everything else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli import install

PYTHON = """#!/bin/sh
echo "$@" >> {log}
case "$*" in *{failing}*) exit 1;; esac
"""


class Checkout:
    """A checkout whose `.venv` notes what it is asked to do."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "requirements").mkdir()
        for kind in install.KINDS:
            (root / "requirements" / f"{kind}.txt").write_text(f"{kind} of today")
        (root / "requirements" / "node.txt").write_text("node of today")
        self.bin = root / "bin"
        self.bin.mkdir()
        self.make_node("v22.1.0")
        (root / "pyproject.toml").touch()
        self.log = root / "log"
        (root / ".venv" / "bin").mkdir(parents=True)
        self.make_python()

    def make_python(self, *, failing: str = "nothing") -> None:
        python = self.root / ".venv" / "bin" / "python"
        python.write_text(PYTHON.format(log=self.log, failing=failing))
        python.chmod(0o755)

    def make_node(self, version: str) -> None:
        """Of the system: all that is on PATH."""
        for name in ("node", "npm"):
            program = self.bin / name
            program.write_text(f"#!/bin/sh\necho {version}\n")
            program.chmod(0o755)

    def asked(self) -> list[str]:
        """What pip was asked to install since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.split("--no-input ")[1] for line in lines if "pip install" in line]


PROJECT = "--no-deps --no-build-isolation --editable ."
DEV = ["--require-hashes --requirement requirements/dev.txt", PROJECT]
NODE = ["--require-hashes --no-deps --requirement requirements/node.txt"]
EMBEDDED = ["--require-hashes --requirement requirements/embedded.txt", PROJECT]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made = Checkout(tmp_path)
    monkeypatch.setattr(install, "CHECKOUT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(install, "STAMP", tmp_path / ".venv" / ".installed")
    monkeypatch.setattr(install, "NODE_STAMP", tmp_path / ".venv" / ".node_installed")
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return made


def test_what_is_installed_is_not_installed_again(checkout: Checkout) -> None:
    assert install.main(["embedded"]) == 0
    first = checkout.asked()

    assert install.main(["embedded"]) == 0

    assert first == EMBEDDED
    assert checkout.asked() == []


def test_the_larger_set_serves_for_the_smaller(checkout: Checkout) -> None:
    assert install.main(["dev"]) == 0
    first = checkout.asked()

    assert install.main(["embedded"]) == 0

    assert first == DEV
    assert checkout.asked() == []


def test_the_smaller_set_grows_into_the_larger(checkout: Checkout) -> None:
    assert install.main(["embedded"]) == 0
    checkout.asked()

    assert install.main(["dev"]) == 0

    assert checkout.asked() == DEV


def test_a_changed_lock_file_is_installed_and_what_was_larger_stays_larger(
    checkout: Checkout,
) -> None:
    assert install.main(["dev"]) == 0
    checkout.asked()
    (checkout.root / "requirements" / "dev.txt").write_text("dev of tomorrow")

    assert install.main(["embedded"]) == 0

    assert checkout.asked() == DEV


def test_a_failed_installation_is_told_and_tried_again(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.make_python(failing="--editable")

    failed = install.main(["dev"])
    told = capsys.readouterr().err
    checkout.asked()
    checkout.make_python()

    assert failed == 1
    assert told.endswith("pip could not install the packages; what it said stands above.\n")
    assert install.main(["dev"]) == 0
    assert checkout.asked() == DEV


@pytest.mark.parametrize("version", ["v18.20.1", ""])
def test_without_a_node_of_the_system_one_is_installed_once(
    checkout: Checkout, version: str
) -> None:
    checkout.make_node(version)
    assert install.main(["embedded"]) == 0
    first = checkout.asked()

    assert install.main(["embedded"]) == 0
    again = checkout.asked()
    (checkout.root / "requirements" / "node.txt").write_text("node of tomorrow")
    assert install.main(["embedded"]) == 0

    assert (first, again, checkout.asked()) == (EMBEDDED + NODE, [], NODE)


def test_a_machine_that_no_node_is_made_for_goes_on_without(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.make_node("")
    checkout.make_python(failing="node.txt")

    assert install.main(["embedded"]) == 0

    assert capsys.readouterr().err.endswith("Pages will be plain until there is a Node.\n")
    assert checkout.asked() == EMBEDDED + NODE


def test_an_old_python_is_refused_in_words(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))

    assert install.main(["dev"]) == 1
    assert capsys.readouterr().err.startswith("Python 3.11 or newer is needed; ")
    assert checkout.asked() == []


def test_a_checkout_that_has_moved_gets_a_new_environment(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert install.main(["dev"]) == 0
    stamp = checkout.root / ".venv" / ".installed"
    stamp.write_text(stamp.read_text().replace(str(checkout.root), "/elsewhere"))
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    with pytest.raises(FileNotFoundError, match="/no/such/python"):
        install.main(["dev"])


def test_make_lists_its_targets() -> None:
    make = shutil.which("make")
    assert make is not None

    listed = subprocess.run(
        [make, "help"],
        cwd=Path(install.__file__).parents[2],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    targets = {line.split()[1] for line in listed.splitlines()}
    assert targets == {
        "help",
        "demo",
        "up",
        "test",
        "coverage",
        "check",
        "bench",
        "chaos",
        "ui",
        "screenshots",
        "lock",
    }
