"""The unprivileged account that PostgreSQL runs under when root runs the hub."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from hub.cli.errors import LaunchError

CANDIDATES: Final = ("nobody", "daemon", "postgres")


class Account(NamedTuple):
    """A system user; the hub uses what exists and never makes one."""

    name: str
    uid: int
    gid: int


def server_account(owned: Path) -> Account | None:
    """Whom PostgreSQL runs as: None for an ordinary user, else the owner of `owned`, else nobody.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    if owned.exists() and owned.stat().st_uid != 0:
        return _named(pwd.getpwuid(owned.stat().st_uid))
    for name in CANDIDATES:
        try:
            return _named(pwd.getpwnam(name))
        except KeyError:
            continue
    raise LaunchError(
        "PostgreSQL does not run as root, and this system has none of the users "
        f"{', '.join(CANDIDATES)}. Run the hub as an ordinary user, or set DATABASE_URL."
    )


def _named(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def reaches(account: Account, path: Path) -> bool:
    """Whether the account may enter a folder or start a program: asked of the kernel."""
    finished = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return finished.returncode == 0
