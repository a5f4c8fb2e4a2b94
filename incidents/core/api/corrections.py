"""REST of corrections: deletion of drafts, redaction, merging."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.http import HttpResponse

from accounts.authentication import reader_of
from hub.api.actions import DestroyAction
from hub.api.requests import HubRequest
from hub.api.services import forget_refusals, rewrite_answers
from incidents.core.models import Incident
from incidents.core.redaction import redacted_json
from incidents.core.services import correcting


class CorrectingActions(DestroyAction[Incident]):
    """What takes back more of an incident than its state."""

    def perform_destroy(self, row: Incident) -> None:
        """Delete a draft. It is gone with its observations; what is published is withdrawn."""
        gone = correcting.delete_draft(incident_id=row.pk, by=reader_of(self.request))
        rewrite_answers([str(pk) for pk in gone], lambda _: b"")

    @transaction.atomic
    def redact(self, request: HubRequest, ref: str) -> HttpResponse:
        """Redact an incident. The texts are gone from it and from all that was stored of it."""
        row, sent = self.get_object(), self.read()
        reader = reader_of(request)
        redacted, filters = correcting.redact_incident(
            incident_id=row.pk, texts=sent["texts"], reason=sent["reason"], by=reader
        )
        own = redacted.observations.filter(organisation=reader.member)
        answered = [redacted.pk, *own.values_list("pk", flat=True)]
        rewrite_answers([str(pk) for pk in answered], partial(redacted_json, texts=sent["texts"]))
        rewrite_answers([str(pk) for pk in filters], lambda _: b"")
        forget_refusals(str(reader.member.pk))
        return self.answer(redacted)

    def merge(self, request: HubRequest, ref: str) -> HttpResponse:
        """Merge an incident into another. Its tombstone names that to those who may read it."""
        row, sent = self.get_object(), self.read()
        merged = correcting.merge_incident(
            incident_id=row.pk, into=sent["into"], by=reader_of(request)
        )
        return self.answer(merged)
