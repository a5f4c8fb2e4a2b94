"""The page of one delivery: its attempts, what came back, and what was sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.sessions import PageRequest, signed_in
from hub.audit.services import record
from hub.kit.errors import Absent
from hub.web.pages import render_page
from incidents.alerts.delivery_log import as_text, entries, find_delivery, sent_body
from incidents.alerts.models import Attempt, DeliveryState
from incidents.alerts.views.endpoints import find_endpoint
from incidents.alerts.words import outcome_of
from incidents.sharing.marks import OPEN_MARKS


@require_safe
@signed_in
def delivery(request: PageRequest, endpoint_id: UUID, sequence: int) -> HttpResponse:
    """All of one delivery, as far as its organisation may have that today.

    What a receiver answered may repeat what it was sent: it is shown with the body or not at all.
    """
    reader = request.reader
    endpoint = find_endpoint(reader, endpoint_id, "endpoint.read")
    found = find_delivery(endpoint, sequence)
    if found is None:
        raise Absent
    context: dict[str, Any] = {"endpoint": endpoint, "delivery": found}
    if found.state == DeliveryState.CANCELLED:
        return render_page(request, "alerts/delivery_cancelled.html", context)
    body = sent_body(found, reader)
    if body is not None and body.text and body.mark not in OPEN_MARKS:
        record("incident.read", by=reader.actor, objects=list(body.refs))
    context |= {
        "entry": entries([found], reader)[0],
        "body": body,
        "attempts": [_told(attempt) for attempt in found.attempts.all()],
    }
    return render_page(request, "alerts/delivery.html", context)


def _told(attempt: Attempt) -> dict[str, object]:
    took_it = not attempt.error and attempt.status is not None and 200 <= attempt.status <= 299
    return {
        "attempt": attempt,
        "took_it": took_it,
        "outcome": None if took_it else outcome_of(attempt.status, attempt.error),
        "answer": as_text(bytes(attempt.answer)),
    }
