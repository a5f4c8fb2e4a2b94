"""Our side of P10: one event for very many endpoints, and the same rows by a bare statement."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Member, MemberKind
from bench import ours
from bench.conversation import answer
from bench.failure import BenchError
from hub.outbox.models import Event
from incidents.alerts.models import Endpoint
from incidents.alerts.services.fan_out import COLUMNS, fan_out

ENDPOINTS_PER_MEMBER: Final = 5
NAMES: Final = ", ".join(COLUMNS)
INSERT: Final = f"INSERT INTO alerts_delivery ({NAMES}) SELECT {NAMES} FROM bench_rows"  # noqa: S608 - all names are ours


def admit(endpoints: int) -> None:
    """Admit a filer, and members with as many endpoints together; nothing is posted to them."""
    ours.admit([])
    members = Member.objects.bulk_create(
        Member(slug=f"bench-{number}", name="bench", kind=MemberKind.SIGNATORY, in_community=True)
        for number in range(endpoints // ENDPOINTS_PER_MEMBER)
    )
    Endpoint.objects.bulk_create(
        Endpoint(member=member, url=f"https://bench.example/{number}", secret=b"")
        for member in members
        for number in range(ENDPOINTS_PER_MEMBER)
    )
    _execute("ANALYZE")


def fan_out_once(endpoints: int) -> float:
    """Seconds that the fan-out of a new event takes; its rows stay for `insert_rows`."""
    _execute("TRUNCATE alerts_delivery")
    ours.publish(1)
    event_id = Event.objects.waiting().values_list("pk", flat=True).get()
    return _seconds(lambda: _fan_out(event_id, endpoints))


def _fan_out(event_id: UUID, endpoints: int) -> None:
    if fan_out(event_id) != endpoints:
        raise BenchError(f"The event was not fanned out to exactly {endpoints} endpoints.")


def insert_rows() -> float:
    """Seconds that a bare statement takes to write the same rows into the same, empty table."""
    _execute("DROP TABLE IF EXISTS bench_rows")
    _execute(f"CREATE TABLE bench_rows AS SELECT {NAMES} FROM alerts_delivery")  # noqa: S608 - ours
    _execute("TRUNCATE alerts_delivery")
    return _seconds(lambda: _execute(INSERT))


def _seconds(work: Callable[[], None]) -> float:
    began = time.monotonic()
    with transaction.atomic():
        work()
    return time.monotonic() - began


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


COMMANDS: Final[dict[str, Any]] = {
    "admit": admit,
    "fan_out": fan_out_once,
    "insert": insert_rows,
}

if __name__ == "__main__":
    answer(COMMANDS)
