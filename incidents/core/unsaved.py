"""What people have typed into forms about incidents and not saved yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.readers import Reader
from hub.kit import clock, crypto
from hub.kit.ids import uuid7

KEPT_FOR: Final = timedelta(days=30)

Typed = Mapping[str, Sequence[str]]
"""The fields of a form as a browser sends them, by name."""


class UnsavedWorkQuerySet(models.QuerySet["UnsavedWork"]):
    def visible_to(self, reader: Reader) -> UnsavedWorkQuerySet:
        """A person's own; nobody else's, not even of the same organisation."""
        if reader.user is None or not reader.member.is_active:
            return self.none()
        return self.filter(user=reader.user)

    def forgotten(self) -> UnsavedWorkQuerySet:
        """What nobody came back to."""
        return self.filter(updated_at__lte=clock.now() - KEPT_FOR)


class UnsavedWork(models.Model):
    """What somebody has typed into the form of an incident, as it was a second ago at most.

    `incident` is the one that is edited. The form of a new one has none: there `id` is what the
    form goes by. When that has been filed, the row stays without the text, as `filed_as`, so that
    the same form does not file it twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="unsaved_work")
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, null=True, related_name="unsaved_work"
    )
    filed_as = models.ForeignKey(
        "incidents.Incident", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Encrypted: half a sentence, of which nobody has yet decided who may read it.
    typed = models.BinaryField(default=b"")
    # Rises with every change; `window` is the one it was typed in.
    revision = models.PositiveIntegerField(default=1)
    window = models.UUIDField()
    updated_at = models.DateTimeField(db_index=True)

    objects = UnsavedWorkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "incident"],
                condition=Q(incident__isnull=False),
                name="unsaved_work_once_an_incident",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def encryption_context(self) -> str:
        return f"incidents_unsavedwork:typed:{self.id}"

    @property
    def fields(self) -> dict[str, list[str]]:
        """What was typed, by the names of the form's fields; nothing for what has been filed."""
        if not self.typed:
            return {}
        text = crypto.decrypt(bytes(self.typed), context=self.encryption_context)
        fields: dict[str, list[str]] = json.loads(text)
        return fields

    def write(self, typed: Typed) -> None:
        """Set what was typed, on the row in memory."""
        text = json.dumps({name: list(values) for name, values in typed.items()})
        self.typed = crypto.encrypt(text.encode(), context=self.encryption_context)
