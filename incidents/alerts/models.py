"""Endpoints, the deliveries they are owed, and the attempts that were made."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Member
from accounts.readers import Reader
from hub.kit.ids import uuid7
from hub.outbox.models import ClockTimestamp, Event


class EndpointState(models.TextChoices):
    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def existing(self) -> EndpointQuerySet:
        """Endpoints that were not deleted."""
        return self.exclude(state=EndpointState.DELETED)

    def visible_to(self, reader: Reader) -> EndpointQuerySet:
        """The reader's organisation's own endpoints."""
        if not reader.member.is_active:
            return self.none()
        return self.existing().filter(member=reader.member)


class Endpoint(models.Model):
    """An address of a member's system to which alerts are posted.

    `sequence` is the number of the latest alert it was first sent. `not_before` holds it back for a
    while after its server asked for slower sending. Without `topics` it gets all of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="endpoints")
    url = models.CharField(max_length=2048)
    description = models.CharField(max_length=200, blank=True, default="")
    topics = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    secret = models.BinaryField()
    state = models.CharField(max_length=16, choices=EndpointState, default=EndpointState.ACTIVE)
    state_reason = models.CharField(max_length=200, blank=True, default="")
    sequence = models.BigIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    updated_at = models.DateTimeField(db_default=ClockTimestamp())

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["member", "-created_at", "-id"], name="endpoint_member")]

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    LEASED = "leased"
    OK = "ok"
    DEAD = "dead"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


UNFINISHED = (DeliveryState.PENDING, DeliveryState.LEASED)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> DeliveryQuerySet:
        """Deliveries that still owe something to somebody."""
        return self.filter(state__in=UNFINISHED)

    def shown(self) -> DeliveryQuerySet:
        """Deliveries that were sent at least once.

        What was cancelled or superseded before may tell of something its endpoint's member must
        not know.
        """
        return self.filter(sequence__isnull=False)


class Delivery(models.Model):
    """One event owed to one endpoint.

    `sequence`, `body` and `body_mark` are fixed when the first attempt is claimed. `lease_token`
    names the run of the engine that holds the lease; with `attempt_no` it names the attempt, and a
    result is written only while both still match. `next_at` is when a pending delivery is looked at
    again: a retry, or one that waits for another of its stream. `topic`, `stream_id`, `version` and
    `subject_id` repeat the event's, since every claim asks for them. Keys carry no constraint and
    no index of their own: fan-out writes thousands of rows a statement, and neither events nor
    endpoints are ever deleted.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(
        Event,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    topic = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    stream_id = models.UUIDField()
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=DeliveryState, default=DeliveryState.PENDING)
    attempt_no = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=ClockTimestamp())
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    sequence = models.BigIntegerField(null=True)
    body = models.TextField(null=True)  # noqa: DJ001 - empty is no body; null is not yet fixed
    body_mark = models.CharField(max_length=16, blank=True, default="")
    first_attempt_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp())

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            # Endpoint first: what is due at one must not stand in the way of looking at the next.
            models.Index(
                fields=["endpoint", "next_at"],
                name="delivery_pending",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["endpoint", "lease_until"],
                name="delivery_leased",
                condition=Q(state="leased"),
            ),
            # Few, and what operators look for first.
            models.Index(
                fields=["finished_at"], name="delivery_given_up", condition=Q(state="dead")
            ),
            models.Index(
                fields=["endpoint", "stream_id", "version", "event"],
                name="delivery_unfinished",
                condition=Q(state__in=["pending", "leased"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="delivery_once"),
            models.UniqueConstraint(
                fields=["endpoint", "sequence"],
                name="delivery_sequence_once",
                condition=Q(sequence__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(sequence=None, body=None, attempt_no=0)
                | Q(sequence__isnull=False, body__isnull=False, attempt_no__gte=1),
                name="delivery_first_attempt_fixes_sequence_and_body",
            ),
            models.CheckConstraint(
                condition=Q(state="leased", lease_until__isnull=False, lease_token__isnull=False)
                | (~Q(state="leased") & Q(lease_until=None, lease_token=None)),
                name="delivery_leases_are_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "leased"], finished_at=None)
                | (~Q(state__in=["pending", "leased"]) & Q(finished_at__isnull=False)),
                name="delivery_finished_at_matches_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.endpoint_id}: {self.state}"


class Attempt(models.Model):
    """One try to post a delivery, as it went; never changed."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="attempts",
    )
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=32, blank=True, default="")
    answer = models.BinaryField(default=b"")
    address = models.CharField(max_length=45, blank=True, default="")

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["delivery", "number"], name="attempt_delivery")]

    def __str__(self) -> str:
        return f"{self.delivery_id} attempt {self.number}: {self.status or self.error}"


class Receipt(models.Model):
    """An event that stands in an organisation's feed because it was once shown there.

    Of a part of an incident, say, that the organisation may not read any more; of incidents
    themselves `Disclosure` says so.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="receipts")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "event"], name="receipt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} by {self.member_id}"
