"""Why somebody may read an incident, or what hangs on it, or may not: the table, line by line.

The lines say in words what `incidents.core.visibility` says in SQL; a property test holds the two
together. Pure but for the groups of the organisation that asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.readers import Reader
from incidents.core.models import Child, Incident, Status
from incidents.core.visibility import LEADS
from incidents.sharing.marks import OPEN_MARKS, Tlp, stricter, strictness

Words = str | Promise


class Outcome(StrEnum):
    """What a line of the table says."""

    ADMITS = "admits"
    REFUSES = "refuses"
    GOES_ON = "goes on"
    """It decides nothing here: the next one is asked."""


class Line(NamedTuple):
    """A line of the table, and what it finds here."""

    rule: Words
    finding: Words
    outcome: Outcome


@dataclass(frozen=True)
class Explanation:
    """The lines that were asked, in order; the last one decided."""

    lines: tuple[Line, ...]
    leaves_a_trace_only: bool = False
    """It was withdrawn: who is not its owner reads that it was, when and why, and nothing else."""

    @property
    def deciding(self) -> Line:
        return self.lines[-1]

    @property
    def may_read(self) -> bool:
        return self.deciding.outcome is Outcome.ADMITS


class Naming(StrEnum):
    """How an audience names an organisation."""

    NOT = "not"
    ITSELF = "itself"
    BY_GROUP = "by a group"


@dataclass(frozen=True)
class Facts:
    """All that decides whether a reader may read a record."""

    is_active: bool
    in_community: bool
    owns: bool
    """The organisation filed it, or the incident it hangs on."""
    said_it: bool
    """The organisation itself made the record."""
    has_person: bool
    person_is_active: bool
    is_author: bool
    is_lead: bool
    """Of the organisation that made the record."""
    mark: str
    status: str
    has_audience: bool
    naming: Naming
    person_is_named: bool
    follows: bool = False
    """It goes where its incident goes."""


Rule = Callable[[Facts], Line | None]
"""None where the line is not about records of this kind."""


def explain(incident: Incident, reader: Reader) -> Explanation:
    """Why `reader` may read `incident`, or may not; whole or what is left of it."""
    facts = _facts_of_incident(incident, reader)
    is_withdrawn = incident.status == Status.WITHDRAWN and not facts.owns
    return Explanation(tuple(_walk(INCIDENT_TABLE, facts)), leaves_a_trace_only=is_withdrawn)


def explain_child(child: Child, reader: Reader) -> Explanation:
    """Why `reader` may read what hangs on an incident, or may not: the incident's lines first."""
    of_incident = explain(child.incident, reader)
    if not of_incident.may_read:
        return of_incident
    above = of_incident.deciding._replace(
        rule=_("It hangs on an incident, which must be readable."), outcome=Outcome.GOES_ON
    )
    return Explanation((above, *_walk(CHILD_TABLE, _facts_of_child(child, reader))))


def _walk(table: Sequence[Rule], facts: Facts) -> Iterator[Line]:
    for rule in table:
        line = rule(facts)
        if line is not None:
            yield line
            if line.outcome is not Outcome.GOES_ON:
                return


# Facts --------------------------------------------------------------------------------------
def _facts_of_incident(incident: Incident, reader: Reader) -> Facts:
    owns = incident.owner_id == reader.member.pk
    return Facts(
        **_of_reader(reader),
        owns=owns,
        said_it=owns,
        is_author=reader.user is not None and incident.author_id == reader.user.pk,
        is_lead=owns and _leads(reader.user),
        mark=incident.tlp,
        status=incident.status,
        has_audience=bool(incident.audiences),
        naming=_naming(incident.audiences, reader),
        person_is_named=_names_person(incident.audiences, reader.user),
    )


def _facts_of_child(child: Child, reader: Reader) -> Facts:
    incident = child.incident
    said_it = child.organisation_id == reader.member.pk
    is_no_wider = strictness(incident.tlp) >= strictness(child.tlp)
    return Facts(
        **_of_reader(reader),
        owns=incident.owner_id == reader.member.pk,
        said_it=said_it,
        is_author=reader.user is not None and child.author_id == reader.user.pk,
        is_lead=said_it and _leads(reader.user),
        mark=stricter(child.tlp, incident.tlp),
        status=incident.status,
        has_audience=bool(child.audiences),
        naming=_naming(child.audiences, reader),
        person_is_named=_names_person(child.audiences, reader.user),
        follows=child.follows_incident and is_no_wider,
    )


def _of_reader(reader: Reader) -> dict[str, bool]:
    return {
        "is_active": reader.member.is_active,
        "in_community": reader.member.in_community,
        "has_person": reader.user is not None,
        "person_is_active": reader.user is not None and reader.user.is_active,
    }


def _leads(user: User | None) -> bool:
    return user is not None and user.role in LEADS


def _naming(audiences: Sequence[Mapping[str, str]], reader: Reader) -> Naming:
    if any(entry.get("member") == reader.member.slug for entry in audiences):
        return Naming.ITSELF
    groups = {str(one.group_id) for one in reader.member.memberships.all()}
    by_group = any(entry.get("group") in groups for entry in audiences)
    return Naming.BY_GROUP if by_group else Naming.NOT


def _names_person(audiences: Sequence[Mapping[str, str]], user: User | None) -> bool:
    return user is not None and any(entry.get("user") == str(user.pk) for entry in audiences)


# Lines that all records share ---------------------------------------------------------------
def _organisation(facts: Facts) -> Line:
    rule = _("Only active organisations read anything.")
    if facts.is_active:
        return Line(rule, _("The organisation is active."), Outcome.GOES_ON)
    return Line(rule, _("The organisation is not active."), Outcome.REFUSES)


