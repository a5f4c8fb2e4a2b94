"""The hub's own processes: web, relay, worker, beat, and what prepares the database for them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.cli.home import CHECKOUT, Home
from hub.cli.ports import LOOPBACK
from hub.cli.programs import Program
from hub.cli.supervisor import Stop

QUEUES: Final = "alerts,matching,imports,default"
WEB_WORKERS: Final = 2
WEB_THREADS: Final = 8
STOP_ORDER: Final = (
    # All are out after 20 s. An attempt at a receiver lasts up to 15.5 s, so relay and worker have
    # that and a little more; who comes after them is asked while they finish.
    Stop("beat", next_after=1.0, killed_after=18.0),
    Stop("relay", next_after=2.0, killed_after=18.0),
    Stop("worker", next_after=14.0, killed_after=18.0),
    Stop("web", next_after=18.5, killed_after=18.5),
    Stop("broker", next_after=19.0, killed_after=19.0, needs_all_out=True),
    Stop("postgres", next_after=19.7, killed_after=19.7, needs_all_out=True),
)
AS_ROOT: Final = "ignore:You're running the worker with superuser privileges"
"""Python warning filter: Celery fears pickled messages; the hub's are ids in JSON."""


def preparation(
    home: Home, environment: Mapping[str, str], *, module: str = "hub.cli.prepare"
) -> Program:
    """Migrates, loads vocabularies, and on the first start the demonstration's incidents."""
    return _program("prepare", home, environment, _python("-m", module))


def management(home: Home, environment: Mapping[str, str], *arguments: str) -> Program:
    """A command of `manage.py`, named as it is there."""
    command = _python("manage.py", *arguments)
    return _program(arguments[0], home, environment, command)


def hub_processes(home: Home, environment: Mapping[str, str], port: int) -> list[Program]:
    """web, relay, worker and beat, in the order they start."""
    return [
        _program("web", home, environment, _web(home, port)),
        management(home, environment, "relay"),
        _program(
            "worker",
            home,
            {
                **environment,
                "PYTHONWARNINGS": _also(environment.get("PYTHONWARNINGS", ""), AS_ROOT),
            },
            _worker(environment.get("HUB_WORKER_CONCURRENCY") or "3", port),
            # Without its broker a worker that finishes its tasks first may wait for long.
            orphan_signal=signal.SIGQUIT,
        ),
        _program("beat", home, environment, _beat(home)),
    ]


def _program(
    name: str,
    home: Home,
    environment: Mapping[str, str],
    command: tuple[str, ...],
    *,
    orphan_signal: signal.Signals = signal.SIGTERM,
) -> Program:
    return Program(
        name=name,
        command=command,
        home=home.root,
        environment=environment,
        folder=CHECKOUT,
        orphan_signal=orphan_signal,
    )


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def _also(filters: str, another: str) -> str:
    return f"{filters},{another}" if filters else another


def _script(name: str) -> str:
    """A command that stands beside this Python."""
    return str(Path(sys.executable).with_name(name))


def _web(home: Home, port: int) -> tuple[str, ...]:
    return (
        *(_script("gunicorn"), "hub.wsgi:application", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "hub.api.server.HubWorker", "--workers", str(WEB_WORKERS)),
        *("--threads", str(WEB_THREADS), "--graceful-timeout", "15"),
        # Loaded once: a worker that was killed is replaced in a moment.
        "--preload",
        # Its control socket would stand in the user's home folder, its heartbeat files in /tmp.
        *("--no-control-socket", "--worker-tmp-dir", str(home.temporary)),
        # Quiet about its address: one line tells it, when the hub is ready.
        *("--log-level", "warning"),
    )


def _celery() -> tuple[str, ...]:
    # The relay has Django check the settings; that loads every view, which these do without.
    return (_script("celery"), "--quiet", "--skip-checks", "-A", "hub.celery")


def _worker(concurrency: str, port: int) -> tuple[str, ...]:
    return (
        *(*_celery(), "worker", "--queues", QUEUES),
        *("--pool", "prefork", "--concurrency", concurrency, "--hostname", f"hub{port}@%h"),
        *("--loglevel", "WARNING", "--without-mingle", "--without-gossip"),
    )


def _beat(home: Home) -> tuple[str, ...]:
    return (
        *(*_celery(), "beat", "--loglevel", "WARNING"),
        *("--schedule", str(home.run / "beat-schedule"), "--pidfile", ""),
    )
