"""Which incidents an operator has opened with a reason, in this session and for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.http import HttpRequest

from hub.kit import clock
from incidents.core.models import Incident

OPEN_FOR: Final = timedelta(minutes=15)
KEY: Final = "opened_incidents"
"""In the session: ids, each with the moment until which it is open, in seconds of Unix time."""


def keep_open(request: HttpRequest, incident: Incident) -> None:
    """From now on, for `OPEN_FOR`; what was opened earlier and is over is forgotten."""
    until = (clock.now() + OPEN_FOR).timestamp()
    request.session[KEY] = {**_still_open(request), str(incident.pk): until}


def open_until(request: HttpRequest, incident: Incident) -> datetime | None:
    """The moment at which it is closed again; None if it is not open."""
    until = _still_open(request).get(str(incident.pk))
    return datetime.fromtimestamp(until, UTC) if until else None


def _still_open(request: HttpRequest) -> dict[str, float]:
    now = clock.now().timestamp()
    opened: dict[str, float] = request.session.get(KEY, {})
    return {key: until for key, until in opened.items() if until > now}
