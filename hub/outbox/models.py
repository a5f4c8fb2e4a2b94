"""Events, and the organisations that some of them are addressed to."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Cast

from hub.kit.ids import event_id, uuid7

CHANNEL = "hub_events"
"""Channel on which PostgreSQL tells the relay that something new was committed."""


class ClockTimestamp(Func):
    """The moment of the statement; `now()` would be the moment the transaction began."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class CurrentTransaction(Func):
    """The id of the writing transaction, 64 bits, so that it never wraps round."""

    function = "pg_current_xact_id"
    output_field = models.TextField()
    template = "%(function)s()::text"


class EventQuerySet(models.QuerySet["Event"]):
    def waiting(self) -> EventQuerySet:
        """Events that nobody has fanned out yet, oldest first."""
        return self.filter(fanned_out_at=None).order_by("id")


class Event(models.Model):
    """A change that others must learn of; immutable but for `position` and the fan-out's mark.

    `stream_id` names what rises in version and must not arrive out of order: the incident, for an
    event about an incident or a part of it. `position` is given by the relay once no older
    transaction can still commit; see `hub.outbox.services.place_events`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    topic = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    stream_id = models.UUIDField()
    version = models.PositiveIntegerField()
    mark = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    is_directed = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    xid = models.BigIntegerField(db_default=Cast(CurrentTransaction(), models.BigIntegerField()))
    position = models.BigIntegerField(null=True, unique=True)
    fanned_out_at = models.DateTimeField(null=True)
    recipients = models.PositiveIntegerField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="event_waiting", condition=Q(fanned_out_at=None)),
            models.Index(fields=["xid", "id"], name="event_unplaced", condition=Q(position=None)),
            models.Index(fields=["stream_id", "topic"], name="event_stream"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(fanned_out_at=None, recipients=None)
                | Q(fanned_out_at__isnull=False, recipients__isnull=False),
                name="event_recipients_are_counted_by_the_fan_out",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="wake_relay",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=f"PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL;",
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="immutable",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call] # it ships no types
                    "topic", "subject_id", "stream_id", "version", "mark", "actor_id", "recorded_at"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.public_id}"

    @property
    def public_id(self) -> str:
        """The id that members see: in the webhook's header, its body and the feed."""
        return event_id(self.id)


class Chore(models.Model):
    """What is still to be done about an event, besides telling those it is for.

    Written with the event, for each consumer that `hub/settings/events.py` names beside the
    fan-out; deleted by the consumer in the transaction that does it.

    `note`, encrypted, is what the consumer must know and no event may keep, such as what is to be
    forgotten. It goes with the chore.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="chores")
    consumer = models.CharField(max_length=100)
    note = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "consumer"], name="chore_once"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} of {self.event_id}"

    @property
    def encryption_context(self) -> str:
        return f"outbox_chore:note:{self.event_id}:{self.consumer}"


class EventRecipient(models.Model):
    """One organisation that a directed event is for, fixed in the transaction of the change."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="addressees")
    member_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "member_id"], name="event_recipient_once"),
        ]
        indexes = [models.Index(fields=["member_id"], name="event_recipient_member")]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.member_id}"
