"""The page with the form of an incident, however it was come to: opened, sent, or checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.urls import reverse

from accounts.readers import Reader
from accounts.sessions import PageRequest
from hub.kit.errors import NotAllowed
from hub.web.pages import render_page
from incidents.core.forms import choices, typed
from incidents.core.forms.filing import IncidentForms
from incidents.core.forms.merging import CONFLICTS, differences, merged
from incidents.core.forms.pasting import PLATFORMS, TELEPHONE
from incidents.core.models import Incident, Status
from incidents.core.services.unsaved import find_unsaved, keep_unsaved
from incidents.core.unsaved import UnsavedWork


@dataclass
class Sheet:
    """The form of an incident in one window."""

    reader: Reader
    incident: Incident | None
    key: UUID
    """What the form of a new incident goes by."""
    window: UUID
    seen: int
    """The revision of the unsaved work that the window shows; 0 for none."""
    typed: dict[str, list[str]]
    work: UnsavedWork | None = None
    """What was typed before and not saved, if the page begins with it."""

    @property
    def address(self) -> str:
        """Where the form is, and where it is sent."""
        if self.incident is not None:
            return reverse("incident_edit", args=[self.incident.ref])
        return f"{reverse('incident_new')}?form={self.key}"

    @property
    def query(self) -> str:
        """Names the form in the address of another page about it."""
        if self.incident is not None:
            return urlencode({"incident": self.incident.ref})
        return urlencode({"form": str(self.key)})

    @property
    def hidden_fields(self) -> list[tuple[str, list[str]]]:
        """What the form carries without showing it."""
        return [(name, self.typed.get(name, [])) for name in ("revision", CONFLICTS)]

    @property
    def is_stale(self) -> bool:
        """Whether somebody else changed the incident since this form was begun."""
        if self.incident is None:
            return False
        return typed.only(self.typed, "revision") != str(self.incident.revision)

    def bring_up_to_date(self) -> None:
        """Take over what somebody else changed and the person did not touch."""
        if self.incident is not None and self.is_stale:
            self.typed = merged(self.typed, self.incident)

    def keep(self) -> UnsavedWork:
        """Keep what is typed. Raises TypedElsewhere, FiledAlready."""
        work = keep_unsaved(
            key=self.key,
            incident=self.incident,
            typed=self.typed,
            window=self.window,
            seen=self.seen,
            by=self.reader,
        )
        self.seen = work.revision
        return work

    def forms(self, *, checked: bool = False) -> IncidentForms:
        return IncidentForms(
            self.typed, reader=self.reader, incident=self.incident, checked=checked
        )


def open_sheet(reader: Reader, *, incident: Incident | None, key: UUID | None) -> Sheet:
    """The form as it was left: with what was typed and not saved, else as the incident is."""
    work = find_unsaved(key=key, incident=incident, by=reader)
    if work is not None and not work.typed:
        work = None
    begun = typed.typed_of(incident) if incident else typed.blank()
    sheet = Sheet(
        reader=reader,
        incident=incident,
        key=key or uuid4(),
        window=uuid4(),
        seen=work.revision if work else 0,
        typed=work.fields if work else begun,
        work=work,
    )
    sheet.bring_up_to_date()
    return sheet


def sent_sheet(request: PageRequest, *, incident: Incident | None, key: UUID) -> Sheet:
    """The form as a browser sends it. Raises NotAllowed, if another person had opened it there."""
    posted = request.POST
    if posted.get("typed_by", str(request.user.pk)) != str(request.user.pk):
        raise NotAllowed("Somebody else had opened this form: sign in as them, or open it anew.")
    return Sheet(
        reader=request.reader,
        incident=incident,
        key=key,
        window=read_uuid(posted.get("window", "")) or uuid4(),
        seen=typed.read_number(posted.get("seen", "")) or 0,
        typed=typed.kept_fields(posted),
    )


def read_uuid(text: str) -> UUID | None:
    """What a browser sends back of an id; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def show_sheet(
    request: PageRequest,
    sheet: Sheet,
    forms: IncidentForms | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page with the form; `context` adds what else it is to say."""
    shown = forms or sheet.forms()
    conflicts = sheet.typed.get(CONFLICTS, [])
    incident = sheet.incident
    return render_page(
        request,
        "incidents/form.html",
        {
            "sheet": sheet,
            "forms": shown,
            "main": shown.main,
            "incident": incident,
            "conflicts": differences(sheet.typed, incident, conflicts) if incident else [],
            "is_draft": incident is None or incident.status == Status.DRAFT,
            "countries": choices.countries(),
            "languages": choices.languages(),
            "platforms": [TELEPHONE, *sorted(set(PLATFORMS.values()))],
            **context,
        },
        fragment=fragment,
        status=status,
    )
