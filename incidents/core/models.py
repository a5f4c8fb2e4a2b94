"""Incidents, their indexes, and the observations that hang on them."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Member, User
from accounts.readers import Reader
from hub.kit.ids import new_ref, uuid7
from incidents.core import (
    appearances,
    taggings,  # noqa: F401 - Django finds an app's models from here
    unsaved,  # noqa: F401 - as above
    visibility,
)
from incidents.core.orderings import LIST_INDEXES
from incidents.core.search_column import SEARCH_TRIGGERS, SearchColumn
from incidents.sharing.marks import Pap, Tlp


class Status(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Severity(models.TextChoices):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Urgency(models.TextChoices):
    ROUTINE = "routine"
    SOON = "soon"
    NOW = "now"


class Stage(models.TextChoices):
    TRIAGE = "triage"
    ASSESSING = "assessing"
    MITIGATING = "mitigating"
    RESOLVED = "resolved"
    CLOSED = "closed"


OWNER_ONLY = frozenset({"audiences"})
"""Fields that others see neither the value nor a change of."""


class Change(models.TextChoices):
    """What the latest write of an incident was; history reads it from the snapshots."""

    CREATED = "created"
    UPDATED = "updated"
    PUBLISHED = "published"
    TAGGED = "tagged"
    WITHDRAWN = "withdrawn"
    REDACTED = "redacted"
    RETAGGED = "retagged"
    """By the hub's operator, who merged one tag into another."""


def word_list(length: int = 64, **options: Any) -> ArrayField[list[str], list[str]]:
    """A list of short values, such as vocabulary ids; a new one also needs `db_default=[]`."""
    return ArrayField(models.CharField(max_length=length), default=list, blank=True, **options)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, reader: Reader) -> IncidentQuerySet:
        """Incidents that `reader` may read, withdrawn ones too; see `incidents.core.visibility`."""
        return self.filter(visibility.readable_by(reader))

    def editable_by(self, reader: Reader) -> IncidentQuerySet:
        """Incidents of the reader's own organisation that `reader` may read."""
        return self.visible_to(reader).filter(owner=reader.member)


class Incident(models.Model):
    """A deepfake that a member reports to the others.

    The row is the whole document. `Audience`, `Citation` and `Fingerprint` are its indexes, written
    anew from `audiences`, `references` and `fingerprints` by `incidents.core.indexing` in
    the transaction of each change. Every version of the row is kept, as `IncidentVersion`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ref = models.CharField(max_length=11, unique=True, default=new_ref, editable=False)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True, default="")
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    tlp = models.CharField(max_length=16, choices=Tlp, default=Tlp.AMBER)
    pap = models.CharField(max_length=8, choices=Pap, default=Pap.AMBER)
    audiences = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="incidents")
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents"
    )
    severity = models.CharField(max_length=16, choices=Severity, default=Severity.MEDIUM)
    urgency = models.CharField(max_length=16, choices=Urgency, default=Urgency.ROUTINE)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.TRIAGE)
    media_kinds = word_list()
    manipulation = word_list()
    authenticity = models.CharField(max_length=32, default="undetermined")
    goals = word_list()
    harms = word_list()
    targets = models.JSONField(default=list, blank=True)
    narrative = models.TextField(blank=True, default="")
    script = models.TextField(blank=True, default="")
    countries = word_list(2)
    languages = word_list(35)
    elections = word_list(100)
    tags = word_list(400)
    created = models.JSONField(null=True, blank=True)
    distributed = models.JSONField(null=True, blank=True)
    references = models.JSONField(default=list, blank=True)
    fingerprints = models.JSONField(default=list, blank=True)
    # Rises with every write; `version` only with those that others may know of.
    revision = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True, default="")
    # Withdrawn because another incident tells of the same deepfake.
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged"
    )
    change = models.CharField(max_length=16, choices=Change, default=Change.CREATED)
    changed_fields = word_list()
    change_note = models.CharField(max_length=1000, blank=True, default="", db_default="")
    changed_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    # Keys that open it, made by the database: see `incidents.core.visibility`.
    readers = ArrayField(models.TextField(), db_default=[], editable=False)
    search = SearchColumn(null=True, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        triggers = [visibility.READERS_TRIGGER, *SEARCH_TRIGGERS, *appearances.INCIDENT_TRIGGERS]
        indexes = LIST_INDEXES
        constraints = [
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, published_at=None)
                | (~Q(status=Status.DRAFT) & Q(published_at__isnull=False)),
                name="incident_published_at_matches_status",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(status=Status.WITHDRAWN) & Q(withdrawn_at=None)),
                name="incident_withdrawn_at_matches_status",
            ),
            models.CheckConstraint(
                condition=~Q(readers__contains=[visibility.EVERYBODY])
                | Q(~Q(status=Status.DRAFT), tlp=Tlp.CLEAR, audiences=[]),
                name="incident_open_to_everybody_if_clear",
            ),
            models.CheckConstraint(
                condition=~Q(readers__contains=[visibility.COMMUNITY])
                | Q(~Q(status=Status.DRAFT), tlp=Tlp.GREEN, audiences=[]),
                name="incident_open_to_the_community_if_green",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


_Version: Any = pghistory.create_event_model(
    Incident,
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    exclude=["readers", "search"],
    obj_field=pghistory.ObjForeignKey(related_name="+"),
    context_field=None,  # type: ignore[arg-type] # documented, yet not in its types
)


class IncidentVersion(_Version):  # type: ignore[misc] # made at run time from Incident's fields
    """An incident's row as one write left it, copied by the database itself."""

    class Meta:
        indexes = [models.Index(fields=["pgh_obj", "revision"], name="incident_version")]
        # A Meta of its own does not inherit what `append_only` would give it.
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]


