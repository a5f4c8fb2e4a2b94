"""Links between incidents, what speaks for those that the hub suggests, and what finds them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Member, User
from accounts.readers import Reader
from hub.kit.ids import uuid7
from incidents.core import visibility
from incidents.core.models import Incident, Observation, Status
from incidents.core.selection import Selection


class State(models.TextChoices):
    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Origin(models.TextChoices):
    MANUAL = "manual"
    FINGERPRINT = "fingerprint"
    URL = "url"
    PHONE = "phone"
    TEXT = "text"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, reader: Reader) -> EvidenceQuerySet:
        """What speaks for links whose ends `reader` may read, as far as it rests on the same."""
        marked = Observation.objects.annotate(**{visibility.BINDING: visibility.binding_mark()})
        # Their incidents are the ends of the link: that these may be read is asked of the link.
        seen = Selection.of(marked.filter(visibility.child_readable_by(reader)))
        return self.filter(
            Q(from_observation=None) | Q(seen.holds("from_observation")),
            Q(to_observation=None) | Q(seen.holds("to_observation")),
        )


class CrossReferenceQuerySet(models.QuerySet["CrossReference"]):
    def visible_to(
        self, reader: Reader, *, knowing: EvidenceQuerySet | None = None
    ) -> CrossReferenceQuerySet:
        """Links of which `reader` may read both ends, and something that speaks for them.

        What was withdrawn is no end of anything, and what was rejected is no link. `knowing` is
        all evidence that is visible to `reader`, where that was worked out already.
        """
        return self._known_to(reader, knowing).exclude(state=State.REJECTED)

    def editable_by(
        self, reader: Reader, *, knowing: EvidenceQuerySet | None = None
    ) -> CrossReferenceQuerySet:
        """What `reader` may ask to change: what it sees, and what an end of its own had rejected.

        Whether it may is another question; those who see nothing there are told nothing.
        """
        own = Q(from_incident__owner=reader.member) | Q(to_incident__owner=reader.member)
        return self._known_to(reader, knowing).filter(~Q(state=State.REJECTED) | own)

    def _known_to(self, reader: Reader, knowing: EvidenceQuerySet | None) -> CrossReferenceQuerySet:
        visible = Incident.objects.visible_to(reader).exclude(status=Status.WITHDRAWN)
        ends = Selection.of(visible)
        if knowing is None:
            knowing = Evidence.objects.visible_to(reader)
        reasons = Selection.of(knowing, "crossref")
        # An incident has few links: each is asked about, nothing is read for all there are.
        return self.filter(
            ends.holds("from_incident"),
            ends.holds("to_incident"),
            Q(state=State.ACCEPTED) | Q(origin=Origin.MANUAL) | Q(reasons.holds("pk")),
        )


class CrossReference(models.Model):
    """A typed link from one incident to another.

    Suggested by the hub, for which its `Evidence` speaks, or proposed by an organisation, with an
    explanation in its own words; decided by a lead of either end's owner.

    All evidence for one suggestion has the same readers, whom `basis` names: empty where it rests
    on what the incidents themselves say. So nothing of a suggestion, not even when it was made,
    tells of evidence that one of its readers may not know. For each basis there is one at most
    between any two incidents, rejected ones included: what was rejected stays away.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    from_incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="links_from")
    to_incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="links_to")
    type = models.CharField(max_length=32)
    origin = models.CharField(max_length=16, choices=Origin)
    basis = models.CharField(max_length=100, blank=True, default="")
    score = models.FloatField(null=True)
    explanation = models.TextField(blank=True, default="")
    state = models.CharField(max_length=16, choices=State, default=State.SUGGESTED)
    # Null for the hub's own suggestions.
    organisation = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Said by one whom only a group with hidden membership admits to an end: not shown.
    organisation_hidden = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = CrossReferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_incident=F("to_incident")), name="crossref_links_two_incidents"
            ),
            models.CheckConstraint(
                condition=Q(origin=Origin.MANUAL, organisation__isnull=False)
                | (~Q(origin=Origin.MANUAL) & Q(organisation=None, author=None)),
                name="crossref_is_someones_or_the_hubs",
            ),
            models.CheckConstraint(
                condition=Q(state=State.SUGGESTED, decided_at=None)
                | (~Q(state=State.SUGGESTED) & Q(decided_at__isnull=False)),
                name="crossref_decided_at_matches_state",
            ),
            # Two incidents, whichever way round: the hub links the newer one to the older one.
            models.UniqueConstraint(
                fields=["from_incident", "to_incident", "basis"],
                condition=~Q(origin=Origin.MANUAL),
                name="crossref_suggested_once",
            ),
            models.UniqueConstraint(
                fields=["from_incident", "to_incident", "type"],
                condition=Q(origin=Origin.MANUAL) & ~Q(state=State.REJECTED),
                name="crossref_proposed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_incident_id} {self.type} {self.to_incident_id}"


class Evidence(models.Model):
    """One thing that two incidents share, for which the hub suggests a link between them.

    `subject` is what they share: a canonical URL, a fingerprint's algorithm, the last digits of a
    number. Where an observation says so, only its readers are shown it.
    """

    id = models.BigAutoField(primary_key=True)
    crossref = models.ForeignKey(
        CrossReference, on_delete=models.CASCADE, related_name="evidence", db_index=False
    )
    origin = models.CharField(max_length=16, choices=Origin)
    subject = models.CharField(max_length=2048, blank=True, default="")
    score = models.FloatField()
    from_observation = models.ForeignKey(
        Observation, on_delete=models.CASCADE, null=True, related_name="+"
    )
    to_observation = models.ForeignKey(
        Observation, on_delete=models.CASCADE, null=True, related_name="+"
    )

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["crossref"], name="evidence_crossref")]

    def __str__(self) -> str:
        return f"{self.origin}: {self.subject}"


class Caller(models.Model):
    """Index of `Observation.phone`: finds what was seen of calls from one number."""

    observation = models.OneToOneField(
        Observation, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    number_hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["number_hash"], name="caller_number")]

    def __str__(self) -> str:
        return self.number_hash


class ScriptBand(models.Model):
    """Index of `Incident.script`: scripts that are nearly the same share a band with its key."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    band = models.PositiveSmallIntegerField()
    key = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["band", "key", "incident"], name="script_band_once"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} band {self.band}"
