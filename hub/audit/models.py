"""The append-only audit log."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Decision(models.TextChoices):
    ALLOWED = "allowed"
    DENIED = "denied"


class AuditEntry(models.Model):
    """One state change, read of amber or above, sign-in, or denied attempt.

    Holds ids instead of foreign keys: the log outlives what it speaks of.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    member_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    token_id = models.CharField(max_length=8, blank=True, default="")
    action = models.CharField(max_length=64)
    objects_named = ArrayField(models.CharField(max_length=100), default=list)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.ALLOWED)
    request_id = models.CharField(max_length=64, blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["member_id", "-id"], name="audit_member"),
            models.Index(fields=["action", "-id"], name="audit_action"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.decision} {' '.join(self.objects_named)}".strip()
