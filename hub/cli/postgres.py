"""The embedded PostgreSQL: its data, its settings, its start."""

from __future__ import annotations

import contextlib
import functools
import locale
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from hub.cli import orphans
from hub.cli.development_secrets import secret
from hub.cli.errors import LaunchError
from hub.cli.home import Home, sync_folder, write_atomically
from hub.cli.ports import LOOPBACK, free_port
from hub.cli.postgres_place import Place, settle
from hub.cli.programs import Program
from hub.cli.server_account import server_account

ROLE: Final = "hub"
DATABASE: Final = "hub"
SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    # No socket file: its path may be too long (107 bytes), and TCP with a password keeps the
    # machine's other users out all the same.
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # compiling costs more than the hub's short queries take
    "idle_in_transaction_session_timeout": "60s",
    "max_wal_size": "512MB",
    "dynamic_shared_memory_type": "mmap",  # in the data folder, not in /dev/shm
    "log_min_messages": "fatal",
    "log_line_prefix": "",
}
THROW_AWAY: Final = {"fsync": "off", "full_page_writes": "off"}
"""Survives every crash of PostgreSQL, not one of the machine."""
LOCALES: Final = ("C.UTF-8", "en_US.UTF-8", "UTF-8", "C")
MAJOR: Final = "18"
PROBE_SECONDS: Final = 2


class Postgres:
    """One PostgreSQL server of one home. `url` is the address of the hub's database."""

    name = "postgres"

    def __init__(self, home: Home, *, durable: bool) -> None:
        self.home = home
        self.durable = durable
        self.account = server_account(home.postgres)
        self.place: Place = settle(home, self.account)
        self.port = free_port()

    def start_differently(self) -> None:
        """After a failed start: listen elsewhere, for somebody may have taken the port."""
        self.port = free_port()

    @property
    def url(self) -> str:
        return self._address(DATABASE)

    def prepare(self) -> None:
        """Make the data folder startable: nobody works in it, it is whole, no stale lock file.

        The caller holds the home's lock.
        """
        if self._others():
            orphans.end(self._others, ladder=orphans.POSTGRES_LADDER)
        data = self.place.data
        if not (data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        if orphans.PROC.is_dir():
            # PostgreSQL trusts the pid in it, which may name anything by now.
            (data / "postmaster.pid").unlink(missing_ok=True)

    def program(self) -> Program:
        """The server as a process to run."""
        settings = {**SETTINGS, "port": str(self.port)}
        if not self.durable:
            settings |= THROW_AWAY
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name=self.name,
            command=(str(self.place.binaries / "postgres"), "-D", str(self.place.data), *options),
            home=self.home.root,
            environment=self._environment(),
            folder=self.place.folder,
            account=self.account,
            stop_signal=signal.SIGINT,  # fast shutdown: does not wait for clients
            orphan_signal=signal.SIGINT,
            before_start=self.prepare,
        )

    def answers(self) -> bool:
        """Whether it takes connections. Raises LaunchError when it refuses the home's password."""
        if not self._says_ready():
            return False  # asking now would fill its log with refusals
        try:
            with psycopg.connect(self._address("postgres"), connect_timeout=PROBE_SECONDS):
                return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LaunchError(
                    f"The database in {self.place.data} has another password than "
                    f"{self.home.secrets / 'postgres_password'}. Put the right one back, or "
                    f"delete {self.place.data} to begin with an empty database."
                ) from error
            return False

    def provide(self) -> None:
        """Make the hub's database if there is none yet."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if row is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _address(self, database: str) -> str:
        password = secret(self.home, "postgres_password")
        return f"postgresql://{ROLE}:{password}@{LOOPBACK}:{self.port}/{database}"

    def _says_ready(self) -> bool:
        """What the server itself notes in the last line of its lock file."""
        try:
            lines = (self.place.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[-1].strip() == "ready"

    def _others(self) -> list[int]:
        return orphans.working_in(self.place.data, program="postgres")

    def _environment(self) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "TZ": "UTC", "HOME": str(self.place.folder)}

    def _initialise(self) -> None:
        """Make the data folder under another name: it has its own only when it is whole."""
        data, unfinished = self.place.data, self.place.folder / "data.unfinished"
        if data.exists() and any(data.iterdir()):
            raise LaunchError(f"{data} holds something, but no PostgreSQL database. Move it away.")
        shutil.rmtree(unfinished, ignore_errors=True)
        with self._password_file() as password_file:
            self._initdb(unfinished, password_file)
        unfinished.replace(data)
        sync_folder(self.place.folder)

    @contextlib.contextmanager
    def _password_file(self) -> Iterator[Path]:
        """The password where initdb, running as the server's account, can read it."""
        path = self.place.folder / "password"
        write_atomically(path, secret(self.home, "postgres_password") + "\n")
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)
        try:
            yield path
        finally:
            path.unlink()

    def _initdb(self, target: Path, password_file: Path) -> None:
        command = [str(self.place.binaries / "initdb"), f"--pgdata={target}", f"--username={ROLE}"]
        command += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += [f"--lc-ctype={_character_classes()}", "--no-instructions"]
        finished = subprocess.run(
            command if self.durable else [*command, "--no-sync"],
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
            cwd=self.place.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            raise LaunchError(f"PostgreSQL could not make its data: {finished.stderr.strip()}")

    def _check_version(self) -> None:
        present = (self.place.data / "PG_VERSION").read_text().strip()
        if present != MAJOR:
            raise LaunchError(
                f"{self.place.data} was made by PostgreSQL {present}; the embedded one is {MAJOR}. "
                "Dump it with the version that made it and restore it into a new HUB_HOME."
            )


@functools.cache
def _character_classes() -> str:
    """A locale that knows letters beyond ASCII: without one, pg_trgm sees no word in Cyrillic."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in LOCALES:
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"
