"""The figures of deliveries on the operators' front page."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.web.admin_cells import age
from hub.web.admin_site import MOST_COUNTED, Figure, Figures, counted
from incidents.alerts.lag import Lag, lag

SOON: Final = timedelta(seconds=30)


def figures() -> Figures:
    """What is owed to endpoints, and how it stands."""
    found = lag(most=MOST_COUNTED)
    return Figures(gettext_lazy("Alerts"), [*_sending(found), *_failing(found)])


def _sending(found: Lag) -> list[Figure]:
    is_prompt = found.oldest_due is None or found.oldest_due < SOON
    return [
        Figure(
            gettext_lazy("Due now"),
            counted(found.due),
            is_prompt,
            gettext_lazy(
                "0, or what an event has just made. The same number for a minute: no relay runs, or"
                " receivers hang."
            ),
            _deliveries("pending"),
        ),
        Figure(
            gettext_lazy("Oldest that is due"),
            _oldest(found.oldest_due),
            is_prompt,
            gettext_lazy("Below 5 seconds, but for receivers that have four posts open already."),
        ),
        Figure(
            gettext_lazy("In flight"),
            counted(found.in_flight),
            is_fine=True,
            normal=gettext_lazy("Up to four an endpoint; each ends within 16 seconds."),
            url=_deliveries("leased"),
        ),
        Figure(
            gettext_lazy("Tried again later"),
            counted(found.later),
            is_fine=True,
            normal=gettext_lazy("Whatever receivers are down: twelve tries over some three days."),
            url=_deliveries("pending"),
        ),
    ]


def _failing(found: Lag) -> list[Figure]:
    return [
        Figure(
            gettext_lazy("Given up within a day"),
            counted(found.given_up),
            found.given_up == 0,
            gettext_lazy("0. Tell the organisation; once its receiver is up, try them again."),
            _deliveries("dead"),
        ),
        Figure(
            gettext_lazy("Endpoints paused"),
            counted(found.paused),
            found.paused == 0,
            gettext_lazy("0. Its organisation knows: it answered 410, or an operator paused it."),
            reverse("admin:alerts_endpoint_changelist", query={"state": "disabled"}),
        ),
        Figure(
            gettext_lazy("Held for them"),
            counted(found.held),
            found.held == 0,
            gettext_lazy("0. It is sent, or skipped, when the endpoint is resumed."),
        ),
    ]


def _deliveries(state: str) -> str:
    return reverse("admin:alerts_delivery_changelist", query={"state": state})


def _oldest(since: timedelta | None) -> str:
    return _("none is due") if since is None else age(since)
