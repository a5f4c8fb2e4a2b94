"""The pages on which links between incidents are proposed, decided and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import refuse
from accounts.readers import Reader
from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.kit.errors import Absent, Conflict, InvalidInput
from hub.web.pages import render_page, wants_fragment
from incidents.core.models import Incident, Status
from incidents.core.reading import audit_reading, incident_of
from incidents.core.services.observing import speaks_from_hidden_group
from incidents.crossrefs.forms import LinkForm
from incidents.crossrefs.models import CrossReference
from incidents.crossrefs.services import deciding
from incidents.crossrefs.showing import links_section, marked_ends, may_delete, relation_of
from incidents.crossrefs.typed import Found, look_up

FORM = ["GET", "HEAD", "POST"]
Decide = Callable[..., object]


# Proposing ----------------------------------------------------------------------------------
@require_http_methods(FORM)
@signed_in
def crossref_new(request: PageRequest, ref: str) -> HttpResponse:
    """Propose a link; what is typed for the other incident is its ref, or words to find it by."""
    reader = request.reader
    incident = incident_of(reader, ref.upper(), whole=True)
    with refusal_on_record(reader, "crossref.create", incident.ref):
        reader.require(Right.FILE)
    if incident.status == Status.WITHDRAWN:
        messages.error(request, _("The incident was withdrawn: it is not linked any more."))
        return _back(incident)
    if wants_fragment(request) and request.method != "POST":
        return _found(request, incident)
    hides = speaks_from_hidden_group(incident, reader)
    form = LinkForm(request.POST or None, initial=request.GET, hides_organisation=hides)
    found = Found()
    if request.method == "POST":
        if "pick" in request.POST:
            form = form.with_other(request.POST["pick"])
        elif form.is_valid():
            found = _look_up(reader, form.cleaned_data["other"], incident)
            if found.ref and _proposed(request, incident, form, found.ref):
                return _back(incident)
            if not found.ref:
                form.add_error("other", found.words)
    context = {"incident": incident, "form": form, "found": found}
    return render_page(request, "crossrefs/link_new.html", context)


def _proposed(request: PageRequest, incident: Incident, form: LinkForm, other: str) -> bool:
    """Whether the service took it; else the form says why not."""
    given = form.cleaned_data
    ends = (other, incident.ref) if given["reverse"] else (incident.ref, other)
    try:
        with refusal_on_record(request.reader, "crossref.create", incident.ref):
            link = deciding.propose_link(
                from_ref=ends[0],
                to_ref=ends[1],
                link_type=given["type"],
                explanation=given["explanation"],
                show_organisation=given.get("show_organisation", False),
                by=request.reader,
            )
    except (Conflict, InvalidInput) as error:
        refuse(form, error)
        return False
    words = (
        _("The incidents are linked.")
        if link.decided_at
        else _("The link is proposed; the owners of the two incidents decide.")
    )
    messages.success(request, words)
    return True


def _found(request: PageRequest, incident: Incident) -> HttpResponse:
    """What is found while somebody types."""
    found = _look_up(request.reader, request.GET.get("other", ""), incident)
    return render_page(request, "crossrefs/_found.html", {"found": found})


def _look_up(reader: Reader, text: str, incident: Incident) -> Found:
    found = look_up(Incident.objects.visible_to(reader), text, apart_from=incident)
    audit_reading(((one.ref, one.tlp) for one in found.incidents), by=reader)
    return found


# Deciding -----------------------------------------------------------------------------------
@require_POST
@signed_in
def crossref_accept(request: PageRequest, link_id: UUID) -> HttpResponse:
    return _decide(request, link_id, "accept", deciding.accept_link, _("The link is accepted."))


@require_POST
@signed_in
def crossref_reject(request: PageRequest, link_id: UUID) -> HttpResponse:
    words = _("The link is rejected; the hub does not suggest it again.")
    return _decide(request, link_id, "reject", deciding.reject_link, words)


@require_http_methods(FORM)
@signed_in
def crossref_delete(request: PageRequest, link_id: UUID) -> HttpResponse:
    """Ask with GET, take back with POST."""
    if request.method == "POST":
        words = _("The link is taken back.")
        return _decide(request, link_id, "destroy", deciding.delete_link, words)
    link = _link(request.reader, link_id)
    with refusal_on_record(request.reader, "crossref.destroy", str(link_id)):
        deciding.require_deletion_allowed(link, by=request.reader)
    here = _end(link, request.GET)
    if not may_delete(link, request.reader):
        messages.error(request, _("Nobody has accepted this yet: reject it instead."))
        return _back(here)
    leads_away = here.pk == link.from_incident_id
    context = {
        "link": link,
        "incident": here,
        "other": link.to_incident if leads_away else link.from_incident,
        "relation": relation_of(link.type, leads_away=leads_away),
    }
    ends = (link.from_incident, link.to_incident)
    audit_reading(((end.ref, end.tlp) for end in ends), by=request.reader)
    return render_page(request, "crossrefs/link_delete.html", context)


def _decide(
    request: PageRequest, link_id: UUID, action: str, decide: Decide, words: str
) -> HttpResponse:
    reader = request.reader
    here = _end(_link(reader, link_id), request.POST)
    try:
        with refusal_on_record(reader, f"crossref.{action}", str(link_id)):
            decide(link_id=link_id, by=reader)
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, words)
    if not wants_fragment(request):
        return _back(here)
    section = links_section(here, reader)
    audit_reading(marked_ends(section), by=reader)
    part = "crossrefs/_links.html"
    return render_page(request, part, section, fragment=part)


def _link(reader: Reader, link_id: UUID) -> CrossReference:
    links = CrossReference.objects.editable_by(reader).select_related(
        "from_incident__owner", "to_incident__owner"
    )
    link = links.filter(pk=link_id).first()
    if link is None:
        raise Absent
    return link


def _end(link: CrossReference, given: Any) -> Incident:
    """The end of the link on whose page somebody is; the page says which."""
    at_other_end = given.get("incident") == link.to_incident.ref
    return link.to_incident if at_other_end else link.from_incident


def _back(incident: Incident) -> HttpResponse:
    return redirect(f"{reverse('incident', args=[incident.ref])}#links")
