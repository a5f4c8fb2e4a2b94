"""The Celery application of workers and beat."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any

from billiard import pool
from celery import Celery, current_task
from celery.signals import task_prerun, worker_init, worker_process_init, worker_shutting_down
from django.conf import settings
from django.db import connections

from hub.kit.presence import WORKER, name_connections
from hub.kit.stopping import request_stop
from hub.settings.messages import celery_configuration

LOOK_AGAIN_SECONDS = 0.5

TASKS_PER_CONNECTION = 10_000
"""After so many a worker connects to the database anew; PostgreSQL's memory for it grows."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")

app = Celery("hub")
app.conf.update(celery_configuration(settings.CELERY_BROKER_URL))
# By default a worker opens a connection for each task, which takes longer than most tasks.
app.conf.CELERY_DB_REUSE_MAX = TASKS_PER_CONNECTION
app.autodiscover_tasks()

# A child that ends waits until its parent has read its last result: by default 30 s, though a
# parent that is stopping may never read it. Nobody needs it: the message comes again, and what it
# hints at is done.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10  # times 0.1 s


@worker_init.connect(weak=False)
def _name_connections(**_: Any) -> None:
    """Before there are children: operators are shown when one of them was last at the database."""
    name_connections(WORKER)


@worker_shutting_down.connect(weak=False)
def _tell_children(**_: Any) -> None:
    """Runs of the engine in the children claim nothing more, and end with what is under way."""
    request_stop()


@worker_process_init.connect(weak=False)
def _finish_before_dying(**_: Any) -> None:
    """A child that is asked itself, since the whole group was, finishes its task like its parent.

    Otherwise alerts that were posted and not yet recorded would be posted again.
    """
    signal.signal(signal.SIGTERM, _end_when_idle)
    signal.signal(signal.SIGALRM, _end_when_idle)


@task_prerun.connect(weak=False)
def _leave_dead_connections(**_: Any) -> None:
    """A task begins with a connection that answers, or with none, and then opens one."""
    for one in connections.all(initialized_only=True):
        if one.connection is not None and not one.in_atomic_block and not one.is_usable():
            one.close()


def _end_when_idle(number: int, frame: FrameType | None) -> None:
    request_stop()
    if current_task:
        signal.setitimer(signal.ITIMER_REAL, LOOK_AGAIN_SECONDS)
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
