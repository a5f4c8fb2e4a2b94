"""Endpoints, what is owed to them, and ways to send it without a network, for tests."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from math import inf
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Max
from django.utils.module_loading import import_string
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it ships no types

from accounts.models import Member
from accounts.readers import Reader
from hub.kit.answers import Answer
from hub.outbox.models import Chore, Event
from incidents.alerts.engine.claim import Claimed, Sending, claim
from incidents.alerts.engine.due import Activity
from incidents.alerts.engine.posting import Result
from incidents.alerts.engine.record import record_results
from incidents.alerts.feed import FeedPage
from incidents.alerts.models import Delivery, Endpoint
from incidents.alerts.schemas import item_schema, webhook_schema
from incidents.alerts.services.endpoints import CreatedEndpoint, create_endpoint
from incidents.alerts.services.fan_out import fan_out
from incidents.core.models import Incident
from incidents.core.services.filing import update_incident

NO_ACTIVITY = Activity(runs=0, since_claim_seconds=inf)
RUN = UUID("00000000-0000-4000-8000-00000000000a")
OTHER_RUN = UUID("00000000-0000-4000-8000-00000000000b")

_numbers = itertools.count(1)


def made_endpoint(of: Member, *, url: str = "", topics: Iterable[str] = ()) -> CreatedEndpoint:
    """An endpoint with its secret."""
    url = url or f"https://hooks.example.com/{next(_numbers)}"
    return create_endpoint(member_id=of.pk, url=url, topics=list(topics))


def endpoint(of: Member, *, url: str = "", topics: Iterable[str] = ()) -> Endpoint:
    """An endpoint that nobody answers."""
    return made_endpoint(of, url=url, topics=topics).endpoint


def fan_out_all() -> int:
    """Fan out what waits, oldest first; how many deliveries that made."""
    return sum(fan_out(event.pk) for event in Event.objects.waiting())


def do_chores() -> None:
    """What the relay has done after every event, until nothing is left to do."""
    while chore := Chore.objects.order_by("pk").first():
        import_string(chore.consumer)(str(chore.event_id))


def change(incident: Incident, by: Reader, **changes: Any) -> Incident:
    """A later version of the incident, or one that others see with other eyes."""
    now = Incident.objects.get(pk=incident.pk)
    return update_incident(
        incident_id=now.pk, changes=changes, by=by, expected_revision=now.revision
    )


def answer(
    status: int | None = 200, *, retry_after: int | None = None, body: bytes = b""
) -> Answer:
    """How a receiver answered; None for not at all."""
    return Answer(
        status=status,
        body=body,
        duration_ms=12,
        address="192.0.2.1",
        error=None,
        retry_after_seconds=retry_after,
    )


def result(sending: Sending, how: Answer) -> Result:
    return Result(sending, how, "", time.monotonic())


def claim_all(run_id: UUID = RUN, *, limit: int = 100) -> list[Sending]:
    """What can be sent now, claimed until nothing more is sorted out of the way."""
    sendings: list[Sending] = []
    while True:
        claimed: Claimed = claim(limit=limit, run_id=run_id, start=UUID(int=1))
        sendings += claimed.sendings
        if not claimed.is_progress:
            return sendings


def send_all(*, status: int | None = 200, run_id: UUID = RUN) -> list[Sending]:
    """Claim, be answered, and record, once."""
    sendings = claim_all(run_id)
    if sendings:
        record_results([result(one, answer(status)) for one in sendings], run_id=run_id)
    return sendings


def said(sending: Sending) -> dict[str, Any]:
    """What an alert says, which is as the JSON Schema of its topic has it."""
    body: dict[str, Any] = json.loads(sending.body)
    webhook_validator(body["type"]).validate(body)
    return body


@cache
def webhook_validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(webhook_schema(topic))


@cache
def item_validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(item_schema(topic))


def conforming(page: FeedPage) -> FeedPage:
    """The page, of which each item is as the JSON Schema of its topic has it."""
    for item in page.items:
        item_validator(item["type"]).validate(item)
    return page


def topics_of(sendings: Iterable[Sending]) -> list[str]:
    return [said(one)["type"] for one in sendings]


def states(of: Endpoint) -> list[tuple[str, str]]:
    """Topic and state of every delivery of an endpoint, oldest event first."""
    rows = Delivery.objects.filter(endpoint=of).order_by("event__recorded_at", "pk")
    return list(rows.values_list("topic", "state"))


def let_pass(**interval: float) -> None:
    """Make everything that alerts wait for come nearer, as if this time had passed."""
    earlier = timedelta(**interval)
    moved = {
        "alerts_delivery": ("next_at", "lease_until", "first_attempt_at"),
        "alerts_endpoint": ("not_before",),
    }
    with connection.cursor() as cursor:
        for table, columns in moved.items():
            changes = ", ".join(f"{column} = {column} - %s::interval" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {changes}",  # noqa: S608 - names of ours
                [str(earlier)] * len(columns),
            )


class Posted(NamedTuple):
    """One post, as a receiver sees it."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receivers:
    """Stands in for the network: answers each post, and remembers it."""

    answers: Callable[[Posted], Answer] = lambda _: answer()
    seen: list[Posted] = field(default_factory=list)

    async def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        posted = Posted(url, dict(headers), body)
        self.seen.append(posted)
        return self.answers(posted)


def some_run() -> UUID:
    return uuid4()


def place_all() -> None:
    """Give positions as the relay does, in a transaction of a test that is never committed."""
    last = Event.objects.aggregate(last=Max("position"))["last"] or 0
    unplaced = Event.objects.filter(position=None).order_by("pk")
    for position, event in enumerate(unplaced, start=last + 1):
        Event.objects.filter(pk=event.pk).update(position=position)
