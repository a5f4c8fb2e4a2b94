"""Words and tones for the values that badges show."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Shown(NamedTuple):
    """How a value is said, and the tone that goes with the word, never without it."""

    word: str | Promise
    tone: str


SEVERITIES: Final = {
    "info": Shown(_("Info"), "neutral"),
    "low": Shown(_("Low"), "info"),
    "medium": Shown(_("Medium"), "warning"),
    "high": Shown(_("High"), "serious"),
    "critical": Shown(_("Critical"), "danger"),
}

STATUSES: Final = {
    # incidents
    "draft": Shown(_("Draft"), "neutral"),
    "published": Shown(_("Published"), "success"),
    "withdrawn": Shown(_("Withdrawn"), "danger"),
    "triage": Shown(_("Triage"), "neutral"),
    "assessing": Shown(_("Assessing"), "info"),
    "mitigating": Shown(_("Mitigating"), "warning"),
    "resolved": Shown(_("Resolved"), "success"),
    "closed": Shown(_("Closed"), "neutral"),
    # cross-references
    "proposed": Shown(_("Proposed"), "info"),
    "suggested": Shown(_("Suggested"), "info"),
    "accepted": Shown(_("Accepted"), "success"),
    "rejected": Shown(_("Rejected"), "neutral"),
    # people, organisations, tokens
    "invited": Shown(_("Invited"), "info"),
    "active": Shown(_("Active"), "success"),
    "suspended": Shown(_("Suspended"), "danger"),
    "left": Shown(_("Left"), "neutral"),
    "expired": Shown(_("Expired"), "neutral"),
    "revoked": Shown(_("Revoked"), "danger"),
    # endpoints and deliveries
    "paused": Shown(_("Paused"), "warning"),
    "disabled": Shown(_("Disabled"), "danger"),
    "deleted": Shown(_("Deleted"), "neutral"),
    "pending": Shown(_("Waiting"), "info"),
    "leased": Shown(_("Under way"), "info"),
    "ok": Shown(_("Delivered"), "success"),
    "dead": Shown(_("Given up"), "danger"),
    "cancelled": Shown(_("Cancelled"), "neutral"),
    "superseded": Shown(_("Superseded"), "neutral"),
    # what was seen elsewhere
    "up": Shown(_("Online"), "danger"),
    "labelled": Shown(_("Labelled"), "info"),
    "restricted": Shown(_("Restricted"), "warning"),
    "removed": Shown(_("Removed"), "success"),
}

TLP_MEANINGS: Final = {
    "clear": _("May be told to everybody."),
    "green": _("May be told within the community, not in public."),
    "amber": _("For the named organisations and those they protect who need to know."),
    "amber+strict": _("For the named organisations only."),
    "red": _("For the named persons only."),
}
"""After FIRST's Traffic Light Protocol 2.0, as this hub applies it (docs/reference/policy.md)."""

PAP_MEANINGS: Final = {
    "clear": _("No limit on what may be done with it."),
    "green": _("May be used actively, for example to block or to ask elsewhere."),
    "amber": _("Look-ups that the other side cannot notice only."),
    "red": _("No action that anybody outside could notice."),
}
"""After the Permissible Actions Protocol."""


def shown(value: str, words: dict[str, Shown]) -> Shown:
    """How `value` is said; one that nobody foresaw is said as it is written."""
    return words.get(value) or Shown(value.replace("_", " ").capitalize(), "neutral")
