"""Builds the look of the pages from `ui/`, and collects it: `python -m hub.cli.assets`."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from hub.cli.errors import LaunchError
from hub.cli.home import CHECKOUT
from hub.cli.node import Node, find_node

SOURCES: Final = ("package.json", "package-lock.json", ".npmrc", "build.mjs", "src")
PACKAGES: Final = ("package.json", "package-lock.json", ".npmrc")
STAMP: Final = ".stamp"
"""Begins with a dot, so that it is not served."""
NEVER_LOADED: Final = (
    *("admin", "rest_framework", "redoc", "*.map", "*.LICENSE.txt", "*-standalone-preset.js"),
    *("htmx-4*", "htmax-4*", "htmx-2.js"),
)
"""What comes with packages and no page asks for; it would take longer to compress than the rest."""
KEPT_VARIABLES: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONUTF8")
BUILD_SECONDS: Final = 120
INSTALL_SECONDS: Final = 600
NO_NODE: Final = (
    "No Node 20 or newer was found, and no wheel of it either. Install Node, or "
    "`.venv/bin/pip install --require-hashes -r requirements/node.txt`, and run `make ui`."
)


class AssetsError(LaunchError):
    """The look of the pages could not be built."""

    code = "assets_failed"
    title = "Pages are plain"


def ensure(environment: Mapping[str, str]) -> None:
    """Build and collect what is missing or outdated; else look at some files and return.

    Pages work without it, so whoever starts a hub goes on. Raises AssetsError with the reason when
    it could not be built; what could be collected is collected all the same.
    """
    ui = CHECKOUT / "ui"
    if not ui.is_dir():  # installed without sources, by somebody who collected the files before
        return
    with _alone(ui):
        try:
            _build(ui, environment)
        finally:
            _collect(environment)


def ensure_or_say(environment: Mapping[str, str]) -> None:
    """The same, with the reason on standard error."""
    try:
        ensure(environment)
    except AssetsError as error:
        print(f"{error.detail}\nThe hub runs; its pages are plain.", file=sys.stderr)


def _build(ui: Path, environment: Mapping[str, str]) -> None:
    stamp = _digest(ui, SOURCES)
    build = ui / "build"
    if _reads(build / STAMP) == stamp:
        return
    node = find_node(environment)
    if node is None:
        raise AssetsError(NO_NODE)
    print("Building the look of the pages", file=sys.stderr)
    _install(ui, node, environment)
    fresh = ui / "build.new"
    _run([*node.node, "build.mjs", str(fresh)], ui, environment, BUILD_SECONDS)
    (fresh / STAMP).write_text(stamp)
    shutil.rmtree(build, ignore_errors=True)
    fresh.rename(build)


def _install(ui: Path, node: Node, environment: Mapping[str, str]) -> None:
    """The packages of the lock file; none of them runs a script of its own."""
    stamp = _digest(ui, PACKAGES)
    marker = ui / "node_modules" / STAMP
    if _reads(marker) == stamp:
        return
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
    _run([*node.npm, "ci", *options], ui, environment, INSTALL_SECONDS)
    marker.write_text(stamp)


def _collect(environment: Mapping[str, str]) -> None:
    """Copies of what pages load, compressed, under names that hold their hash."""
    stamp = _digest(CHECKOUT, ("requirements/base.txt", "hub/api/static", "ui/build"))
    marker = CHECKOUT / "static" / STAMP
    if _reads(marker) == stamp:
        return
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    ignored = [f"--ignore={name}" for name in NEVER_LOADED]
    # Files are files, whatever hub the environment describes, one that would not start included.
    plain = {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    settings = {**plain, "DJANGO_SETTINGS_MODULE": "hub.settings.development"}
    _run([*command, *ignored], CHECKOUT, settings, BUILD_SECONDS)
    marker.write_text(stamp)


def _run(command: list[str], folder: Path, environment: Mapping[str, str], seconds: float) -> None:
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsError(f"`{' '.join(command)}` took longer than {seconds:.0f} s.") from error
    if finished.returncode:
        said = (finished.stdout + finished.stderr).strip()
        raise AssetsError(f"`{' '.join(command)}` in {folder} failed:\n{said}")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else builds in this checkout."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _digest(folder: Path, names: Iterable[str]) -> str:
    """Of the names and contents of files, and of all files in folders."""
    digest = hashlib.sha256()
    for path in sorted(_files(folder, names)):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = folder / name
        if path.is_dir():
            yield from (inner for inner in path.rglob("*") if inner.is_file())
        elif path.is_file():
            yield path


def _reads(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def main() -> int:
    """For `make ui`: exit code 1 and the reason when the look could not be built."""
    try:
        ensure(os.environ)
    except AssetsError as error:
        print(error.detail, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
