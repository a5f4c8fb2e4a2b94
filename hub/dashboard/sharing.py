"""Who can see an incident, in words, for the people of the organisation that owns it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from accounts.readers import Reader
from incidents.core.audiences import NamedReader as Row
from incidents.core.models import Incident, Status
from incidents.sharing.marks import OPEN_MARKS, Tlp
from incidents.sharing.models import SharingGroup


class NamedReader(NamedTuple):
    """One whom the owner named."""

    name: str
    kind: str
    note: str = ""


class Sharing(NamedTuple):
    """A sentence, whom it speaks of, and what else is to be known."""

    sentence: str
    named: list[NamedReader]
    notes: list[str]


def sharing_of(incident: Incident, reader: Reader) -> Sharing:
    """Who reads the incident today, or would once it is published; three queries.

    Of a group no more than its name, and of persons elsewhere no more than their organisation.
    """
    named = _named(incident, reader)
    return Sharing(_sentence(incident), named, _notes(incident, named))


def _sentence(incident: Incident) -> str:
    if incident.status == Status.WITHDRAWN:
        return _(
            "It was withdrawn. Whoever could read it sees when and why, and nothing else of it:"
        )
    if incident.status == Status.DRAFT:
        return _draft(incident)
    return _published(incident)


def _draft(incident: Incident) -> str:
    if incident.tlp == Tlp.RED:
        return _(
            "A draft: its author, and the leads and admins of your organisation. Once it is"
            " published, the persons named here too."
        )
    if incident.audiences:
        return _("A draft: your organisation alone. Once it is published, those named here too.")
    later = {
        Tlp.CLEAR: _("A draft: your organisation alone. Once it is published, all organisations."),
        Tlp.GREEN: _("A draft: your organisation alone. Once it is published, the community."),
    }
    nobody = _("A draft: your organisation alone. To be published it has to name somebody.")
    return later.get(Tlp(incident.tlp), nobody)


def _published(incident: Incident) -> str:
    if incident.tlp == Tlp.RED:
        return _(
            "Its author, the leads and admins of your organisation, and the persons named here;"
            " never through a token, an alert or the feed."
        )
    if incident.tlp in OPEN_MARKS and not incident.audiences:
        everybody = {
            Tlp.CLEAR: _("Every active organisation of the hub, observers among them."),
            Tlp.GREEN: _("The community: all members and admitted fact-checkers. No observers."),
        }
        return everybody[Tlp(incident.tlp)]
    return _("Your organisation, and those named here:")


def _notes(incident: Incident, named: list[NamedReader]) -> list[str]:
    notes = []
    if incident.tlp in OPEN_MARKS and incident.audiences:
        notes.append(_("The mark alone would open it to more; naming readers narrows it to them."))
    if incident.tlp == Tlp.AMBER_STRICT and named:
        notes.append(_("TLP:AMBER+STRICT never reaches observers, whether or not they are named."))
    if incident.tlp == Tlp.GREEN and named:
        notes.append(_("TLP:GREEN never reaches observers, whether or not they are named."))
    return notes


def _named(incident: Incident, reader: Reader) -> list[NamedReader]:
    rows = incident.named.select_related("member", "group", "user__member")
    known = set(SharingGroup.objects.visible_to(reader).values_list("pk", flat=True))
    return [_reader(row, reader, known) for row in rows.order_by("pk")]


def _reader(row: Row, reader: Reader, known: set[Any]) -> NamedReader:
    if row.member is not None:
        note = _("observer") if row.member.is_observer else ""
        return NamedReader(row.member.name, "member", note)
    if row.group is not None:
        if row.group_id not in known:
            return NamedReader(_("A group you cannot name today"), "group")
        hidden = row.group.membership_hidden and row.group.owner_id != reader.member.pk
        note = _("who belongs to it is hidden") if hidden else ""
        return NamedReader(row.group.name, "group", note)
    return _person(row, reader)


def _person(row: Row, reader: Reader) -> NamedReader:
    user = row.user
    if user is not None and user.member_id == reader.member.pk:
        return NamedReader(user.display_name, "person", user.email)
    member = user.member if user is not None else None
    return NamedReader(_("A person named by id"), "person", member.name if member else "")
