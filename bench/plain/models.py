"""The table of the plain view: one row is one incident."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
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
