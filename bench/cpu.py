"""CPU time of everything that takes part, read from the kernel."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
import redis

from bench.failure import BenchError

PROC: Final = Path("/proc")
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


class _Stat(NamedTuple):
    parent: int
    seconds: float
    """User and system time, that of children which have ended and were waited for included."""


def of_trees(roots: Iterable[int]) -> float:
    """Seconds that these processes and all their descendants have used, ended ones included."""
    stats = {int(entry.name): _stat(entry) for entry in PROC.iterdir() if entry.name.isdigit()}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, stat in stats.items():
        if stat is not None:
            children[stat.parent].append(pid)
    total, todo = 0.0, list(roots)
    while todo:
        pid = todo.pop()
        stat = stats.get(pid)
        total += stat.seconds if stat else 0.0
        todo += children[pid]
    return total


def _stat(folder: Path) -> _Stat | None:
    try:
        fields = (folder / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None  # it has just ended
    # proc_pid_stat(5): after the name come state and parent; utime to cstime are 14 to 17.
    return _Stat(int(fields[1]), sum(map(int, fields[11:15])) / TICKS_PER_SECOND)


def postmaster(database_url: str) -> int:
    """The process that all of this PostgreSQL server's processes descend from."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        backend = PROC / str(row[0] if row else 0)
        stat = _stat(backend)
        if stat is None or not (backend / "comm").read_text().startswith("postgres"):
            raise BenchError(
                "The CPU time of PostgreSQL can be read on its own machine only: let "
                "`make bench` start one, with no DATABASE_URL set."
            )
        return stat.parent


def broker_seconds(url: str) -> float:
    """CPU time of a Redis or Valkey; of any other broker it is not known, and counted as none."""
    if not url.startswith("redis"):
        return 0.0
    with redis.Redis.from_url(url) as client:
        said = client.info("cpu")
    return float(said["used_cpu_sys"]) + float(said["used_cpu_user"])


@dataclass(frozen=True)
class Meter:
    """Reads the CPU seconds of some processes, of PostgreSQL, and of the broker if one is used."""

    processes: Sequence[int]
    postgres: int | None = None
    broker_url: str = ""

    def read(self) -> Reading:
        """What they have used so far."""
        return Reading(
            processes=of_trees(self.processes),
            postgres=of_trees([self.postgres]) if self.postgres else 0.0,
            broker=broker_seconds(self.broker_url),
        )


class Reading(NamedTuple):
    """CPU seconds."""

    processes: float
    postgres: float
    broker: float

    @property
    def total(self) -> float:
        return sum(self)

    def since(self, before: Reading) -> Reading:
        """What was used between the two."""
        return Reading(*(now - then for now, then in zip(self, before, strict=True)))
