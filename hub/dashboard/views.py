"""The page of an incident, and the page of its alerts."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from accounts.readers import Reader
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.api.pagination import Page
from hub.dashboard import alerted
from hub.dashboard.facts import described, host_of, is_link, language, word
from hub.dashboard.history import history_of
from hub.dashboard.sharing import sharing_of
from hub.kit.errors import Absent
from hub.kit.ids import event_id, parse_event_id
from hub.outbox.models import Event
from hub.web import words
from hub.web.pages import render_page
from incidents.core.models import Incident, Observation, Status
from incidents.core.reading import audit_reading, incident_of, merged_refs
from incidents.core.representation import represent_observation
from incidents.crossrefs.showing import links_section, marked_ends

OBSERVATIONS: Final = 20
ORGANISATIONS: Final = 10
"""So many are shown on the incident's page; the page of its alerts has the others."""
MOST_ORGANISATIONS: Final = 1_000
EVENTS: Final = 10
TOPICS: Final[dict[str, str | Promise]] = {
    "incident.published": _("Published"),
    "incident.updated": _("Changed"),
    "incident.granted": _("Told to those who gained sight"),
    "incident.revoked": _("Told to those who lost sight"),
    "incident.withdrawn": _("Withdrawn"),
}


class Action(NamedTuple):
    """Something that this reader may do with the incident."""

    label: str | Promise
    url: str
    picture: str
    tone: str = ""


@require_safe
@signed_in
def incident(request: PageRequest, ref: str) -> HttpResponse:
    """All that the reader may know of an incident; of others' withdrawn ones what is left."""
    if ref != ref.upper():
        return redirect("incident", ref.upper())
    reader = request.reader
    shown = incident_of(reader, ref, whole=False)
    is_owner = shown.owner_id == reader.member.pk
    context: dict[str, Any] = {
        "incident": shown,
        "is_owner": is_owner,
        "tlp_meaning": words.TLP_MEANINGS.get(shown.tlp, ""),
        "pap_meaning": words.PAP_MEANINGS.get(shown.pap, ""),
        "merged_into": merged_refs([shown], by=reader).get(shown.merged_into_id or UUID(int=0)),
    }
    if shown.status == Status.WITHDRAWN and not is_owner:
        audit_reading([(shown.ref, shown.tlp)], by=reader)
        return render_page(request, "dashboard/tombstone.html", context)
    observations = _observations(request, shown)
    links = links_section(shown, reader)
    context |= described(shown, reader) | links
    context |= {
        "actions": _actions(shown, reader),
        "observations": observations,
        "may_observe": reader.may(Right.FILE) and shown.status != Status.WITHDRAWN,
        "history": history_of(request, shown),
    }
    if is_owner:
        context |= {"sharing": sharing_of(shown, reader), "alerts": _latest(shown, reader)}
    marks = [(shown.ref, mark) for mark in (shown.tlp, *(one["tlp"] for one in observations.rows))]
    audit_reading([*marks, *marked_ends(links)], by=reader)
    return render_page(request, "dashboard/incident.html", context)


@require_safe
@signed_in
def incident_alerts(request: PageRequest, ref: str) -> HttpResponse:
    """Who was told of one event of an incident, for the organisation that owns it."""
    reader = request.reader
    shown = incident_of(reader, ref.upper(), whole=False)
    if shown.owner_id != reader.member.pk:
        raise Absent
    audit_reading([(shown.ref, shown.tlp)], by=reader)
    alerts = alerted.alerts_of(shown, reader)
    wanted = parse_event_id(request.GET.get("event", ""))
    page = page_of(request, alerts.events(), name="events", ordering="-pk", limit=EVENTS)
    told = _told(alerts, alerted.event_of(alerts, wanted), limit=MOST_ORGANISATIONS)
    context = {
        "incident": shown,
        "told": told,
        "event": told.get("event"),
        "most": MOST_ORGANISATIONS,
        "events": [_event(one) for one in page.rows],
        "next": page.next,
        "previous": page.previous,
    }
    return render_page(request, "dashboard/alerts.html", context)


