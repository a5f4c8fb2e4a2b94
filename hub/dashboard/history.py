"""What became of an incident, for its page: who changed what, and what stood there before."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.paging import page_of
from accounts.sessions import PageRequest
from hub.api.pagination import Page
from incidents.core.history import represent_versions, versions_visible_to
from incidents.core.models import Change, Incident

SHOWN: Final = 10
CUT: Final = 400
"""Characters of an old value; the API has all of it."""

CHANGES: Final[dict[str, str | Promise]] = {
    "created": gettext_lazy("Filed"),
    "updated": gettext_lazy("Changed"),
    "published": gettext_lazy("Published"),
    "tagged": gettext_lazy("Tagged"),
    "withdrawn": gettext_lazy("Withdrawn"),
    "redacted": gettext_lazy("Redacted"),
    "retagged": gettext_lazy("Tags merged"),
}
FIELDS: Final[dict[str, str | Promise]] = {
    "title": gettext_lazy("title"),
    "summary": gettext_lazy("summary"),
    "status": gettext_lazy("status"),
    "tlp": gettext_lazy("TLP mark"),
    "pap": gettext_lazy("PAP mark"),
    "audiences": gettext_lazy("audience"),
    "severity": gettext_lazy("severity"),
    "urgency": gettext_lazy("urgency"),
    "stage": gettext_lazy("stage"),
    "media_kinds": gettext_lazy("what it is"),
    "manipulation": gettext_lazy("manipulation"),
    "authenticity": gettext_lazy("authenticity"),
    "goals": gettext_lazy("goals"),
    "harms": gettext_lazy("harms"),
    "targets": gettext_lazy("targets"),
    "narrative": gettext_lazy("narrative"),
    "script": gettext_lazy("script"),
    "countries": gettext_lazy("countries"),
    "languages": gettext_lazy("languages"),
    "elections": gettext_lazy("elections"),
    "tags": gettext_lazy("tags"),
    "created": gettext_lazy("when it was made"),
    "distributed": gettext_lazy("when it was distributed"),
    "references": gettext_lazy("references"),
    "fingerprints": gettext_lazy("fingerprints"),
    "published_at": gettext_lazy("time of publication"),
    "withdrawn_at": gettext_lazy("time of withdrawal"),
    "withdrawn_reason": gettext_lazy("reason of withdrawal"),
    "merged_into": gettext_lazy("what it was merged into"),
}
QUIET: Final = frozenset(
    {"status", "published_at", "withdrawn_at", "merged_into", "merged_into_id"}
)
"""Fields of which the kind of change says it all."""


class Old(NamedTuple):
    """A value that stood in a field before."""

    field: str | Promise
    value: str


class Entry(NamedTuple):
    """One change."""

    version: int
    at: datetime
    who: str
    """Empty for the hub itself."""
    what: str | Promise
    note: str
    fields: list[str | Promise]
    old: list[Old]


def history_of(request: PageRequest, incident: Incident) -> Page[Entry]:
    """A page of the entries that the reader may know of, newest first."""
    reader = request.reader
    rows = versions_visible_to(reader, incident)
    page = page_of(request, rows, name="history", ordering="-pk", limit=SHOWN)
    is_owner = incident.owner_id == reader.member.pk
    told = represent_versions(page.rows, incident=incident, for_owner=is_owner)
    entries = [_entry(row, entry) for row, entry in zip(page.rows, told, strict=True)]
    return Page(entries, next=page.next, previous=page.previous)


def _entry(row: Any, told: dict[str, Any]) -> Entry:
    is_first = row.change == Change.CREATED or row.revision == 1
    fields = [name for name in told["fields"] if name not in QUIET and not is_first]
    old = {name: value for name, value in told.get("old", {}).items() if name not in QUIET}
    return Entry(
        version=told["version"],
        at=row.updated_at,
        who=row.changed_by.name if told["organisation"] else "",
        what=CHANGES.get(told["change"], told["change"]),
        note=told.get("note", ""),
        fields=[FIELDS.get(name, name) for name in fields],
        old=[Old(FIELDS.get(name, name), _in_words(value)) for name, value in old.items()],
    )


def _in_words(value: Any) -> str:
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    elif isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = str(value)
    return text if len(text) <= CUT else f"{text[:CUT]}…"
