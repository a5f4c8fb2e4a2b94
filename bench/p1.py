"""P1: the engine against django-webhook, each run whole, from what happened to all on record."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.conversation import Process, python_side
from bench.cpu import Meter
from bench.deliveries import Rates, engine
from bench.filing import document
from bench.place import Place
from bench.receivers import Receivers, receivers
from bench.report import Measured, Verdict, ratios

ENDPOINTS = 200
TARGET = 20
SETTINGS = "bench.webhooks.settings"


def measure(place: Place) -> Measured:
    """Both have the same receivers, PostgreSQL and broker, and send bodies of the same size."""
    rounds, incidents = (1, 2) if place.quick else (6, 25)
    with (
        receivers(place, ENDPOINTS) as to,
        engine(place, to, incidents=incidents) as ours,
        _django_webhook(place, to) as theirs,
    ):
        for _ in range(rounds):
            ours.round()
            theirs.round()
    return Measured(
        [
            Verdict(
                "P1",
                "signed deliveries a CPU second, to django-webhook's",
                ratios(ours.rates.by_cpu, theirs.rates.by_cpu),
                TARGET,
                at_least=True,
            )
        ],
        [*ours.rates.series(), *theirs.rates.series()],
    )


class _DjangoWebhook:
    """A project with django-webhook, and its Celery worker."""

    def __init__(self, place: Place, to: Receivers, environment: dict[str, str]) -> None:
        celery = str(Path(sys.executable).with_name("celery"))
        command = [celery, "-A", "bench.webhooks.worker", "worker", "--loglevel", "WARNING"]
        self.worker = Process("django-webhook", command, env=environment, log=place.folder)
        self.side = python_side("bench.webhooks.side", env=environment, log=place.folder)
        meter = Meter([self.worker.pid, self.side.pid], place.postmaster, place.broker_url)
        self.rates = Rates("django-webhook 0.0.15", meter, to)

    def round(self, *, is_warming_up: bool = False) -> None:
        """Measure from the saving to the last event on record."""
        self.worker.require_running()
        self.rates.measure(
            lambda: int(self.side.ask("deliver", document=document())), is_warming_up=is_warming_up
        )


@contextlib.contextmanager
def _django_webhook(place: Place, to: Receivers) -> Iterator[_DjangoWebhook]:
    with place.django_database(SETTINGS) as url:
        queue = {"BENCH_QUEUE": f"bench-{secrets.token_hex(6)}"}
        theirs = _DjangoWebhook(place, to, place.environment(url, SETTINGS) | queue)
        with theirs.worker, theirs.side:
            theirs.side.ask("subscribe", urls=to.urls)
            theirs.round(is_warming_up=True)
            yield theirs
            theirs.side.ask("tidy")
