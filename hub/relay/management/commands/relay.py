"""Runs the relay until it is asked to stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from celery import Celery
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from hub.kit.presence import RELAY, name_connections
from hub.outbox.models import CHANNEL as EVENTS_CHANNEL
from hub.relay.doers import EventDoer, SendingDoer
from hub.relay.loop import Relay
from hub.relay.notices import Notices
from hub.relay.sender import Sender
from hub.settings.messages import celery_configuration
from incidents.alerts.services.fan_out import CHANNEL as DELIVERIES_CHANNEL
from incidents.alerts.tasks import deliver


class Command(BaseCommand):
    help = "Turn committed changes into work for the workers, or do it where they do not."

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopped.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        name_connections(RELAY)
        run_relay(stopped)


def run_relay(stopped: threading.Event) -> None:
    """Everything the relay is made of, started and ended in order."""
    app = Celery("relay", set_as_current=False)
    app.conf.update(celery_configuration(settings.CELERY_BROKER_URL))
    sender = Sender(app)
    events = EventDoer({name for names in settings.HUB_EVENTS.values() for name in names})
    sending = SendingDoer(stopped.is_set)
    notices = Notices(settings.HUB_DATABASE_DIRECT_URL, (EVENTS_CHANNEL, DELIVERIES_CHANNEL))
    relay = Relay(
        notices=notices,
        hints=sender,
        events=events,
        sending=sending,
        sending_task=deliver.name,
        most_runs=settings.HUB_DELIVERY_RUNS,
    )
    sender.start()
    events.start()
    sending.start()
    try:
        relay.run(stopped)
    finally:
        stopped.set()
        events.stop()
        sending.stop()
        notices.close()
        connection.close()
