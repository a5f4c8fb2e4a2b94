"""Pages on which incidents are filed and edited; nothing that is typed there is lost."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.carrying import carries_on
from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.web.pages import render_page
from incidents.core.forms import choices, typed
from incidents.core.forms.pasting import recognised
from incidents.core.models import Status
from incidents.core.reading import audit_reading
from incidents.core.services.unsaved import find_unsaved, latest_unsaved
from incidents.core.views.answering import answer
from incidents.core.views.finding import own_incident
from incidents.core.views.sheets import Sheet, open_sheet, read_uuid, sent_sheet, show_sheet

FORM = ["GET", "HEAD", "POST"]
PASTED_LENGTH: Final = 20_000


@require_http_methods(FORM)
@carries_on
@signed_in
def incident_new(request: PageRequest) -> HttpResponse:
    """File an incident: begin with what one has at hand, or with the form."""
    reader = request.reader
    with refusal_on_record(reader, "incident.create"):
        reader.require(Right.FILE)
    key = read_uuid(request.GET.get("form", ""))
    if request.method == "POST":
        if key is None:
            return _begin(request)
        return answer(request, sent_sheet(request, incident=None, key=key))
    if key is None:
        return _start(request)
    known = find_unsaved(key=key, incident=None, by=reader)
    if known is not None and known.filed_as is not None:
        return redirect("incident", known.filed_as.ref)
    return show_sheet(request, open_sheet(reader, incident=None, key=key))


@require_http_methods(FORM)
@carries_on
@signed_in
def incident_edit(request: PageRequest, ref: str) -> HttpResponse:
    """Change an incident of one's own organisation."""
    reader = request.reader
    incident = own_incident(reader, ref, action="incident.update", right=Right.FILE)
    if incident.status == Status.WITHDRAWN:
        messages.error(request, _("The incident was withdrawn: it stays as it is."))
        return redirect("incident", incident.ref)
    if request.method == "POST":
        return answer(request, sent_sheet(request, incident=incident, key=uuid4()))
    audit_reading([(incident.ref, incident.tlp)], by=reader)
    return show_sheet(request, open_sheet(reader, incident=incident, key=None))


@require_safe
@signed_in
def tag_suggestions(request: PageRequest) -> HttpResponse:
    """Tags in use that begin with what is typed, as far as the reader may know of them."""
    begun = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = choices.tags(request.reader, typed=begun)
    return render_page(request, "incidents/_tag_options.html", {"options": found})


# A new one -------------------------------------------------------------------------------------


def _start(request: PageRequest) -> HttpResponse:
    """The first step; whoever has unsaved work comes to that instead, unless they want another."""
    if "skip" in request.GET:
        return redirect(_address_of(uuid4()))
    work = None if "another" in request.GET else latest_unsaved(request.reader)
    if work is not None:
        return redirect(_address_of(work.pk))
    return render_page(request, "incidents/start.html", {"pasted": ""})


def _begin(request: PageRequest) -> HttpResponse:
    """From what was pasted: it stands in its place in the form, and duplicates beside it."""
    pasted = request.POST.get("pasted", "").strip()
    if not pasted:
        return redirect(_address_of(uuid4()))
    if len(pasted) > PASTED_LENGTH:
        words = _("This is too long: paste up to 20,000 characters.")
        return render_page(request, "incidents/start.html", {"pasted": pasted, "error": words})
    sheet = Sheet(
        reader=request.reader,
        incident=None,
        key=uuid4(),
        window=uuid4(),
        seen=0,
        typed=_with_pasted(pasted),
    )
    sheet.keep()
    return redirect(f"{reverse('incident_duplicates')}?{urlencode({'form': str(sheet.key)})}")


def _with_pasted(text: str) -> dict[str, list[str]]:
    found, blank = recognised(text), typed.blank()
    if found.part == "url":
        return typed.with_values(blank, "references", {"url": found.text})
    if found.part == "post":
        seen = {"platform": found.detail, "url": found.text}
        return typed.with_values(blank, "observations", seen)
    if found.part == "phone":
        heard = {"platform": found.detail, "phone_number": found.text}
        return typed.with_values(blank | {"media_kinds": ["call"]}, "observations", heard)
    if found.part == "fingerprint":
        held = {"algorithm": found.detail, "value": found.text}
        return typed.with_values(blank, "fingerprints", held)
    return blank | {found.part: [found.text]}


def _address_of(key: UUID) -> str:
    return f"{reverse('incident_new')}?form={key}"
