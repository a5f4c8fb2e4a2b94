"""The model whose changes django-webhook announces."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Filing(models.Model):
    """An incident as one document, so that the bodies are those that the hub sends."""

    document = models.JSONField()

    objects: ClassVar[models.Manager[Filing]] = models.Manager()

    def __str__(self) -> str:
        return f"filing {self.pk}"
