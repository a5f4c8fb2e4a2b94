"""Installs the locked packages and the project itself into `.venv`, once.

Run by the Makefile with any Python: `python3 -I hub/cli/install.py embedded|dev`. It stands on the
standard library alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
NODE_STAMP = VENV / ".node_installed"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
NODE_LOCK = "requirements/node.txt"
KINDS = ("embedded", "dev")
"""Each holds what those before it hold."""


class InstallError(Exception):
    """The environment could not be set up."""


def main(arguments: list[str]) -> int:
    kind = arguments[0]
    signal.signal(signal.SIGTERM, _leave)
    try:
        _check_python()
        with _alone():
            if not _is_installed(kind):
                _install(kind)
            if not _has_node():
                _install_node()
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        version = sys.version.split()[0]
        raise InstallError(
            f"Python 3.11 or newer is needed; {sys.executable} is {version}. "
            "Name another one: make PYTHON=/path/to/python3"
        )


def _leave(number: int, _frame: types.FrameType | None) -> None:
    sys.exit(128 + number)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait until nobody else installs into this checkout."""
    descriptor = os.open(CHECKOUT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_installed(kind: str) -> bool:
    """Whether this kind, or one that holds it, is there as the lock files are now."""
    try:
        stamp = STAMP.read_text()
    except FileNotFoundError:
        return False
    return any(stamp == _stamp(larger) for larger in KINDS[KINDS.index(kind) :])


def _stamp(kind: str) -> str:
    """What an environment of this kind is made from; it breaks when the checkout moves."""
    digest = hashlib.sha256()
    for path in (CHECKOUT / "requirements" / f"{kind}.txt", CHECKOUT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return f"{kind} {digest.hexdigest()} {CHECKOUT}\n"


def _install(kind: str) -> None:
    try:
        previous = STAMP.read_text().split(maxsplit=2)
    except FileNotFoundError:
        previous = []
    if previous and previous[2].strip() != str(CHECKOUT):
        print("The checkout has moved: installing anew.", file=sys.stderr)
        _make_venv("--clear")
    elif not _runs(PYTHON):
        _make_venv("--clear")
    if previous and previous[0] in KINDS and KINDS.index(previous[0]) > KINDS.index(kind):
        kind = previous[0]  # what it holds beyond this stays up to date too
    print(f"Installing requirements/{kind}.txt into .venv", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    _pip("--require-hashes", "--requirement", f"requirements/{kind}.txt")
    _pip("--no-deps", "--no-build-isolation", "--editable", ".")
    STAMP.write_text(_stamp(kind))


def _has_node() -> bool:
    """Whether the look of the pages can be built: by the system's Node, or by that of the wheel."""
    node = shutil.which("node")
    return (node is not None and shutil.which("npm") is not None and is_new_enough(node)) or (
        NODE_STAMP.exists() and NODE_STAMP.read_text() == _node_stamp()
    )


def is_new_enough(node: str) -> bool:
    """Whether this Node can build the look of the pages."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        return int(answer.stdout.strip().removeprefix("v").partition(".")[0]) >= OLDEST_NODE
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


def _install_node() -> None:
    """The wheel of it; without one for this machine the hub works, and its pages are plain."""
    print(f"Installing {NODE_LOCK} into .venv: there is no Node 20 or newer", file=sys.stderr)
    try:
        _pip("--require-hashes", "--no-deps", "--requirement", NODE_LOCK)
    except InstallError as error:
        print(f"{error} Pages will be plain until there is a Node.", file=sys.stderr)
        return
    NODE_STAMP.write_text(_node_stamp())


def _node_stamp() -> str:
    return hashlib.sha256((CHECKOUT / NODE_LOCK).read_bytes()).hexdigest()


def _runs(python: Path) -> bool:
    """Whether it starts, is new enough and has pip."""
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    try:
        return (
            subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _make_venv(*options: str) -> None:
    command = [sys.executable, "-m", "venv", *options, str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        said = (made.stdout + made.stderr).strip()
        raise InstallError(f"{sys.executable} could not make .venv:\n{said}")


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", *arguments]
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    finished = subprocess.run(
        command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, check=False
    )
    if finished.returncode:
        raise InstallError("pip could not install the packages; what it said stands above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
