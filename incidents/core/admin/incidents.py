"""Incidents without their titles and texts, which an operator reads with a reason only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.deeds import ActingAdmin, Deed, Done
from accounts.operators import acting
from hub.audit.services import Actor
from hub.web.admin_cells import badge, cell, code, link, mark, permitted, small_table
from hub.web.admin_rows import Door, Narrowing, Panel, example
from hub.web.admin_site import site
from incidents.core.admin.opened import OPEN_FOR, keep_open, open_until
from incidents.core.models import Incident, Observation, Status
from incidents.core.representation import represent_incident, represent_observation
from incidents.core.services.opening import open_incident, read_opened
from incidents.sharing.marks import Tlp

SHOWN: Final = (
    *("ref", "status", "tlp", "pap", "version", "revision", "created_at", "updated_at"),
    *("published_at", "withdrawn_at", "owner__slug"),
)
"""The columns that are read at all: no page can show what was not fetched."""
MOST_PARTS: Final = 50
ALREADY: Final = frozenset(
    {
        *("ref", "url", "status", "tlp", "pap", "owner", "version", "revision"),
        *("created_at", "updated_at", "published_at", "withdrawn_at"),
    }
)
"""Stands among the facts of every incident, opened or not."""
PROSE: Final = ("title", "summary", "narrative", "script", "withdrawn_reason")


class ReasonForm(forms.Form):
    """Why an operator must read an incident."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "Who asked for it, and what for. The audit log keeps it for good; do not repeat the"
            " incident here."
        ),
    )


def _open(row: Incident, fields: Mapping[str, Any], by: Actor) -> Done:
    open_incident(incident_id=row.pk, reason=fields["reason"], by=by)
    return Done(_("%s is open to you for a quarter of an hour, in this session.") % row.ref)


class FindIncident(Narrowing):
    """By ref, or by what is no secret to an operator."""

    ref = forms.CharField(
        label=gettext_lazy("Ref"), required=False, max_length=11, **example("DF-7K3Q9MXA")
    )
    owner = forms.CharField(
        label=gettext_lazy("Owner"), required=False, **example(gettext_lazy("short name"))
    )
    tlp = forms.ChoiceField(
        label=gettext_lazy("Mark"),
        choices=[("", gettext_lazy("All")), *Tlp.choices],
        required=False,
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("All")), *Status.choices],
        required=False,
    )


@admin.register(Incident, site=site)
class IncidentAdmin(ActingAdmin[Incident]):
    title = gettext_lazy("Incidents")
    list_display = ("ref", "owner_name", "marked", "state", "published_at", "updated_at")
    facts = (
        *("owner_name", "marked", "permissible", "state", "version", "revision", "created_at"),
        *("published_at", "updated_at", "withdrawn_at"),
    )
    narrowing = FindIncident
    exact = frozenset({"ref"})
    explanation = gettext_lazy(
        "Without titles and texts: these are opened one by one, with a reason that is kept."
    )
    deeds = (
        Deed(
            "open",
            gettext_lazy("Open with a reason"),
            gettext_lazy(
                "You then see title and texts, in this session and for a quarter of an hour. The"
                " reason and each reading stand in the audit log."
            ),
            _open,
            form=ReasonForm,
            afterwards=keep_open,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        rows: QuerySet[Incident] = super().get_queryset(request)
        return rows.select_related("owner").only(*SHOWN)

    def narrow(self, rows: QuerySet[Incident], given: Mapping[str, Any]) -> QuerySet[Incident]:
        if "ref" in given:
            rows = rows.filter(ref=given["ref"].strip().upper())
        if "owner" in given:
            rows = rows.filter(owner__slug=given["owner"].strip())
        if "tlp" in given:
            rows = rows.filter(tlp=given["tlp"])
        if "status" in given:
            rows = rows.filter(status=given["status"])
        return rows

    def panels(self, request: HttpRequest, row: Incident) -> list[Panel]:
        if until := open_until(request, row):
            return _opened(read_opened(incident_id=row.pk, by=acting(request)), until)
        text = render_to_string("admin/closed.html", {"minutes": OPEN_FOR.seconds // 60})
        return [Panel(_("Title and texts"), text), Panel(_("Observations"), _observations(row))]

    @admin.display(description=gettext_lazy("owner"))
    def owner_name(self, row: Incident) -> SafeString:
        return link(reverse("admin:accounts_member_change", args=[row.owner_id]), row.owner.slug)

    @admin.display(description=gettext_lazy("mark"))
    def marked(self, row: Incident) -> SafeString:
        return mark(row.tlp)

    @admin.display(description=gettext_lazy("status"))
    def state(self, row: Incident) -> SafeString:
        return badge(row.status)

    @admin.display(description="PAP")
    def permissible(self, row: Incident) -> SafeString:
        return permitted(row.pap)

    def see_also(self, row: Incident) -> list[Door]:
        sent = reverse("admin:alerts_delivery_changelist", query={"ref": row.ref})
        told = reverse("admin:outbox_event_changelist", query={"id": str(row.pk)})
        log = reverse("admin:audit_auditentry_changelist", query={"subject": row.ref})
        return [
            Door("eye", _("Who sees it"), why_url(row.ref)),
            Door("bell", _("Events"), told),
            Door("send", _("Deliveries"), sent),
            Door("history", _("Audit log"), log),
        ]


def why_url(ref: str, observation: str = "") -> str:
    """Where one asks whether somebody sees an incident, or an observation of it."""
    query = {"ref": ref, "observation": observation}
    return reverse("admin:why", query={name: value for name, value in query.items() if value})


def _observations(incident: Incident) -> SafeString:
    """Who observed it when, and no more of what they said than its mark."""
    named = incident.observations.select_related("organisation").order_by("-at", "-pk")
    known = named.only("tlp", "at", "incident_id", "organisation__slug")[:MOST_PARTS]
    rows = [
        (
            code(one.pk),
            cell(one.organisation.slug),
            mark(one.tlp),
            cell(one.at),
            link(why_url(incident.ref, str(one.pk)), _("Who sees it")),
        )
        for one in known
    ]
    labels = [_("Id"), _("By"), _("Mark"), _("When")]
    return small_table(_("Observations"), labels, rows, door=_("Who sees it"))


def _opened(incident: Incident, until: datetime) -> list[Panel]:
    document = represent_incident(incident, for_owner=True)
    prose = [(_label(name), document.pop(name)) for name in PROSE if document.get(name)]
    others = [
        (_label(name), cell(value))
        for name, value in document.items()
        if value and name not in ALREADY
    ]
    whole = render_to_string("admin/_prose.html", {"prose": prose, "until": until})
    rest = render_to_string("admin/_facts.html", {"facts": others})
    parts = incident.observations.select_related("organisation", "incident")
    said = _said(list(parts.order_by("-at", "-pk")[:MOST_PARTS]))
    return [
        Panel(_("Title and texts"), whole),
        Panel(_("All else that was filed"), rest),
        Panel(_("Observations"), said),
    ]


def _said(observations: Sequence[Observation]) -> SafeString:
    rows = []
    for one in observations:
        said = represent_observation(one, for_author=True)
        known = ("platform", "url", "account", "phone", "reach", "availability", "audiences")
        told = {name: said[name] for name in known if said[name]}
        rows.append((code(one.pk), cell(one.organisation.slug), mark(one.tlp), cell(told)))
    labels = [_("Id"), _("By"), _("Mark"), _("What was said")]
    return small_table(_("Observations"), labels, rows)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
