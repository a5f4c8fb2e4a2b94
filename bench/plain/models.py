"""The plain project's tables: one of its own to file into, and the hub's to read from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Filing(models.Model):
    """An incident with the fields that the measurement sends, and who sent it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    tlp = models.CharField(max_length=16)
    pap = models.CharField(max_length=8)
    severity = models.CharField(max_length=16)
    urgency = models.CharField(max_length=16)
    stage = models.CharField(max_length=16)
    media_kinds = models.JSONField(default=list)
    manipulation = models.JSONField(default=list)
    goals = models.JSONField(default=list)
    harms = models.JSONField(default=list)
    targets = models.JSONField(default=list)
    narrative = models.TextField(blank=True)
    script = models.TextField(blank=True)
    countries = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    elections = models.JSONField(default=list)
    distributed = models.JSONField(null=True)
    tags = models.JSONField(default=list)
    references = models.JSONField(default=list)
    publish = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Filing]] = models.Manager()

    def __str__(self) -> str:
        return self.title


class Owner(models.Model):
    """A member of the hub, as far as a list of incidents shows it."""

    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=64)

    class Meta:
        managed = False
        db_table = "accounts_member"

    def __str__(self) -> str:
        return self.slug


class Incident(models.Model):
    """An incident of the hub: the same rows, with what is shown of them, and the search column."""

    id = models.UUIDField(primary_key=True)
    ref = models.CharField(max_length=11, unique=True)
    title = models.CharField(max_length=300)
    summary = models.TextField()
    status = models.CharField(max_length=16)
    tlp = models.CharField(max_length=16)
    pap = models.CharField(max_length=8)
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT)
    severity = models.CharField(max_length=16)
    urgency = models.CharField(max_length=16)
    stage = models.CharField(max_length=16)
    media_kinds = ArrayField(models.CharField(max_length=64))
    manipulation = ArrayField(models.CharField(max_length=64))
    authenticity = models.CharField(max_length=32)
    goals = ArrayField(models.CharField(max_length=64))
    harms = ArrayField(models.CharField(max_length=64))
    targets = models.JSONField()
    narrative = models.TextField()
    script = models.TextField()
    countries = ArrayField(models.CharField(max_length=2))
    languages = ArrayField(models.CharField(max_length=35))
    elections = ArrayField(models.CharField(max_length=100))
    tags = ArrayField(models.CharField(max_length=400))
    created = models.JSONField(null=True)
    distributed = models.JSONField(null=True)
    references = models.JSONField()
    fingerprints = models.JSONField()
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    search = SearchVectorField(null=True)

    objects: ClassVar[models.Manager[Incident]] = models.Manager()

    class Meta:
        managed = False
        db_table = "incidents_incident"

    def __str__(self) -> str:
        return self.ref
