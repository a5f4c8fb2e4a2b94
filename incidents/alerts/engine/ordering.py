"""Which deliveries of one incident may start at one endpoint, and which must go or wait.

Versions never fall at a receiver: of the deliveries of one stream to one endpoint only one is ever
under way, the oldest first. Pure: it decides over rows that were read under the endpoint's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from incidents.alerts.engine.retries import LAST_ATTEMPT
from incidents.alerts.topics import RECALLS, TOPICS


class Unfinished(NamedTuple):
    """A delivery that is pending or leased, as a claim reads it."""

    id: int
    endpoint_id: UUID
    event_id: UUID
    topic: str
    subject_id: UUID
    stream_id: UUID
    version: int
    attempt_no: int
    body_mark: str
    recorded_at: datetime
    next_at: datetime
    is_due: bool
    """Its time has come, or its lease ran out."""
    is_under_way: bool
    """A worker holds its lease."""
    is_overdue: bool
    """Its first attempt is so long ago that it must not hold others up any more."""

    @property
    def was_attempted(self) -> bool:
        """Whether its sequence and body are fixed."""
        return self.attempt_no > 0

    @property
    def age(self) -> tuple[int, UUID]:
        """Sorts the events of one stream, older ones first."""
        return self.version, self.event_id


@dataclass
class Plan:
    """What shall become of deliveries."""

    start: list[Unfinished] = field(default_factory=list)
    cancel: list[Unfinished] = field(default_factory=list)
    supersede: list[Unfinished] = field(default_factory=list)
    give_up: list[Unfinished] = field(default_factory=list)
    wait: list[tuple[Unfinished, Unfinished]] = field(default_factory=list)
    """Each with the one it waits for."""

    def add(self, other: Plan) -> None:
        """Take over what another plan says of other deliveries."""
        self.start += other.start
        self.cancel += other.cancel
        self.supersede += other.supersede
        self.give_up += other.give_up
        self.wait += other.wait


def plan_stream(rows: Sequence[Unfinished]) -> Plan:
    """Decide over all unfinished deliveries of one stream to one endpoint."""
    plan = Plan()
    left = _left(rows, plan) if len(rows) > 1 else rows
    queue = sorted(left, key=lambda row: (not row.was_attempted, row.age))
    while queue:
        head, followers = queue[0], queue[1:]
        if head.is_under_way:
            break
        if head.attempt_no >= LAST_ATTEMPT:
            plan.give_up.append(head)  # its last attempt died with its worker
        elif head.is_overdue and followers:
            plan.cancel.append(head)
        else:
            # What was never tried is not held back by a clock, only by those before it.
            if head.is_due or not head.was_attempted:
                plan.start.append(head)
            break
        queue = followers
    plan.wait += [(row, queue[0]) for row in queue[1:]]
    return plan


def _left(rows: Sequence[Unfinished], plan: Plan) -> Iterable[Unfinished]:
    """Those that neither a recall nor a newer one of their kind has made pointless."""
    last_recall = max((row.age for row in rows if row.topic in RECALLS), default=None)
    newest: dict[tuple[str, UUID], tuple[int, UUID]] = {}
    for row in rows:
        kind = (row.topic, row.subject_id)
        newest[kind] = max(newest.get(kind, row.age), row.age)
    for row in rows:
        is_newest = row.age == newest[row.topic, row.subject_id]
        if row.is_under_way:
            yield row
        elif last_recall is not None and row.age < last_recall:
            plan.cancel.append(row)
        elif not is_newest and not row.was_attempted and TOPICS[row.topic].is_superseded:
            plan.supersede.append(row)
        else:
            yield row
