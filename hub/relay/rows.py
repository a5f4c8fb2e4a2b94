"""What the relay finds in the database: what waits, what is due, who is at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from hub.outbox.models import Chore, Event
from hub.outbox.services import place_events
from incidents.alerts.engine.due import Activity, activity, due_endpoints

LOOKED_AT = 500
"""Waiting events of each kind that one look takes in, oldest first."""


class Work(NamedTuple):
    """An event and a task that shall consume it."""

    event_id: UUID
    consumer: str


@dataclass(frozen=True)
class Look:
    """What there is to do at one moment."""

    waiting: list[Work]
    """Fan-outs first: nobody's alert waits for anything else."""
    has_due: bool
    """Some endpoint can be sent something now."""
    activity: Activity
    """Of the runs that send; as if none, when nothing is due."""


NO_ACTIVITY = Activity(runs=0, since_claim_seconds=float("inf"))


def look() -> Look:
    """See what there is to do."""
    fan_outs = Event.objects.waiting().values_list("pk", flat=True)[:LOOKED_AT]
    chores = Chore.objects.order_by("id").values_list("event_id", "consumer")[:LOOKED_AT]
    has_due = bool(due_endpoints(limit=1))
    return Look(
        waiting=[
            *(Work(event_id, settings.HUB_FAN_OUT) for event_id in fan_outs),
            *(Work(*row) for row in chores),
        ],
        has_due=has_due,
        activity=activity() if has_due else NO_ACTIVITY,
    )


def place() -> bool:
    """Give events their positions in the feed; whether one still waits for an older transaction."""
    place_events()
    return Event.objects.filter(position=None).exists()
