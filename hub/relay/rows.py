"""What the relay finds in the database: what waits, what is due, who is at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from hub.outbox.models import Event
from hub.outbox.services import place_events
from incidents.alerts.engine.due import Activity, activity, due_endpoints

LOOKED_AT = 500
"""Waiting events that one look takes in, oldest first."""


class WaitingEvent(NamedTuple):
    """An event that nobody has consumed yet."""

    id: UUID
    topic: str


@dataclass(frozen=True)
class Look:
    """What there is to do at one moment."""

    waiting: list[WaitingEvent]
    has_due: bool
    """Some endpoint can be sent something now."""
    has_unplaced: bool
    """Some event waits for an older transaction, before it gets its position in the feed."""
    activity: Activity
    """Of the runs that send; as if none, when nothing is due."""


NO_ACTIVITY = Activity(runs=0, since_claim_seconds=float("inf"))


def look() -> Look:
    """Give positions to what can have one, and see what there is to do."""
    place_events()
    waiting = Event.objects.waiting().values_list("pk", "topic")[:LOOKED_AT]
    has_due = bool(due_endpoints(limit=1))
    return Look(
        waiting=[WaitingEvent(*row) for row in waiting],
        has_due=has_due,
        has_unplaced=Event.objects.filter(position=None).exists(),
        activity=activity() if has_due else NO_ACTIVITY,
    )
