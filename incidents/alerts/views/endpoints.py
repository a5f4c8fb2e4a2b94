"""The pages of one's organisation's endpoints, for its administrators."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import refuse
from accounts.paging import page_of
from accounts.readers import Reader
from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.kit.errors import Absent, Conflict, InvalidInput
from hub.web.pages import render_page, wants_fragment
from incidents.alerts.delivery_log import (
    NOTHING_YET,
    WINDOW,
    FirstEvent,
    Tally,
    entries,
    first_event,
    log_of,
    tallies,
)
from incidents.alerts.forms import DeliveryFilter, EndpointForm
from incidents.alerts.models import Endpoint, EndpointState
from incidents.alerts.services import endpoints
from incidents.alerts.snippets import SNIPPETS
from incidents.alerts.words import outcome_of

FORM: Final = ["GET", "HEAD", "POST"]
ENDPOINTS_SHOWN: Final = 25
LOOKS_FOR_SECONDS: Final = 15 * 60
"""How long a page that was opened once asks for the first event by itself."""


@require_safe
@signed_in
def endpoint_list(request: PageRequest) -> HttpResponse:
    """Where alerts are posted to, and how that goes."""
    reader = request.reader
    require_administrator(reader, "endpoint.read")
    page = page_of(
        request,
        Endpoint.objects.visible_to(reader),
        name="endpoints",
        ordering="-created_at",
        limit=ENDPOINTS_SHOWN,
    )
    counted = tallies(page.rows)
    context = {
        "rows": [{"endpoint": one, "tally": counted.get(one.pk, Tally())} for one in page.rows],
        "page": page,
        "window": WINDOW,
    }
    return render_page(request, "alerts/endpoints.html", context)


@require_http_methods(FORM)
@signed_in
def endpoint_new(request: PageRequest) -> HttpResponse:
    """Make an endpoint; its secret stands on the page that answers, and nowhere afterwards."""
    reader = request.reader
    require_administrator(reader, "endpoint.create")
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = endpoints.create_endpoint(
                member_id=reader.member.pk, **form.cleaned_data, by=reader.actor
            )
        except (InvalidInput, Conflict) as error:
            refuse(form, error)
        else:
            # Nothing was seen yet: the first look also gives the page its lasting address.
            context = {"made": made, "snippets": SNIPPETS, **_check(made.endpoint), "seen": ""}
            return render_page(request, "alerts/endpoint_made.html", context)
    return render_page(request, "alerts/endpoint_new.html", {"form": form})


@require_safe
@signed_in
def endpoint(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """How an endpoint is set up, and the log of what was sent to it."""
    found = find_endpoint(request.reader, endpoint_id, "endpoint.read")
    form = DeliveryFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, log_of(found, **chosen), name="deliveries", ordering="-sequence")
    context: dict[str, Any] = {
        "endpoint": found,
        "form": form,
        "page": page,
        "entries": entries(page.rows, request.reader),
        "is_filtered": any(chosen.values()),
    }
    if not wants_fragment(request):
        tally = tallies([found]).get(found.pk, Tally())
        context |= {"tally": tally, "window": WINDOW}
        if tally.last_delivered_at is None:
            context |= _check(found)
    return render_page(request, "alerts/endpoint.html", context, fragment="alerts/_deliveries.html")


@require_safe
@signed_in
def endpoint_first_event(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """What became of the first event: a part of a page, which asks for it until there is an end.

    Nothing is answered while nothing is new, so that nothing is read out again.
    """
    found = find_endpoint(request.reader, endpoint_id, "endpoint.read")
    if not wants_fragment(request):
        return redirect("endpoint", found.pk)
    seen, opened = request.GET.get("seen", ""), _moment(request.GET.get("opened", ""))
    context = _check(found, opened=opened)
    stage = context["first"].stage
    if stage == seen and context["asks_again"]:
        return HttpResponse(status=204)
    context["is_news"] = stage != (seen or NOTHING_YET)
    response = render_page(
        request, "alerts/_first_event.html", context, fragment="alerts/_first_event.html"
    )
    if not seen:
        # The page that answered a form: loaded anew, it would make another endpoint.
        response["HX-Replace-Url"] = reverse("endpoint", args=[found.pk])
    return response


@require_http_methods(FORM)
@signed_in
def endpoint_edit(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """Another address, other topics."""
    found = find_endpoint(request.reader, endpoint_id, "endpoint.update")
    known = {"url": found.url, "description": found.description, "topics": found.topics}
    form = EndpointForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            endpoints.update_endpoint(
                endpoint_id=found.pk, changes=form.cleaned_data, by=request.reader.actor
            )
        except InvalidInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("The endpoint is saved."))
            return redirect("endpoint", found.pk)
    context = {"form": form, "endpoint": found}
    return render_page(request, "alerts/endpoint_edit.html", context)


@require_http_methods(FORM)
@signed_in
def endpoint_delete(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """Ask with GET, delete with POST."""
    found = find_endpoint(request.reader, endpoint_id, "endpoint.delete")
    if request.method != "POST":
        context = {"endpoint": found, "tally": tallies([found]).get(found.pk, Tally())}
        return render_page(request, "alerts/endpoint_delete.html", context)
    endpoints.delete_endpoint(endpoint_id=found.pk, by=request.reader.actor)
    messages.success(request, _("The endpoint is deleted; nothing is posted to it any more."))
    return redirect("endpoint_list")


@require_http_methods(FORM)
@signed_in
def endpoint_enable(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """Ask with GET what becomes of what waited; switch a disabled one on again with POST."""
    found = find_endpoint(request.reader, endpoint_id, "endpoint.enable")
    if found.state == EndpointState.ACTIVE:
        return redirect("endpoint", found.pk)
    if request.method != "POST":
        return render_page(request, "alerts/endpoint_enable.html", {"endpoint": found})
    sends = request.POST.get("waiting") == "send"
    endpoints.enable_endpoint(endpoint_id=found.pk, send_waiting=sends, by=request.reader.actor)
    messages.success(
        request,
        _("The endpoint is active; what waited is sent now.")
        if sends
        else _("The endpoint is active; what waited is skipped."),
    )
    return redirect("endpoint", found.pk)


def require_administrator(reader: Reader, action: str, *objects: str) -> None:
    """Raises NotAllowed, and keeps it on record, for all others."""
    with refusal_on_record(reader, action, *objects):
        reader.require(Right.ADMINISTER)


def find_endpoint(reader: Reader, endpoint_id: UUID, action: str) -> Endpoint:
    """One of the reader's organisation, for its administrators. Raises Absent, NotAllowed."""
    found = Endpoint.objects.visible_to(reader).filter(pk=endpoint_id).first()
    if found is None:
        raise Absent
    require_administrator(reader, action, str(found.pk))
    return found


def _check(found: Endpoint, *, opened: int | None = None) -> dict[str, Any]:
    """How the first event stands, and whether the page goes on asking."""
    first = first_event(found)
    opened = int(time.time()) if opened is None else opened
    still_looks = time.time() - opened < LOOKS_FOR_SECONDS
    return {
        "endpoint": found,
        "first": first,
        "outcome": _outcome(first),
        "opened": opened,
        "asks_again": still_looks and not first.is_over and found.state == EndpointState.ACTIVE,
        "seen": first.stage,
    }


def _outcome(first: FirstEvent) -> Any:
    attempt = first.attempt
    if attempt is None or first.is_delivered:
        return None
    return outcome_of(attempt.status, attempt.error)


def _moment(text: str) -> int | None:
    """Seconds since 1970, as the page was given them."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
