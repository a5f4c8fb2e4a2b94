"""PostgreSQL may crash: what was acknowledged is there, and clients are told to come again."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from hub.cli.services import Service
from tests.system.filing import Filing
from tests.system.fixtures import SLUGS, StartHub
from tests.system.harness import BASICS, report
from tests.system.places import Template
from tests.system.sinks import Sink
from tests.system.test_kills import check

pytestmark = pytest.mark.system


def crash(postgres: Service) -> None:
    """`pg_ctl stop -m immediate`: no checkpoint, connections are cut."""
    os.kill(postgres.pid, signal.SIGQUIT)
    postgres.stop()


def test_a_crash_of_the_database_loses_no_acknowledged_write(
    embedded_postgres: Service,
    embedded_template: Template,
    start_hub: StartHub,
    sink: Sink,
    chaos: bool,
) -> None:
    count, crashes = (5000, 20) if chaos else (50, 2)
    hub = start_hub(*BASICS, like=embedded_template)
    endpoints = [hub.endpoint(slug, sink) for slug in SLUGS[1:]]
    hub.warm_up(sink)

    with Filing(hub.api("filer"), count=count, pause_seconds=0.1 if chaos else 0.3) as filing:
        for _ in range(crashes):
            time.sleep(random.uniform(0.5, 1.5))
            crash(embedded_postgres)
            time.sleep(random.uniform(0.2, 1.0))
            embedded_postgres.start()
    books = hub.await_quiet(seconds=60)

    report(f"\n{crashes} crashes; filing {dict(filing.statuses)}, {filing.unanswered} unanswered")
    check(hub, sink, endpoints, filing, books)
    assert filing.statuses[503] > 0
    assert filing.unanswered == 0
    assert hub.is_running("relay")
    assert hub.is_running("worker")
