"""Our side of P11, in a process of its own: people who are signed in, and the pages they open."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import Member, User
from accounts.readers import Reader
from accounts.roles import Role
from bench.conversation import answer
from bench.incidents import landmarks
from bench.incidents.cast import COMMUNITY_READER
from hub.kit.ids import uuid7
from hub.outbox.models import Event
from incidents.alerts.models import Attempt, Delivery, DeliveryState, Endpoint
from incidents.alerts.services.endpoints import create_endpoint
from incidents.core.models import Change, Incident, Status

ENDPOINTS: Final = 40
MISSED_ONE_IN: Final = 10
"""Of so many alerts one needed a second attempt."""
ANSWER: Final = b'{"status": "kept"}'


class Page(NamedTuple):
    """A page by its URL name, and who opens it."""

    name: str
    view: str
    query: str = ""
    role: str = Role.ANALYST
    of: str = ""
    """What stands in its address: an incident, an endpoint or a delivery."""


PAGES: Final = (
    Page("list", "incident_list"),
    Page("search, 1 word in most", "incident_list", "?q=video"),
    Page("search, 2 words", "incident_list", "?q=election+voice"),
    Page("filter, 1 in 6", "incident_list", "?country=US"),
    Page("filter, 25 of all", "incident_list", f"?country={landmarks.COUNTRY}"),
    Page("incident", "incident", of="incident"),
    Page("form, new", "incident_new"),
    Page("form, of a draft", "incident_edit", of="draft"),
    Page("endpoints", "endpoint_list", role=Role.ADMIN),
    Page("delivery log", "endpoint", role=Role.ADMIN, of="endpoint"),
    Page("delivery", "delivery", role=Role.ADMIN, of="delivery"),
    Page("feed", "feed_state"),
    Page("organisation", "organisation", role=Role.ADMIN),
    Page("account", "account"),
)


def furnish(deliveries: int) -> None:
    """Give the reader's organisation endpoints, one of them with a long log; once."""
    member = _member()
    if not Endpoint.objects.filter(member=member).exists():
        _furnish(member, deliveries)
        with connection.cursor() as cursor:  # as the server does by itself in quieter times
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("ANALYZE")


@transaction.atomic
def _furnish(member: Member, deliveries: int) -> None:
    for number in range(ENDPOINTS):
        create_endpoint(member_id=member.pk, url=f"https://hooks.example.org/{number}")
    refs = Incident.objects.visible_to(Reader(member, None)).filter(status=Status.PUBLISHED)
    about = list(refs.exclude(owner=member).order_by("ref").values_list("pk", "ref")[:deliveries])
    endpoint = Endpoint.objects.filter(member=member).latest("created_at")
    events = [_event(pk, number) for number, (pk, _) in enumerate(about, start=1)]
    Event.objects.bulk_create(events)
    told = zip(events, about, strict=True)
    made = Delivery.objects.bulk_create(
        _delivery(endpoint, event, number, ref)
        for number, (event, (_, ref)) in enumerate(told, start=1)
    )
    Attempt.objects.bulk_create(attempt for one in made for attempt in _attempts(one))
    Endpoint.objects.filter(pk=endpoint.pk).update(sequence=len(made))


def session(role: str) -> str:
    """The cookie of a browser in which a person of this role has signed in."""
    person, _ = User.objects.get_or_create(
        email=f"bench-{role}@{COMMUNITY_READER}.example", member=_member(), role=role
    )
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def pages() -> list[tuple[str, str, str]]:
    """Name, role and path of each page."""
    known = _known()
    return [(page.name, str(page.role), _path(page, known)) for page in PAGES]


def _path(page: Page, known: dict[str, list[Any]]) -> str:
    """Empty where this hub has no such page."""
    try:
        return reverse(page.view, args=known.get(page.of, [])) + page.query
    except NoReverseMatch:
        return ""


def _known() -> dict[str, list[Any]]:
    member = _member()
    incidents = Incident.objects.visible_to(Reader(member, None)).order_by("ref")
    endpoint = Endpoint.objects.filter(member=member).latest("created_at")
    # Generated ones have their latest version only: of one that changed since, none tells when it
    # was published, as services always would.
    whole = incidents.filter(status=Status.PUBLISHED, change=Change.PUBLISHED)
    return {
        "incident": [whole.values_list("ref", flat=True)[0]],
        "draft": [incidents.filter(status=Status.DRAFT).values_list("ref", flat=True)[0]],
        "endpoint": [endpoint.pk],
        "delivery": [endpoint.pk, endpoint.sequence],
    }


def _member() -> Member:
    return Member.objects.get(slug=COMMUNITY_READER)


def _event(incident_id: UUID, number: int) -> Event:
    return Event(
        topic="incident.published",
        subject_id=incident_id,
        stream_id=incident_id,
        version=1,
        mark="green",
        position=number,
        fanned_out_at=timezone.now(),
        recipients=1,
    )


def _delivery(endpoint: Endpoint, event: Event, number: int, ref: str) -> Delivery:
    """As the engine leaves one that its receiver took."""
    now = timezone.now() - timedelta(minutes=number)
    return Delivery(
        event=event,
        endpoint=endpoint,
        topic=event.topic,
        subject_id=event.subject_id,
        stream_id=event.stream_id,
        version=event.version,
        state=DeliveryState.OK,
        attempt_no=1 + (number % MISSED_ONE_IN == 0),
        sequence=number,
        body=json.dumps({"type": event.topic, "data": {"incident": {"ref": ref}}} | _filling()),
        body_mark="green",
        first_attempt_at=now,
        finished_at=now,
    )


def _filling() -> dict[str, str]:
    """Makes a body as long as that of an incident with a summary and references."""
    return {"filling": uuid7().hex * 80}


def _attempts(delivery: Delivery) -> list[Attempt]:
    return [
        Attempt(
            delivery=delivery,
            number=number,
            at=delivery.first_attempt_at or timezone.now(),
            duration_ms=40,
            status=204 if number == delivery.attempt_no else 500,
            answer=ANSWER,
            address="192.0.2.1",
        )
        for number in range(1, delivery.attempt_no + 1)
    ]


COMMANDS: Final[dict[str, Any]] = {"furnish": furnish, "session": session, "pages": pages}

if __name__ == "__main__":
    answer(COMMANDS)
