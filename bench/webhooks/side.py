"""django-webhook's side of a measurement: saves what is announced, and sees what is on record."""

from __future__ import annotations

import secrets
import time
from typing import Any, Final

from celery import states
from django_webhook.models import Webhook, WebhookEvent, WebhookSecret, WebhookTopic

from bench.conversation import answer
from bench.failure import BenchError
from bench.webhooks.models import Filing
from bench.webhooks.worker import app

DELIVERY_SECONDS: Final = 90
POLL_SECONDS: Final = 0.1


def subscribe(urls: list[str]) -> None:
    """One webhook for each URL, with a secret."""
    topic = WebhookTopic.objects.get(name="webhooks.Filing/create")
    for url in urls:
        webhook = Webhook.objects.create(url=url)
        webhook.topics.add(topic)
        WebhookSecret.objects.create(webhook=webhook, token=secrets.token_hex(32))


def deliver(document: dict[str, Any]) -> int:
    """Save the document, and wait until all of its webhooks are on record as taken."""
    owed: int = Webhook.objects.count()
    before = _delivered()
    Filing.objects.create(document=document)
    deadline = time.monotonic() + DELIVERY_SECONDS
    while _delivered() - before < owed:
        if time.monotonic() > deadline:
            raise BenchError(f"django-webhook did not deliver {owed} in {DELIVERY_SECONDS} s.")
        time.sleep(POLL_SECONDS)
    return owed


def _delivered() -> int:
    return int(WebhookEvent.objects.filter(status=states.SUCCESS).count())


def tidy() -> None:
    """Leave nothing in the broker."""
    with app.connection_for_write() as connection:
        app.amqp.queues[app.conf.task_default_queue](connection).delete()


COMMANDS: Final[dict[str, Any]] = {"subscribe": subscribe, "deliver": deliver, "tidy": tidy}

if __name__ == "__main__":
    answer(COMMANDS)
