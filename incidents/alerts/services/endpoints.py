"""The life of endpoints: making, changing, disabling, enabling, deleting."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Member
from hub.audit.services import THE_HUB, Actor, record
from hub.kit import crypto, signing
from hub.kit.errors import Absent, Conflict, FieldError, InvalidInput
from hub.kit.text import read_name
from hub.kit.webhook_urls import parse_webhook_url
from hub.outbox.models import ClockTimestamp
from hub.outbox.services import record_event
from incidents.alerts.models import Delivery, DeliveryState, Endpoint, EndpointState
from incidents.alerts.topics import CHOOSABLE

logger = logging.getLogger(__name__)

MAX_ENDPOINTS = 500
"""Endpoints that one organisation may have."""

CHANGEABLE = frozenset({"url", "description", "topics"})


@dataclass(frozen=True)
class CreatedEndpoint:
    """An endpoint with its secret, which is shown only now."""

    endpoint: Endpoint
    secret: str
    """`whsec_` and base64, as receivers configure it."""


def secret_context(endpoint_id: UUID) -> str:
    """What binds an encrypted secret to its row."""
    return f"alerts_endpoint:secret:{endpoint_id}"


@transaction.atomic
def create_endpoint(
    *,
    member_id: UUID,
    url: str,
    topics: Sequence[str] = (),
    description: str = "",
    by: Actor = THE_HUB,
) -> CreatedEndpoint:
    """Make an endpoint, which gets what is recorded from now on; nobody is contacted.

    Without `topics` it gets all of them. Equal URLs are allowed.

    Raises:
        InvalidInput: the URL may not be posted to, a topic is unknown, or the description is not
            one plain line.
        Conflict: the organisation has as many as it may have.
    """
    wanted = _checked({"url": url, "topics": topics, "description": description})
    # Of two that make the last one allowed at the same time, one has to wait and sees the other.
    Member.objects.select_for_update(no_key=True).get(pk=member_id)
    if Endpoint.objects.existing().filter(member=member_id).count() >= MAX_ENDPOINTS:
        raise Conflict(
            f"An organisation has at most {MAX_ENDPOINTS} endpoints: delete one that is not used."
        )
    secret = signing.new_secret()
    endpoint = Endpoint(member_id=member_id, **wanted)
    endpoint.secret = crypto.encrypt(secret, context=secret_context(endpoint.pk))
    endpoint.save(force_insert=True)
    record("endpoint.create", by=by, objects=[str(endpoint.pk)], detail={"url": endpoint.url})
    endpoint.refresh_from_db()
    return CreatedEndpoint(endpoint, signing.encode_secret(secret))


@transaction.atomic
def update_endpoint(*, endpoint_id: UUID, changes: Mapping[str, Any], by: Actor) -> Endpoint:
    """Change `url`, `description` or `topics`; what already waits goes to the new address.

    Raises:
        Absent: it was deleted.
        InvalidInput: as for `create_endpoint`.
    """
    wanted = _checked(changes)
    endpoint = _lock(endpoint_id)
    changed = {name for name, value in wanted.items() if getattr(endpoint, name) != value}
    if not changed:
        return endpoint
    for name in changed:
        setattr(endpoint, name, wanted[name])
    _save(endpoint, *changed)
    record("endpoint.update", by=by, objects=[str(endpoint.pk)], detail={"fields": sorted(changed)})
    return endpoint


@transaction.atomic
def delete_endpoint(*, endpoint_id: UUID, by: Actor) -> None:
    """End an endpoint: what waits for it is cancelled, what was sent stays on record.

    An alert that is being posted at this moment ends as it ends, and is not tried again.

    Raises Absent when it was deleted before.
    """
    endpoint = _lock(endpoint_id)
    endpoint.state, endpoint.state_reason = EndpointState.DELETED, ""
    _save(endpoint, "state", "state_reason")
    _cancel_waiting(endpoint)
    record("endpoint.delete", by=by, objects=[str(endpoint.pk)])


@transaction.atomic
def disable_endpoint(*, endpoint_id: UUID, reason: str, by: Actor = THE_HUB) -> None:
    """Stop sending to an endpoint; what waits stays, and its organisation's others are told.

    Run again, or on a deleted one, it changes nothing.
    """
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        return
    endpoint.state, endpoint.state_reason = EndpointState.DISABLED, reason
    _save(endpoint, "state", "state_reason")
    record("endpoint.disable", by=by, objects=[str(endpoint.pk)], detail={"reason": reason})
    record_event(
        "endpoint.disabled",
        subject_id=endpoint.pk,
        stream_id=endpoint.pk,
        version=1,
        mark="clear",
        recipients=[endpoint.member_id],
    )
    logger.warning("Endpoint disabled", extra={"endpoint": str(endpoint.pk)})


@transaction.atomic
def enable_endpoint(*, endpoint_id: UUID, send_waiting: bool, by: Actor) -> Endpoint:
    """Send to a disabled endpoint again; what waited meanwhile is sent now, or skipped.

    Raises Absent when it was deleted.
    """
    endpoint = _lock(endpoint_id)
    if endpoint.state == EndpointState.ACTIVE:
        return endpoint
    endpoint.state, endpoint.state_reason = EndpointState.ACTIVE, ""
    endpoint.not_before = None
    _save(endpoint, "state", "state_reason", "not_before")
    if not send_waiting:
        _cancel_waiting(endpoint)
    record(
        "endpoint.enable",
        by=by,
        objects=[str(endpoint.pk)],
        detail={"send_waiting": send_waiting},
    )
    return endpoint


def _lock(endpoint_id: UUID) -> Endpoint:
    """Deliveries are locked after their endpoint, never before, by everyone."""
    rows = Endpoint.objects.existing().select_for_update(no_key=True)
    endpoint = rows.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise Absent
    return endpoint


def _save(endpoint: Endpoint, *fields: str) -> None:
    endpoint.save(update_fields=fields)
    Endpoint.objects.filter(pk=endpoint.pk).update(updated_at=ClockTimestamp())
    endpoint.refresh_from_db(fields=["updated_at"])


def _cancel_waiting(endpoint: Endpoint) -> None:
    """What is being posted at this moment is left to end as it ends."""
    abandoned = Q(state=DeliveryState.LEASED, lease_until__lte=ClockTimestamp())
    Delivery.objects.filter(Q(state=DeliveryState.PENDING) | abandoned, endpoint=endpoint).update(
        state=DeliveryState.CANCELLED,
        lease_until=None,
        lease_token=None,
        finished_at=ClockTimestamp(),
    )


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are stored; InvalidInput with every error found, at its pointer."""
    checked = {name: value for name, value in fields.items() if name in CHANGEABLE}
    errors: list[FieldError] = []
    if "url" in checked:
        try:
            parse_webhook_url(checked["url"], allow=settings.HUB_WEBHOOK_ALLOW)
        except InvalidInput as error:
            errors.extend(error.at("/url").errors)
    if "description" in checked:
        try:
            checked["description"] = read_name(
                checked["description"], may_be_blank=True, pointer="/description"
            )
        except InvalidInput as error:
            errors.extend(error.errors)
    if "topics" in checked:
        checked["topics"] = list(dict.fromkeys(checked["topics"]))
        errors.extend(_unknown_topics(checked["topics"]))
    if errors:
        raise InvalidInput(" ".join(error.detail for error in errors), errors=errors)
    return checked


def _unknown_topics(topics: Sequence[str]) -> list[FieldError]:
    return [
        FieldError(
            f"/topics/{place}",
            "unknown_value",
            f"{topic!r} is no topic; known are {', '.join(CHOOSABLE)}.",
        )
        for place, topic in enumerate(topics)
        if topic not in CHOOSABLE
    ]
