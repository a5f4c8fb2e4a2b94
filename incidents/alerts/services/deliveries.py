"""What the hub's operator does with deliveries: having one tried once more, or taken back."""

from __future__ import annotations

import logging

from django.db import transaction

from hub.audit.services import THE_HUB, Actor, record
from hub.kit.errors import Conflict
from hub.kit.ids import event_id
from hub.outbox.models import ClockTimestamp
from incidents.alerts.engine.retries import LAST_ATTEMPT
from incidents.alerts.models import Delivery, DeliveryState, Endpoint, EndpointState

logger = logging.getLogger(__name__)

RETRIED = (DeliveryState.PENDING, DeliveryState.DEAD)


@transaction.atomic
def retry_delivery(*, delivery_id: int, by: Actor = THE_HUB) -> Delivery:
    """Have a delivery tried as soon as it may be: one that waits, or once more one given up.

    It carries the id, the sequence and the bytes it had, and whether its receiver may have it is
    asked again, as before every attempt.

    Raises Conflict: it is done or under way, its endpoint gets nothing, or something newer of the
    same incident was sent, which it must not follow.
    """
    delivery, endpoint = _lock(delivery_id)
    if delivery.state not in RETRIED:
        raise Conflict(f"It is {_said(delivery.state)}: only what waits or was given up is tried.")
    if endpoint.state != EndpointState.ACTIVE:
        raise Conflict(f"Its endpoint is {endpoint.state}: nothing is sent there.")
    if delivery.state == DeliveryState.DEAD:
        _require_newest(delivery)
        delivery.attempt_no = min(delivery.attempt_no, LAST_ATTEMPT - 1)
    was, delivery.state, delivery.finished_at = delivery.state, DeliveryState.PENDING, None
    delivery.save(update_fields=["state", "attempt_no", "finished_at"])
    _make_due(delivery)
    _record("delivery.retry", delivery, by=by, was=was)
    return delivery


@transaction.atomic
def cancel_delivery(*, delivery_id: int, by: Actor = THE_HUB) -> Delivery:
    """Take back a delivery that waits; what waits behind it at its endpoint goes on.

    Raises Conflict when it is done, or being posted at this moment.
    """
    delivery, _endpoint = _lock(delivery_id)
    if delivery.state != DeliveryState.PENDING:
        raise Conflict(f"It is {_said(delivery.state)}: only what waits can be taken back.")
    was, delivery.state = delivery.state, DeliveryState.CANCELLED
    Delivery.objects.filter(pk=delivery.pk).update(
        state=delivery.state, finished_at=ClockTimestamp()
    )
    _wake_followers(delivery)
    _record("delivery.cancel", delivery, by=by, was=was)
    return delivery


def _lock(delivery_id: int) -> tuple[Delivery, Endpoint]:
    """Deliveries are locked after their endpoint, never before, by everyone."""
    rows = Delivery.objects.defer("body")
    endpoint_id = rows.get(pk=delivery_id).endpoint_id
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    return rows.select_for_update(no_key=True).get(pk=delivery_id), endpoint


def _require_newest(delivery: Delivery) -> None:
    """Versions never fall at a receiver."""
    later = Delivery.objects.filter(
        endpoint=delivery.endpoint_id,
        sequence__gt=delivery.sequence,
        stream_id=delivery.stream_id,
    )
    if delivery.sequence is not None and later.exists():
        raise Conflict(
            "Something newer of the same incident was sent there since, and it must not come after"
            " that. The organisation finds it in its feed."
        )


def _make_due(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(next_at=ClockTimestamp())


def _wake_followers(delivery: Delivery) -> None:
    """What stood aside for it was told to come back when it would have."""
    waiting = Delivery.objects.filter(
        endpoint=delivery.endpoint_id,
        stream_id=delivery.stream_id,
        state=DeliveryState.PENDING,
        attempt_no=0,
    )
    waiting.update(next_at=ClockTimestamp())


def _said(state: str) -> str:
    return {
        DeliveryState.PENDING: "waiting",
        DeliveryState.LEASED: "being posted",
        DeliveryState.OK: "delivered",
        DeliveryState.DEAD: "given up",
    }.get(DeliveryState(state), state)


def _record(action: str, delivery: Delivery, *, by: Actor, was: str) -> None:
    objects = [event_id(delivery.event_id), str(delivery.endpoint_id)]
    record(action, by=by, objects=objects, detail={"delivery": delivery.pk, "was": was})
    logger.info("Delivery changed by an operator", extra={"delivery": delivery.pk, "to": action})
