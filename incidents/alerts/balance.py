"""Whether every alert that was emitted is accounted for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from incidents.alerts.models import DeliveryState

# One statement, so that all of it is of one moment.
COUNT = """
SELECT 'waiting', count(*) FROM outbox_event WHERE fanned_out_at IS NULL
UNION ALL SELECT 'emitted', coalesce(sum(recipients), 0)::bigint FROM outbox_event
UNION ALL SELECT state, count(*) FROM alerts_delivery GROUP BY state
"""


@dataclass(frozen=True)
class Balance:
    """What was emitted, and what became of it."""

    fan_outs_waiting: int
    """Events that are not yet owed to anybody; 0 after a quiet moment."""
    emitted: int
    """Recipients of all events, as their fan-outs counted them."""
    states: dict[str, int]
    """Deliveries in each state."""

    @property
    def is_even(self) -> bool:
        """Whether no delivery has disappeared and none has come from nowhere."""
        return self.emitted == sum(self.states.values())


def balance() -> Balance:
    """Count everything there is; it reads the whole of two tables."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        counted = dict(cursor.fetchall())
    return Balance(
        fan_outs_waiting=counted["waiting"],
        emitted=counted["emitted"],
        states={state: counted.get(state, 0) for state in DeliveryState.values},
    )
