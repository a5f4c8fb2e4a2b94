"""What the hub's tables say of its alerts, and the equations that must hold among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from hub.kit.ids import event_id

STATES = ("ok", "pending", "leased", "dead", "cancelled", "superseded")

EVENTS = """
SELECT count(*), count(*) FILTER (WHERE fanned_out_at IS NULL),
       count(*) FILTER (WHERE position IS NULL), coalesce(sum(recipients), 0)
FROM outbox_event
"""
UNBALANCED = """
SELECT count(*) FROM outbox_event AS event
WHERE fanned_out_at IS NOT NULL AND recipients <> (
    SELECT count(*) FROM alerts_delivery WHERE event_id = event.id
)
"""
POSITIONS = """
SELECT count(DISTINCT position) = count(*) AND coalesce(min(position), 1) = 1
       AND coalesce(max(position), 0) = count(*)
FROM outbox_event WHERE position IS NOT NULL
"""


@dataclass(frozen=True)
class Books:
    """The counts at one moment."""

    events: int
    fan_outs_waiting: int
    unplaced: int
    emitted: int
    """The sum of `recipients` of all events."""
    unbalanced: int
    """Events whose deliveries are not as many as their `recipients`."""
    positions_are_whole: bool
    states: dict[str, int] = field(default_factory=dict)

    @property
    def balance(self) -> bool:
        """Emitted = ok + pending + leased + dead + cancelled + superseded, event by event."""
        return (
            self.emitted == sum(self.states.values())
            and self.unbalanced == 0
            and self.positions_are_whole
        )

    @property
    def is_quiet(self) -> bool:
        """No alert is left to send. Positions may be late: others write to the same server."""
        unfinished = self.states["pending"] + self.states["leased"]
        return unfinished == 0 and self.fan_outs_waiting == 0

    def __str__(self) -> str:
        states = " + ".join(f"{self.states[name]} {name}" for name in STATES)
        return (
            f"{self.events} events, {self.fan_outs_waiting} fan-outs waiting, "
            f"{self.unplaced} without a position; emitted {self.emitted} = {states}"
        )


def read_books(database_url: str) -> Books:
    """Read all in one snapshot."""
    with psycopg.connect(database_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        events = connection.execute(EVENTS).fetchone() or (0, 0, 0, 0)
        unbalanced = connection.execute(UNBALANCED).fetchone() or (0,)
        positions = connection.execute(POSITIONS).fetchone() or (False,)
        counted = "SELECT state, count(*) FROM alerts_delivery GROUP BY state"
        states = dict.fromkeys(STATES, 0) | dict(connection.execute(counted).fetchall())
    return Books(
        events=int(events[0]),
        fan_outs_waiting=int(events[1]),
        unplaced=int(events[2]),
        emitted=int(events[3]),
        unbalanced=int(unbalanced[0]),
        positions_are_whole=bool(positions[0]),
        states=states,
    )


def events_of(database_url: str, topic: str = "incident.published") -> list[str]:
    """The public ids of all events of a topic."""
    return [event_id(row) for row in _column(database_url, _EVENT_IDS, topic)]


_EVENT_IDS = "SELECT id FROM outbox_event WHERE topic = %s ORDER BY id"


def _column(database_url: str, query: str, *parameters: str) -> list[UUID]:
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute(query.encode(), parameters).fetchall()]