def _red_needs_a_person(facts: Facts) -> Line | None:
    if facts.mark != Tlp.RED:
        return None
    rule = _("Red is read by persons, never by a token, an endpoint or a feed.")
    if not facts.has_person:
        return Line(rule, _("No person asks."), Outcome.REFUSES)
    if not facts.person_is_active:
        return Line(rule, _("The person's access has ended."), Outcome.REFUSES)
    return Line(rule, _("A person with access asks."), Outcome.GOES_ON)


def _red_author(facts: Facts) -> Line | None:
    if facts.mark != Tlp.RED:
        return None
    rule = _("Whoever wrote what is red reads it.")
    if facts.is_author:
        return Line(rule, _("The person is its author."), Outcome.ADMITS)
    return Line(rule, _("The person is not its author."), Outcome.GOES_ON)


def _red_leads(facts: Facts) -> Line | None:
    if facts.mark != Tlp.RED:
        return None
    rule = _("Leads and admins of the organisation that made it read what is red.")
    if facts.is_lead:
        return Line(rule, _("The person is one of them."), Outcome.ADMITS)
    return Line(rule, _("The person is none of them."), Outcome.GOES_ON)


def _red_draft(facts: Facts) -> Line | None:
    if facts.mark != Tlp.RED or facts.status != Status.DRAFT:
        return None
    rule = _("A red draft is for nobody else, not even for those it names already.")
    return Line(rule, _("It is a draft."), Outcome.REFUSES)


def _red_named(facts: Facts) -> Line | None:
    if facts.mark != Tlp.RED:
        return None
    rule = _("Of all others, the persons that it names read what is red.")
    if facts.person_is_named:
        return Line(rule, _("It names the person."), Outcome.ADMITS)
    if facts.follows:
        return Line(rule, _("It does not name the person."), Outcome.GOES_ON)
    return Line(rule, _("It does not name the person."), Outcome.REFUSES)


def _kind(facts: Facts) -> Line | None:
    if facts.mark not in {Tlp.GREEN, Tlp.AMBER_STRICT}:
        return None
    rule = _("Green and amber+strict are never for observers, even if they are named.")
    if facts.in_community:
        return Line(rule, _("The organisation belongs to the community."), Outcome.GOES_ON)
    return Line(rule, _("The organisation is an observer."), Outcome.REFUSES)


def _audience(facts: Facts) -> Line:
    named, outcome = NAMED[facts.naming]
    if facts.mark not in OPEN_MARKS:
        rule = _("Amber and amber+strict are read by the organisations that the audience names.")
        return Line(rule, named, outcome)
    rule = _("Clear is for every organisation, green for the community; an audience narrows both.")
    if facts.has_audience:
        return Line(rule, named, outcome)
    return Line(rule, _("It has no audience."), Outcome.ADMITS)


NAMED: dict[Naming, tuple[Words, Outcome]] = {
    Naming.ITSELF: (_("The audience names the organisation itself."), Outcome.ADMITS),
    Naming.BY_GROUP: (
        _("The audience names a sharing group to which the organisation belongs."),
        Outcome.ADMITS,
    ),
    Naming.NOT: (
        _("The audience names neither the organisation nor a group to which it belongs."),
        Outcome.REFUSES,
    ),
}


# Lines about incidents ----------------------------------------------------------------------
def _owner(facts: Facts) -> Line:
    rule = _("The organisation that filed it reads it.")
    if facts.owns:
        return Line(rule, _("The organisation filed it."), Outcome.ADMITS)
    return Line(rule, _("Another organisation filed it."), Outcome.GOES_ON)


def _draft(facts: Facts) -> Line:
    rule = _("A draft is for the organisation that filed it alone.")
    if facts.status == Status.DRAFT:
        return Line(rule, _("It is a draft."), Outcome.REFUSES)
    return Line(rule, _("It was published."), Outcome.GOES_ON)


# Lines about what hangs on incidents --------------------------------------------------------
def _withdrawn(facts: Facts) -> Line:
    rule = _("Nothing that hangs on a withdrawn incident is read, but by the incident's owner.")
    if facts.status != Status.WITHDRAWN:
        return Line(rule, _("The incident was not withdrawn."), Outcome.GOES_ON)
    if facts.owns:
        return Line(rule, _("The organisation owns the incident."), Outcome.GOES_ON)
    return Line(rule, _("The incident was withdrawn."), Outcome.REFUSES)


def _follows(facts: Facts) -> Line | None:
    rule = _("What the owner said without a mark of its own goes where the incident goes.")
    if facts.follows:
        return Line(rule, _("It follows the incident."), Outcome.ADMITS)
    return Line(rule, _("It does not follow the incident."), Outcome.GOES_ON)


def _own_part(facts: Facts) -> Line:
    rule = _("The organisation that said it, and the owner of the incident, read it.")
    if facts.said_it or facts.owns:
        return Line(rule, _("The organisation is one of them."), Outcome.ADMITS)
    return Line(rule, _("The organisation is none of them."), Outcome.GOES_ON)


INCIDENT_TABLE: tuple[Rule, ...] = (
    *(_organisation, _red_needs_a_person, _red_author, _red_leads, _red_draft, _red_named),
    *(_owner, _draft, _kind, _audience),
)
CHILD_TABLE: tuple[Rule, ...] = (
    *(_organisation, _withdrawn, _red_needs_a_person, _red_author, _red_leads, _red_named),
    *(_follows, _own_part, _kind, _audience),
)
