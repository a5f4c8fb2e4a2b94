"""Our side of a measurement, in a process of its own that works in the hub's database."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from accounts.models import Member, MemberKind
from accounts.readers import Reader
from accounts.services.tokens import IssuedToken, issue_token
from bench.conversation import answer
from bench.failure import BenchError
from bench.filing import document
from hub.audit.models import AuditEntry
from hub.kit import crypto, signing
from hub.kit.ids import event_id
from hub.outbox.models import Event
from incidents.alerts.engine.run import deliver_due
from incidents.alerts.models import Delivery, Endpoint
from incidents.alerts.services.endpoints import create_endpoint, secret_context
from incidents.alerts.services.fan_out import fan_out
from incidents.core.inputs import IncidentInput
from incidents.core.models import Incident, IncidentVersion, Status
from incidents.core.services.filing import create_incident

FILER: Final = "bench-filer"
ENDPOINTS_PER_MEMBER: Final = 2


def admit(urls: list[str]) -> dict[str, str]:
    """Admit a filer, and members with these endpoints; the secrets by the hosts of the URLs."""
    _member(FILER)
    secrets: dict[str, str] = {}
    for number, url in enumerate(urls):
        if number % ENDPOINTS_PER_MEMBER == 0:
            owner = _member(f"bench-{number}")
        made = create_endpoint(member_id=owner.pk, url=url, topics=["incident.published"])
        secrets[urlsplit(url).hostname or ""] = made.secret
    return secrets


def _member(slug: str) -> Member:
    return Member.objects.create(slug=slug, name=slug, kind=MemberKind.SIGNATORY, in_community=True)


def token() -> str:
    """A token with which the filer may file."""
    return _token().text


def _token() -> IssuedToken:
    filer = Member.objects.get(slug=FILER)
    return issue_token(member_id=filer.pk, name="bench", scopes=["incidents:write"])


def publish(number: int) -> list[tuple[str, float]]:
    """Publish as many incidents: the id of each event, and when its commit began."""
    token = _token().token
    by = Reader(token.member, None, token)
    return [_publish(by) for _ in range(number)]


def _publish(by: Reader) -> tuple[str, float]:
    serializer = IncidentInput(data=document())
    serializer.is_valid(raise_exception=True)
    with transaction.atomic():
        incident = create_incident(fields=serializer.validated_data, by=by, publish=True)
        event = Event.objects.get(stream_id=incident.pk)
        return event_id(event.pk), time.monotonic()


def deliver() -> int:
    """Fan out what was published and send all of it; how many deliveries it was.

    Raises BenchError when one of them did not arrive at its first attempt.
    """
    owed = sum(fan_out(key) for key in Event.objects.waiting().values_list("pk", flat=True))
    outcome = deliver_due()
    if (outcome.attempts, outcome.recorded) != (owed, owed):
        raise BenchError(f"{owed} deliveries took {outcome}.")
    return owed


def filed() -> int:
    """Published incidents on record, with their history, their audit entries and their events."""
    fewest: int = min(
        Incident.objects.filter(status=Status.PUBLISHED).count(),
        IncidentVersion.objects.count(),
        AuditEntry.objects.filter(action="incident.publish").count(),
        Event.objects.filter(topic="incident.published").count(),
    )
    return fewest


def sent(number: int) -> list[dict[str, str]]:
    """What was sent last, for others to sign and send again."""
    latest = Delivery.objects.order_by("-id")[:number]
    endpoints = Endpoint.objects.in_bulk([delivery.endpoint_id for delivery in latest])
    return [_as_sent(delivery, endpoints[delivery.endpoint_id]) for delivery in latest]


def _as_sent(delivery: Delivery, endpoint: Endpoint) -> dict[str, str]:
    secret = crypto.decrypt(bytes(endpoint.secret), context=secret_context(endpoint.pk))
    return {
        "url": endpoint.url,
        "secret": signing.encode_secret(secret),
        "id": event_id(delivery.event_id),
        "body": delivery.body or "",
    }


COMMANDS: Final[dict[str, Any]] = {
    "admit": admit,
    "token": token,
    "publish": publish,
    "deliver": deliver,
    "filed": filed,
    "sent": sent,
}

if __name__ == "__main__":
    answer(COMMANDS)
