"""Which deliveries of one incident start, wait, or go, decided over rows alone."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from incidents.alerts.engine.ordering import Unfinished, plan_stream

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
ENDPOINT, STREAM = UUID(int=1), UUID(int=2)


def row(
    number: int,
    topic: str = "incident.updated",
    *,
    version: int = 0,
    attempts: int = 0,
    is_due: bool = True,
    is_under_way: bool = False,
    is_overdue: bool = False,
    subject: int = 2,
) -> Unfinished:
    """A delivery whose event is the `number`th of its stream."""
    return Unfinished(
        id=number,
        endpoint_id=ENDPOINT,
        event_id=UUID(int=number),
        topic=topic,
        subject_id=UUID(int=subject),
        stream_id=STREAM,
        version=version or number,
        attempt_no=attempts,
        body_mark="green" if attempts else "",
        recorded_at=MOMENT,
        next_at=MOMENT,
        is_due=is_due,
        is_under_way=is_under_way,
        is_overdue=is_overdue,
    )


PUBLISHED, OBSERVED = "incident.published", "observation.added"
WITHDRAWN, REVOKED = "incident.withdrawn", "incident.revoked"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row(1)], {1: "start"}, id="one that is due starts"),
        pytest.param([row(1, attempts=1, is_due=False)], {}, id="a retry has its time"),
        pytest.param([row(1, attempts=1)], {1: "start"}, id="which comes"),
        pytest.param([row(1, is_under_way=True, attempts=1)], {}, id="what is posted is left"),
        pytest.param(
            [row(2, OBSERVED, subject=9), row(1, PUBLISHED)],
            {1: "start", 2: "wait for 1"},
            id="the oldest goes first",
        ),
        pytest.param(
            [row(2, OBSERVED, version=1, subject=9), row(1, PUBLISHED, version=1)],
            {1: "start", 2: "wait for 1"},
            id="of one version the event that came first goes first",
        ),
        pytest.param(
            [row(1, PUBLISHED, attempts=1, is_due=False), row(2)],
            {2: "wait for 1"},
            id="a newer one waits for a retry",
        ),
        pytest.param(
            [row(1, PUBLISHED, attempts=2, is_due=False, is_overdue=True), row(2)],
            {1: "cancel", 2: "start"},
            id="but not for ever",
        ),
        pytest.param(
            [row(1, PUBLISHED, attempts=2, is_due=False, is_overdue=True)],
            {},
            id="a retry that nobody waits for goes on",
        ),
        pytest.param(
            [row(1, PUBLISHED, attempts=2, is_under_way=True, is_overdue=True), row(2)],
            {2: "wait for 1"},
            id="what is posted just now is never cancelled",
        ),
        pytest.param(
            [row(1, PUBLISHED), row(2, attempts=1, is_due=False)],
            {1: "wait for 2"},
            id="one fanned out late waits for a newer one that was tried: versions never fall",
        ),
        pytest.param(
            [row(1), row(2), row(3)],
            {1: "supersede", 2: "supersede", 3: "start"},
            id="of updates that were never sent the newest is enough",
        ),
        pytest.param(
            [row(1), row(2, attempts=1, is_under_way=True)],
            {1: "supersede"},
            id="even if the newer one is on its way",
        ),
        pytest.param(
            [row(1, attempts=1, is_due=False), row(2)],
            {2: "wait for 1"},
            id="what was sent once is not superseded",
        ),
        pytest.param(
            [row(1, OBSERVED, subject=8), row(2, OBSERVED, subject=9)],
            {1: "start", 2: "wait for 1"},
            id="nor is what is about something else",
        ),
        pytest.param(
            [row(1, "member.joined"), row(2, "member.joined")],
            {1: "start", 2: "wait for 1"},
            id="nor news of which each counts",
        ),
        pytest.param(
            [row(1, is_due=False), row(2, OBSERVED, subject=9)],
            {1: "start", 2: "wait for 1"},
            id="what stood aside starts as soon as its way is free",
        ),
        pytest.param(
            [row(1, PUBLISHED, attempts=1, is_due=False), row(2), row(3, WITHDRAWN)],
            {1: "cancel", 2: "cancel", 3: "start"},
            id="a withdrawal cancels all that waits",
        ),
        pytest.param(
            [row(1, PUBLISHED, attempts=1, is_under_way=True), row(2), row(3, REVOKED)],
            {2: "cancel", 3: "wait for 1"},
            id="a recall waits for what is posted just now",
        ),
        pytest.param(
            [row(1, REVOKED), row(2, "incident.granted")],
            {1: "start", 2: "wait for 1"},
            id="what comes after a recall waits for it",
        ),
        pytest.param(
            [row(1, REVOKED, attempts=1), row(2, WITHDRAWN)],
            {1: "cancel", 2: "start"},
            id="of two recalls the newer is enough",
        ),
        pytest.param(
            [row(1, attempts=12)],
            {1: "give up"},
            id="the last attempt died with its worker",
        ),
        pytest.param(
            [row(1, attempts=12), row(2, OBSERVED, subject=9)],
            {1: "give up", 2: "start"},
            id="and what waited for it starts",
        ),
    ],
)
def test_of_one_incident_one_delivery_at_a_time(
    rows: list[Unfinished], expected: dict[int, str]
) -> None:
    plan = plan_stream(rows)

    decided = {one.id: "start" for one in plan.start}
    decided |= {one.id: "cancel" for one in plan.cancel}
    decided |= {one.id: "supersede" for one in plan.supersede}
    decided |= {one.id: "give up" for one in plan.give_up}
    decided |= {one.id: f"wait for {ahead.id}" for one, ahead in plan.wait}
    assert decided == expected
