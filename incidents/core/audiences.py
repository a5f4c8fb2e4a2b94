"""Whom incidents and their parts are shared with, row by row, as policy joins them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Member, User
from incidents.sharing.models import Membership, SharingGroup


class AudienceQuerySet(models.QuerySet["NamedReader"]):
    """Audience rows of either kind."""

    def naming(self, member: Member) -> AudienceQuerySet:
        """Rows that name the organisation, itself or by one of its groups."""
        # Looked up once, not joined to every row.
        groups = Membership.objects.filter(member=member).values("group")
        return self.filter(Q(member=member) | Q(group__in=groups))


class NamedReader(models.Model):
    """One organisation, sharing group or person that a record is shared with."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    group = models.ForeignKey(SharingGroup, on_delete=models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = AudienceQuerySet.as_manager()

    class Meta:
        abstract = True


EXACTLY_ONE = (
    Q(member__isnull=False, group=None, user=None)
    | Q(member=None, group__isnull=False, user=None)
    | Q(member=None, group=None, user__isnull=False)
)


def once_each(record: str, *, name: str) -> list[models.UniqueConstraint]:
    """Each reader is named once a record (NULLS NOT DISTINCT would ask for PostgreSQL 15)."""
    return [
        models.UniqueConstraint(
            fields=[record, reader],
            condition=Q(**{f"{reader}__isnull": False}),
            name=f"{name}_names_{reader}_once",
        )
        for reader in ("member", "group", "user")
    ]


class Audience(NamedReader):
    """Index of `Incident.audiences`: whom the mark admits, or to whom it narrows."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="named"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=EXACTLY_ONE, name="audience_names_exactly_one"),
            *once_each("incident", name="audience"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} for {self.member_id or self.group_id or self.user_id}"


class ChildAudience(NamedReader):
    """Index of `Child.audiences`, of children of every kind; their ids are unique among all."""

    child_id = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=EXACTLY_ONE, name="child_audience_names_exactly_one"),
            *once_each("child_id", name="child_audience"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} for {self.member_id or self.group_id or self.user_id}"
