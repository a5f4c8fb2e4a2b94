"""Sharing groups: lists of organisations that incidents can be shared with."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Member
from accounts.readers import Reader
from hub.kit.ids import uuid7


class SharingGroupQuerySet(models.QuerySet["SharingGroup"]):
    def existing(self) -> SharingGroupQuerySet:
        """Groups that were not deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, reader: Reader) -> SharingGroupQuerySet:
        """The reader's organisation's own groups, and those it belongs to."""
        if not reader.member.is_active:
            return self.none()
        belongs = models.Exists(
            Membership.objects.filter(group=models.OuterRef("pk"), member=reader.member)
        )
        return self.existing().filter(Q(owner=reader.member) | belongs)

    def editable_by(self, reader: Reader) -> SharingGroupQuerySet:
        """The reader's organisation's own groups."""
        return self.visible_to(reader).filter(owner=reader.member)


class SharingGroup(models.Model):
    """Organisations that get some incidents together; its owner manages who belongs.

    A deleted group keeps its row and loses its members: an incident that names it goes on being
    shared with this group, that is with nobody, instead of falling back to a wider audience.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="owned_groups")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True, default="")
    membership_hidden = models.BooleanField(default=False)
    members = models.ManyToManyField(Member, through="Membership", related_name="groups")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SharingGroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=Q(deleted_at=None),
                name="group_name_once_per_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One organisation in one sharing group."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(SharingGroup, on_delete=models.CASCADE, related_name="memberships")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "member"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.member} in {self.group}"
