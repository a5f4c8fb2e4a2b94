"""What becomes of the form of an incident when it is sent: kept, given another row, or saved."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest
from hub.kit.errors import (
    BodyTooLarge,
    Conflict,
    HubError,
    InvalidInput,
    NotAllowed,
    PreconditionFailed,
    ReauthenticationRequired,
)
from incidents.core.forms import typed
from incidents.core.forms.filing import IncidentForms
from incidents.core.forms.merging import CONFLICTS, changed_members, take_over
from incidents.core.forms.rows import ROWS
from incidents.core.models import Incident, Status
from incidents.core.services.unsaved import (
    FiledAlready,
    TypedElsewhere,
    file_form,
    find_unsaved,
    forget_unsaved,
    require_latest,
    save_form,
)
from incidents.core.unsaved import UnsavedWork
from incidents.core.views.finding import own_incident
from incidents.core.views.sheets import Sheet, show_sheet

PUBLISH: Final = "publish"


def answer(request: PageRequest, sheet: Sheet) -> HttpResponse:
    """Do what the button asks for that was pressed."""
    posted = request.POST
    if "autosave" in posted:
        return _autosave(sheet)
    if "discard" in posted:
        return _discard(request, sheet)
    name, _dash, number = posted.get("remove", "").partition("-")
    place = typed.read_number(number)
    if posted.get("add") in ROWS:
        sheet.typed = typed.with_row(sheet.typed, posted["add"])
        return _show_rows(request, sheet, posted["add"], added=True)
    if name in ROWS and place is not None:
        sheet.typed = typed.without_row(sheet.typed, name, place)
        return _show_rows(request, sheet, name, added=False)
    if "save" in posted:
        return _save(request, sheet)
    return _restore(request, sheet)


# Keeping ---------------------------------------------------------------------------------------


def _autosave(sheet: Sheet) -> HttpResponse:
    """Keep what is typed, for the script that sends it by itself."""
    try:
        sheet.keep()
    except (TypedElsewhere, FiledAlready) as error:
        latest = find_unsaved(key=sheet.key, incident=sheet.incident, by=sheet.reader)
        seen = latest.revision if latest and latest.typed else 0
        return JsonResponse({"words": _in_words(error, latest), "seen": seen}, status=409)
    except BodyTooLarge:
        words = _("This is too much to be saved while you type. Save it in smaller parts.")
        return JsonResponse({"words": words}, status=413)
    time = time_format(timezone.localtime(), "H:i:s")
    return JsonResponse({"words": _("Saved %s") % time, "seen": sheet.seen})


def _restore(request: PageRequest, sheet: Sheet) -> HttpResponse:
    """What was sent without a word on what to do with it is kept, and shown in the form."""
    try:
        sheet.keep()
    except (TypedElsewhere, FiledAlready) as error:
        return _show_refused(request, sheet, error)
    return redirect(sheet.address)


def _discard(request: PageRequest, sheet: Sheet) -> HttpResponse:
    forget_unsaved(key=sheet.key, incident=sheet.incident, by=sheet.reader)
    messages.success(request, _("What was not saved is discarded."))
    return redirect(sheet.address if sheet.incident else "incident_new")


def _show_rows(request: PageRequest, sheet: Sheet, name: str, *, added: bool) -> HttpResponse:
    """The form with a row more or less; to htmx that list alone."""
    forms = sheet.forms()
    if name not in forms.rows:
        return show_sheet(request, sheet, forms)
    return show_sheet(
        request,
        sheet,
        forms,
        fragment="incidents/_rows.html",
        rows=forms.rows[name],
        name=name,
        changed=name,
        added=added,
    )


# Saving ----------------------------------------------------------------------------------------


def _save(request: PageRequest, sheet: Sheet) -> HttpResponse:
    """File or change the incident; whatever is refused, the form comes again with what it held."""
    if sheet.incident is not None:
        chosen = set(request.POST.getlist("take")) & set(sheet.typed.get(CONFLICTS, []))
        sheet.typed = take_over(sheet.typed, sheet.incident, chosen)
        if sheet.is_stale:
            return _show_stale(request, sheet)
    forms = sheet.forms(checked=True)
    action = "incident.update" if sheet.incident else "incident.create"
    try:
        with refusal_on_record(sheet.reader, action, *_refs(sheet.incident)):
            incident = _write(sheet, forms)
    except PreconditionFailed:
        return _show_stale(request, sheet)
    except ReauthenticationRequired:
        sheet.keep()  # the password page leads back to it
        raise
    except (TypedElsewhere, FiledAlready) as error:
        return _show_refused(request, sheet, error)
    except (InvalidInput, NotAllowed, Conflict) as error:
        forms.refuse(error)
        return show_sheet(request, sheet, forms)
    if request.POST["save"] == PUBLISH and incident.status == Status.DRAFT:
        return redirect("incident_publish", incident.ref)
    messages.success(request, _("%s is saved.") % incident.ref)
    return redirect("incident", incident.ref)


def _write(sheet: Sheet, forms: IncidentForms) -> Incident:
    work = find_unsaved(key=sheet.key, incident=sheet.incident, by=sheet.reader)
    require_latest(work, window=sheet.window, seen=sheet.seen)
    if sheet.incident is None:
        fields = forms.checked_document()
        return file_form(
            key=sheet.key,
            window=sheet.window,
            observations=fields.pop("observations", []),
            fields=fields,
            by=sheet.reader,
        )
    changed = changed_members(sheet.typed, sheet.incident)
    return save_form(
        incident=sheet.incident,
        changes=forms.checked_document(only=changed),
        expected_revision=sheet.incident.revision,
        by=sheet.reader,
    )


def _refs(incident: Incident | None) -> list[str]:
    return [incident.ref] if incident else []


# Refusing --------------------------------------------------------------------------------------


def _show_stale(request: PageRequest, sheet: Sheet) -> HttpResponse:
    """Somebody else saved first: both texts, side by side where both changed the same."""
    (ref,) = _refs(sheet.incident)
    sheet.incident = own_incident(sheet.reader, ref, action="incident.update", right=Right.FILE)
    sheet.bring_up_to_date()
    return show_sheet(request, sheet, was_stale=True)


def _show_refused(request: PageRequest, sheet: Sheet, error: HubError) -> HttpResponse:
    """Another window has typed or filed; to save again is to want this text all the same."""
    latest = find_unsaved(key=sheet.key, incident=sheet.incident, by=sheet.reader)
    elsewhere: dict[str, Any] = {"words": _in_words(error, latest), "address": sheet.address}
    if isinstance(error, FiledAlready):
        elsewhere["address"] = _filed_address(latest)
        sheet.key, sheet.seen = uuid4(), 0
    elif latest is not None:
        sheet.seen = latest.revision
    return show_sheet(request, sheet, elsewhere=elsewhere)


def _filed_address(work: UnsavedWork | None) -> str:
    filed = work.filed_as if work else None
    return reverse("incident", args=[filed.ref]) if filed else ""


def _in_words(error: HubError, latest: UnsavedWork | None) -> str:
    if isinstance(error, FiledAlready):
        filed = latest.filed_as if latest else None
        if filed is None:
            return _("This form was filed already. To save it again is to file another incident.")
        return (
            _("This form was filed already, as %s. To save it again is to file another incident.")
            % filed.ref
        )
    if latest is None:
        return _("This form was saved or discarded in another window.")
    time = time_format(timezone.localtime(latest.updated_at), "H:i:s")
    return _("This form was changed in another window at %s.") % time
