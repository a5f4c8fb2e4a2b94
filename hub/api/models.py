"""What the API remembers between requests: first answers, and how fast callers ask."""

from __future__ import annotations

from typing import Final

from django.db import models

from hub.kit import clock
from hub.kit.ids import uuid7

DIGEST_BYTES: Final = 32


class IdempotentAnswerQuerySet(models.QuerySet["IdempotentAnswer"]):
    def expired(self) -> IdempotentAnswerQuerySet:
        """Answers that are no longer given again."""
        return self.filter(expires_at__lte=clock.now())


class IdempotentAnswer(models.Model):
    """The first answer to a POST with an Idempotency-Key, written with the change it tells of.

    `scope` is the SHA-256 of who asked what with which key; `answer` is encrypted, since it may
    hold a secret that is shown once. `organisation` is whose request it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    body_digest = models.BinaryField(max_length=DIGEST_BYTES)
    object_id = models.CharField(max_length=64, blank=True)
    organisation = models.CharField(max_length=64, blank=True, default="", db_default="")
    is_refusal = models.BooleanField(default=False, db_default=False)
    answer = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    objects = IdempotentAnswerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_id"], name="answer_object"),
            models.Index(
                fields=["organisation"], name="answer_refused", condition=models.Q(is_refusal=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= clock.now()

    @property
    def encryption_context(self) -> str:
        return f"api_idempotentanswer:answer:{self.id}"


class RateBucket(models.Model):
    """When the bucket of one caller will be full again; see `hub.api.limits`.

    The table is unlogged: a crash of the database empties it, which forgives everybody.
    """

    key = models.CharField(primary_key=True, max_length=200)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