class Citation(models.Model):
    """Index of `Incident.references`: finds incidents that speak of the same article or post."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="citations")
    canonical_url = models.CharField(max_length=2048)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "canonical_url"], name="citation_once"),
        ]
        indexes = [models.Index(fields=["canonical_url"], name="citation_url")]

    def __str__(self) -> str:
        return self.canonical_url


class Fingerprint(models.Model):
    """Index of `Incident.fingerprints`: finds incidents that hold the same or similar media."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="prints")
    algorithm = models.CharField(max_length=16)
    value = models.TextField()
    quality = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "incident",
                "algorithm",
                models.Func("value", function="md5"),
                name="fingerprint_once",
            ),
        ]
        indexes = [
            # A chromaprint of a long call outgrows what a B-tree entry may hold.
            models.Index(
                "algorithm", models.Func("value", function="md5"), name="fingerprint_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value[:16]}"


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, reader: Reader) -> SavedFilterQuerySet:
        """The organisation's, and the person's own."""
        if not reader.member.is_active:
            return self.none()
        return self.filter(Q(user=None) | Q(user=reader.user), member=reader.member)


class SavedFilter(models.Model):
    """A question to the incident list that a person, or a whole organisation, asks again.

    `query` holds the list's parameters as they stand in its address, by name. Without `user` it is
    the organisation's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="saved_filters")
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_filters"
    )
    name = models.CharField(max_length=100)
    query = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["member", "-created_at", "-id"], name="saved_filter_own")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "user", "name"],
                condition=Q(user__isnull=False),
                name="saved_filter_name_once_a_person",
            ),
            models.UniqueConstraint(
                fields=["member", "name"],
                condition=Q(user=None),
                name="saved_filter_name_once_an_organisation",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Child(models.Model):
    """What one organisation says about an incident; nobody else changes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="%(class)ss")
    organisation = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(db_default=Now(), editable=False)
    tlp = models.CharField(max_length=16, choices=Tlp)
    audiences = models.JSONField(default=list, blank=True)
    # The owner's own words about its incident go where the incident goes, unless it says otherwise.
    follows_incident = models.BooleanField(default=False)
    # Said by one whom only a group with hidden membership admits: not shown, unless it chose so.
    organisation_hidden = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Availability(models.TextChoices):
    UP = "up"
    LABELLED = "labelled"
    RESTRICTED = "restricted"
    REMOVED = "removed"


class ObservationQuerySet(models.QuerySet["Observation"]):
    def visible_to(self, reader: Reader) -> ObservationQuerySet:
        """Observations that `reader` may read, of incidents it may read whole."""
        marked = self.annotate(**{visibility.BINDING: visibility.binding_mark()})
        of_incidents = visibility.readable_by(reader, through="incident")
        return marked.filter(visibility.child_readable_by(reader), of_incidents)


class Observation(Child):
    """Where and when one organisation saw the deepfake, and what became of it there."""

    platform = models.CharField(max_length=120)
    url = models.CharField(max_length=2048, blank=True, default="")
    canonical_url = models.CharField(max_length=2048, blank=True, default="")
    account = models.JSONField(null=True, blank=True)
    # Of a telephone number only a keyed digest and the last four digits are kept.
    phone = models.JSONField(null=True, blank=True)
    seen_first = models.DateTimeField(null=True, blank=True)
    seen_last = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, default="")
    language = models.CharField(max_length=35, blank=True, default="")
    reach = models.JSONField(null=True, blank=True)
    availability = models.CharField(max_length=16, choices=Availability, blank=True, default="")

    objects = ObservationQuerySet.as_manager()

    class Meta:
        triggers = appearances.OBSERVATION_TRIGGERS
        indexes = [
            models.Index(fields=["incident", "-at", "-id"], name="observation_newest"),
            models.Index(
                fields=["canonical_url"], name="observation_url", condition=~Q(canonical_url="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_first=None)
                | Q(seen_last=None)
                | Q(seen_last__gte=models.F("seen_first")),
                name="observation_seen_first_comes_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.at:%Y-%m-%d}"


class Disclosure(models.Model):
    """An organisation to which an incident was delivered, by webhook or feed, and when last.

    A withdrawal tells all of them, whether or not they may still read it. What was recorded of the
    incident up to `at` the organisation could know; the feed shows it no trace of anything later.
    """

    id = models.BigAutoField(primary_key=True)
    # Both are found by the constraint and the index below.
    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="disclosures", db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "member"], name="disclosure_once")
        ]
        indexes = [models.Index(fields=["member", "incident"], name="disclosure_member")]

    def __str__(self) -> str:
        return f"{self.incident_id} to {self.member_id}"
