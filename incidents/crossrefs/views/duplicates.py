"""The form of an incident with those beside it that share something with what is typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts.carrying import carries_on
from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.kit.errors import InvalidInput
from hub.web.pages import render_page, wants_fragment
from incidents.core.canonical import canonical_url
from incidents.core.fingerprints import ALGORITHMS, PRINTABLE
from incidents.core.forms.pasting import algorithm_of, phone_number, platform_of
from incidents.core.forms.typed import only, rows_of
from incidents.core.reading import audit_reading
from incidents.core.unsaved import Typed
from incidents.core.views.finding import own_incident
from incidents.core.views.sheets import Sheet, open_sheet, read_uuid, sent_sheet, show_sheet
from incidents.crossrefs.duplicates import Clues, duplicates_of


@require_http_methods(["GET", "HEAD", "POST"])
@carries_on
@signed_in
def incident_duplicates(request: PageRequest) -> HttpResponse:
    """Look for what shares something with a form: as it was kept (GET), or as it is sent (POST)."""
    with refusal_on_record(request.reader, "incident.create"):
        request.reader.require(Right.FILE)
    sheet = _sheet(request)
    if sheet is None:
        return redirect("incident_new")
    clues = clues_in(sheet.typed)
    incident = sheet.incident
    found = duplicates_of(clues, reader=request.reader, besides=incident.pk if incident else None)
    shown = [one.incident for one in found]
    audit_reading([(one.ref, one.tlp) for one in shown], by=request.reader)
    joining = urlencode(_sighting(sheet.typed))
    context: dict[str, Any] = {
        "duplicates": found,
        "has_clues": clues != Clues(),
        "joining": joining,
    }
    if wants_fragment(request):
        return render_page(
            request, "incidents/form.html", context, fragment="crossrefs/_duplicates.html"
        )
    return show_sheet(request, sheet, **context)


def _sheet(request: PageRequest) -> Sheet | None:
    ref, key = request.GET.get("incident", ""), read_uuid(request.GET.get("form", ""))
    incident = None
    if ref:
        incident = own_incident(request.reader, ref, action="incident.update", right=Right.FILE)
    if request.method == "POST":
        return sent_sheet(request, incident=incident, key=key or uuid4())
    if incident is None and key is None:
        return None
    sheet = open_sheet(request.reader, incident=incident, key=key)
    sheet.work = None  # it was just begun: there is nothing to come back to
    return sheet


def clues_in(typed: Typed) -> Clues:
    """What can be compared of a form, whatever else is wrong with it."""
    urls, fingerprints, numbers = set(), set(), set()
    for name in ("references", "observations"):
        for row in rows_of(typed, name):
            if canonical := _canonical(row.get("url", "")):
                urls.add(canonical)
            if number := phone_number(row.get("phone_number", "").strip()):
                numbers.add(number)
    for row in rows_of(typed, "fingerprints"):
        fingerprints |= set(_fingerprints(row.get("algorithm", ""), row.get("value", "")))
    return Clues(
        frozenset(urls), frozenset(fingerprints), frozenset(numbers), only(typed, "script")
    )


def _canonical(url: str) -> str:
    try:
        return canonical_url(url.strip())
    except InvalidInput:
        return ""


def _fingerprints(algorithm: str, value: str) -> Iterable[tuple[str, str]]:
    """As they are stored; 64 hexadecimal digits without a named algorithm may be either of two."""
    text = value.strip()
    recognised = algorithm or algorithm_of(text)
    names = ("sha256", "pdq") if recognised == "sha256" and not algorithm else (recognised,)
    for name in names:
        if name in ALGORITHMS and text:
            yield name, text if ALGORITHMS[name].form is PRINTABLE else text.lower()


def _sighting(typed: Typed) -> dict[str, str]:
    """Where the thing was seen, for the observation of those who join: platform and address."""
    for row in rows_of(typed, "observations"):
        if row.get("url") or row.get("platform"):
            return {name: row[name] for name in ("url", "platform") if row.get(name)}
    for row in rows_of(typed, "references"):
        if canonical := _canonical(row.get("url", "")):
            platform = platform_of(canonical)
            return {"url": row["url"]} | ({"platform": platform} if platform else {})
    return {}
