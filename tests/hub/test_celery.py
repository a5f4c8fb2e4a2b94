"""The Celery application: its tasks, and how workers are asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psycopg
import pytest
from celery.fixups.django import DjangoWorkerFixup  # type: ignore[attr-defined] # stubs lag
from celery.signals import task_prerun, worker_shutting_down
from django.conf import settings
from django.db import connection

from hub import celery as module
from hub.kit import stopping
from hub.settings.events import HUB_EVENTS
from hub.settings.messages import BEAT_SCHEDULE, ROUTES, celery_configuration


def test_every_task_that_is_named_by_string_exists() -> None:
    module.app.loader.import_default_modules()
    named = {task for tasks in HUB_EVENTS.values() for task in tasks}
    named |= {entry["task"] for entry in BEAT_SCHEDULE.values()}

    assert named <= set(module.app.tasks)


def test_alerts_have_a_queue_of_their_own() -> None:
    route = module.app.amqp.router.route({}, "incidents.alerts.tasks.fan_out")

    assert route["queue"].name == "alerts"
    assert set(ROUTES) == {"incidents.alerts.*", "incidents.media.*", "incidents.exchange.*"}


def test_messages_may_be_lost_and_come_twice_but_hang_nobody() -> None:
    redis = celery_configuration("redis://127.0.0.1/0")
    amqp = celery_configuration("amqp://127.0.0.1//")

    assert redis["broker_transport_options"] == {
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "visibility_timeout": 60,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
    assert amqp["broker_transport_options"] == {"confirm_publish": True}
    assert redis["task_acks_late"] is True
    assert redis["accept_content"] == ["json"]
    assert redis["timezone"] == "UTC"


CHILD = """
import os, signal, sys, time
import django
django.setup()
from hub import celery as module
from hub.kit.stopping import is_stopping

busy = sys.argv[1] == "busy"
module.current_task = busy
module._finish_before_dying()
print("ready", flush=True)
for _ in range(200):
    time.sleep(0.01)
    if is_stopping():
        print("finishing", flush=True)
        module.current_task = None
print("nobody ended me", flush=True)
"""


@pytest.mark.parametrize(("work", "said"), [("idle", []), ("busy", ["finishing"])])
def test_a_worker_s_child_finishes_its_task_before_it_dies(work: str, said: list[str]) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, work],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings.test"},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGTERM)

    lines = child.communicate(timeout=20)[0].split("\n")

    assert child.returncode == -signal.SIGTERM
    assert sorted(set(filter(None, lines))) == said


def test_a_worker_that_shuts_down_tells_its_children() -> None:
    worker_shutting_down.send(sender="test")

    was_told = stopping.is_stopping()
    stopping._page[0] = 0
    assert was_told is True


@pytest.mark.django_db(transaction=True)
def test_a_task_does_not_begin_with_a_connection_that_died() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    task_prerun.send(sender="test")
    was_kept = connection.connection is not None
    with psycopg.connect(settings.DATABASE_URL) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    task_prerun.send(sender="test")

    assert was_kept is True
    assert connection.connection is None


def test_workers_keep_their_connections_from_task_to_task() -> None:
    assert DjangoWorkerFixup(module.app).db_reuse_max == module.TASKS_PER_CONNECTION
