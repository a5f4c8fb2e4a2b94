"""What two people changed of one incident at the same time, member by member."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from incidents.core.forms import choices
from incidents.core.forms.rows import ROWS
from incidents.core.forms.typed import only, read_number, rows_of, same, typed_of
from incidents.core.models import Incident, IncidentVersion
from incidents.core.unsaved import Typed

CONFLICTS: Final = "conflicts"
"""Field that names what both have changed, as long as nobody has chosen."""

TOGETHER: Final[dict[str, tuple[str, ...]]] = {
    "languages": ("languages", "other_languages"),
    "tags": ("tags", "new_tags"),
    "audiences": ("audience_members", "audience_groups", "audience_people", "audience_others"),
    "created": tuple(f"created_{part}" for part in ("at", "precision", "country", "tool")),
    "distributed": tuple(
        f"distributed_{part}" for part in ("at", "precision", "country", "platform")
    ),
}
"""Members of an incident that several fields make."""

WORDS: Final[dict[str, Any]] = {
    "title": _("Title"),
    "summary": _("Summary"),
    "tlp": _("Mark"),
    "pap": _("What may be done with it"),
    "audiences": _("Audience"),
    "severity": _("Severity"),
    "urgency": _("Urgency"),
    "stage": _("Stage"),
    "media_kinds": _("What kind of media"),
    "manipulation": _("How it was made"),
    "goals": _("What it is for"),
    "harms": _("What harm it does"),
    "targets": _("Targets"),
    "narrative": _("Narrative"),
    "script": _("Script"),
    "countries": _("Countries"),
    "languages": _("Languages"),
    "elections": _("Elections"),
    "tags": _("Tags"),
    "created": _("Made"),
    "distributed": _("Distributed"),
    "references": _("References"),
    "fingerprints": _("Fingerprints"),
}
"""The members of an incident that the form changes, and what they are called."""


class Difference(NamedTuple):
    """A member that somebody else changed too."""

    member: str
    label: Any
    ours: str
    theirs: str


def part(typed: Typed, member: str) -> dict[str, list[str]]:
    """The fields of a form that make one member."""
    if member in ROWS:
        return {n: list(v) for n, v in typed.items() if n.startswith(f"{member}-")}
    names = TOGETHER.get(member, (member,))
    return {name: list(typed[name]) for name in names if name in typed}


def changed_members(typed: Typed, incident: Any) -> set[str]:
    """Members in which a form says something else than the incident, or a version of it."""
    stored = typed_of(incident)
    changed = {name for name in WORDS if not same(part(typed, name), part(stored, name))}
    # The mark decides which fields name the audience.
    return changed | {"audiences"} if "tlp" in changed else changed


def take_over(typed: Typed, incident: Any, members: Iterable[str]) -> dict[str, list[str]]:
    """The form with these members as the incident has them."""
    stored, taken = typed_of(incident), {name: list(values) for name, values in typed.items()}
    for member in members:
        for name in part(taken, member):
            del taken[name]
        taken |= part(stored, member)
    return taken


def merged(typed: Typed, incident: Incident) -> dict[str, list[str]]:
    """A form that was begun on an earlier revision, brought up to the present one.

    What the person has not touched becomes what it is now. What both have changed stays as typed,
    and stands in `CONFLICTS` until they have chosen.
    """
    revision = only(typed, "revision")
    rows = IncidentVersion.objects.filter(pgh_obj=incident)
    number = read_number(revision)
    base = rows.filter(revision=number).first() if number is not None else None
    ours = changed_members(typed, base) if base else set(WORDS)
    theirs = changed_members(typed_of(base), incident) if base else set(WORDS)
    brought = take_over(typed, incident, theirs - ours)
    both = theirs & ours & changed_members(typed, incident)
    known = {name for name in typed.get(CONFLICTS, ()) if name in WORDS}
    brought[CONFLICTS] = sorted(both | known)
    brought["revision"] = [str(incident.revision)]
    return brought


def differences(typed: Typed, incident: Incident, members: Collection[str]) -> list[Difference]:
    """Those of the members in which the form still says something else, in words."""
    stored = typed_of(incident)
    differ = changed_members(typed, incident) & set(members)
    return [
        Difference(name, WORDS[name], in_words(typed, name), in_words(stored, name))
        for name in WORDS
        if name in differ
    ]


def in_words(typed: Typed, member: str) -> str:
    """What stands in a member, for people."""
    if member in ROWS:
        rows = [
            [text for name, text in row.items() if text and name != "rest"]
            for row in rows_of(typed, member)
        ]
        return "\n".join(", ".join(texts) for texts in rows if texts)
    said = SAID.get(member, str)
    values = [one for values in part(typed, member).values() for one in values if one]
    return ", ".join(said(value) for value in values)


def _label(namespace: str) -> Callable[[str], str]:
    return lambda value: choices.name_of(value, choices.of_vocabulary(namespace))


SAID: Final[dict[str, Callable[[str], str]]] = {
    name: _label(name)
    for name in (
        "tlp", "pap", "severity", "urgency", "stage", "media_kinds", "manipulation", "goals",
        "harms", "countries",
    )
}  # fmt: skip