# Actions ------------------------------------------------------------------------------------
def _actions(shown: Incident, reader: Reader) -> list[Action]:
    """What this reader may do with the incident, as far as this hub has a page for it."""
    files, leads = reader.may(Right.FILE), reader.may(Right.PUBLISH)
    is_draft = shown.status == Status.DRAFT
    is_published = shown.status == Status.PUBLISHED
    is_read = shown.status != Status.WITHDRAWN
    own = shown.owner_id == reader.member.pk
    offered = [
        (files and is_read, "observation_new", _("Add observation"), "eye"),
        (files and is_read, "crossref_new", _("Link"), "link"),
        (own and files and (is_draft or is_published), "incident_edit", _("Edit"), "edit"),
        (own and files and is_draft, "incident_delete", _("Delete"), "trash"),
        (own and leads and is_published, "incident_withdraw", _("Withdraw"), "x"),
        (own and leads and is_draft, "incident_publish", _("Publish"), "send"),
    ]
    tones = {("incident_publish" if own else "observation_new"): "btn-primary"}
    found = []
    for allowed, name, label, picture in offered:
        url = _address(name, shown.ref) if allowed else ""
        if url:
            found.append(Action(label, url, picture, tones.get(name, "")))
    return found


def _address(name: str, ref: str) -> str:
    try:
        return reverse(name, args=[ref])
    except NoReverseMatch:
        return ""


# Observations -------------------------------------------------------------------------------
def _observations(request: PageRequest, shown: Incident) -> Page[dict[str, Any]]:
    """A page of the observations that the reader may know of, the newest first."""
    reader = request.reader
    visible = Observation.objects.visible_to(reader).filter(incident=shown)
    rows = visible.select_related("organisation", "incident")
    page = page_of(request, rows, name="observations", ordering="-at", limit=OBSERVATIONS)
    return Page(
        [_observation(row, reader) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


def _observation(row: Observation, reader: Reader) -> dict[str, Any]:
    """An observation as the API shows it, with names in place of ids and the row's own moments."""
    told = represent_observation(row, for_author=row.organisation_id == reader.member.pk)
    account, phone, reach = told["account"] or {}, told["phone"] or {}, told["reach"] or {}
    return told | {
        "is_link": is_link(row.url),
        "host": host_of(row.url),
        "organisation": row.organisation.name if told["organisation"] else "",
        "is_stricter": row.tlp != row.incident.tlp,
        "at": row.at,
        "seen_first": row.seen_first,
        "seen_last": row.seen_last,
        "posted_at": row.posted_at,
        "country": word("countries", row.country).label if row.country else "",
        "language": language(row.language).label if row.language else "",
        "account": [account["handle"]] if account.get("handle") else [],
        "account_words": _account(account),
        "phone": phone,
        "reach": [
            (label, number_format(reach[name], force_grouping=True))
            for name, label in _REACH.items()
            if reach.get(name) is not None
        ],
    }


_REACH: Final = {
    "views": _("views"),
    "likes": _("likes"),
    "shares": _("shares"),
    "comments": _("comments"),
    "calls": _("calls"),
}


def _account(account: dict[str, Any]) -> list[str]:
    told = (
        ("account_verified", account.get("verified")),
        ("account_automation", account.get("automation")),
    )
    return [word(namespace, value).label for namespace, value in told if value]


# Alerts -------------------------------------------------------------------------------------
def _latest(shown: Incident, reader: Reader) -> dict[str, Any]:
    """The latest event that others were told of, and some of those who were."""
    alerts = alerted.alerts_of(shown, reader)
    return _told(alerts, alerted.event_of(alerts, None), limit=MOST_ORGANISATIONS) | {
        "shown": ORGANISATIONS
    }


def _told(alerts: alerted.Alerts, event: Event | None, *, limit: int) -> dict[str, Any]:
    if event is None:
        return {"is_opaque": alerts.is_opaque}
    organisations = alerts.organisations(event, limit=limit)
    return {
        "is_opaque": alerts.is_opaque,
        "event": _event(event),
        "organisations": organisations,
        "counts": alerted.counts(organisations),
        "is_cut": len(organisations) == limit,
        "groups": alerts.groups(event),
        "fetched": alerts.fetched(limit=limit),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event_id(event.pk),
        "what": TOPICS.get(event.topic, event.topic),
        "at": event.recorded_at,
        "version": event.version,
        "is_waiting": event.fanned_out_at is None,
    }
