"""Redaction of what is said about the links of an incident."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hub.outbox.services import take_noted_chore
from incidents.core.models import Incident, Status
from incidents.core.redaction import Redactor
from incidents.crossrefs.answers import redact_answers, redacted_explanation
from incidents.crossrefs.models import CrossReference, Evidence, State
from incidents.crossrefs.services.suggesting import bring_up_to_date, forget_links

logger = logging.getLogger(__name__)

CONSUMER: Final = "incidents.crossrefs.tasks.redact"


@transaction.atomic
def redact_links(event_id: UUID) -> int:
    """Take the texts of a redaction out of all that is said about links of its incident.

    Of others' explanations too: whoever owns an end of a link may delete it, so it may as well have
    words taken out of it. Returns how many explanations had one. What was rendered of the links is
    forgotten on the event `crossref.forgotten`.
    """
    taken = take_noted_chore(event_id, CONSUMER)
    if taken is None:
        return 0
    redactor = Redactor(taken.note or [])
    incident_id = taken.event.stream_id
    bring_up_to_date(incident_id)
    links = _locked(incident_id)
    redacted = _redact_explanations(links, redactor)
    if not Incident.objects.filter(pk=incident_id, status=Status.PUBLISHED).exists():
        _drop_evidence(links, redactor)
    forget_links(link.pk for link in links)
    redact_answers([link.pk for link in links], redactor)
    logger.info("Links redacted", extra={"event_id": taken.event.public_id, "links": redacted})
    return redacted


def _locked(incident_id: UUID) -> list[CrossReference]:
    """All links of the incident, in the order of keys, as all who lock links do."""
    ends = Q(from_incident=incident_id) | Q(to_incident=incident_id)
    rows = CrossReference.objects.filter(ends).select_for_update().order_by("pk")
    return list(rows.prefetch_related("evidence"))


def _redact_explanations(links: Iterable[CrossReference], redactor: Redactor) -> int:
    changed = []
    for link in links:
        left = redacted_explanation(link.explanation, redactor)
        if left != link.explanation:
            link.explanation = left
            changed.append(link)
    return CrossReference.objects.bulk_update(changed, ["explanation"], batch_size=500)


def _drop_evidence(links: Iterable[CrossReference], redactor: Redactor) -> None:
    """Of an incident that nothing is suggested for any more, what names the texts.

    As long as it is published, its evidence is what is said now: where it still names one, another
    organisation's observation does, which is its own.
    """
    stale = {
        one.pk: link
        for link in links
        for one in link.evidence.all()
        if redactor.meets_address(one.subject)
    }
    Evidence.objects.filter(pk__in=stale).delete()
    left = CrossReference.objects.filter(pk__in={link.pk for link in stale.values()})
    left.filter(state=State.SUGGESTED, evidence=None).delete()
