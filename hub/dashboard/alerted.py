"""Who was alerted of an incident and when, as far as its owner may know it.

What an owner is told, and why:

- Organisations, never their endpoints: neither how many there are nor where they are.
- Alerts of the incident itself, not of parts of it or of links: those have readers of their own.
- Whoever the owner itself let in is named: by an open mark, by name, or by a group whose members
  the owner's organisation may know today. Of others there is no line and no number.
- An opaque group is one with hidden membership that others manage, or one that the owner's
  organisation cannot see any more. Since one was named, what reached a single organisation could
  tell that it belongs to the group: whether it gained or lost sight of the incident, whether
  something that waited for it was cancelled, whether it has read the feed. So then
  organisations are named only if mark or name let them in without a break since the event;
  changes of sight are left out altogether; all groups stand as groups, each with the states of
  its deliveries, without names, numbers or times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.readers import Reader
from hub.outbox.models import Event, EventQuerySet
from incidents.alerts.models import UNFINISHED, Delivery, DeliveryState
from incidents.core.models import Disclosure, Incident, IncidentVersion, Status
from incidents.sharing.marks import OPEN_MARKS, Tlp
from incidents.sharing.models import Membership, SharingGroup

TOPICS: Final = (
    "incident.published",
    "incident.updated",
    "incident.granted",
    "incident.revoked",
    "incident.withdrawn",
)
NOBODY: Final = Q(pk__in=[])
EVERYBODY: Final = ~NOBODY


class Era(NamedTuple):
    """Mark and audience of one revision of the published incident."""

    version: int
    tlp: str
    members: frozenset[str]
    groups: frozenset[UUID]

    @property
    def is_open(self) -> bool:
        """Whether the mark lets in without anybody being named."""
        return self.tlp in OPEN_MARKS and not (self.members or self.groups)


class Alerted(NamedTuple):
    """An organisation that was to be told of an event, and how that went."""

    name: str
    state: str
    at: datetime | None
    delay: str
    """From the commit of the change to the first delivery."""


class AlertedGroup(NamedTuple):
    """A group whose members are not told apart."""

    name: str
    states: list[str]


class Fetched(NamedTuple):
    """An organisation that read the incident in its feed and was sent nothing of it."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Alerts:
    """What the owner of an incident may know of its alerts; asks the database when asked."""

    incident: Incident
    eras: Sequence[Era]
    own_groups: dict[UUID, SharingGroup]
    """The named groups that the owner's organisation sees today, by id."""
    is_opaque: bool

    def events(self) -> EventQuerySet:
        """Those that can be told of, newest first."""
        rows = Event.objects.filter(
            stream_id=self.incident.pk, subject_id=self.incident.pk, topic__in=TOPICS
        )
        if self.is_opaque:
            rows = rows.filter(Q(is_directed=False) | Q(topic="incident.withdrawn"))
        return rows.order_by("-pk")

    def organisations(self, event: Event, *, limit: int) -> list[Alerted]:
        """Those that may be named and were to be told, by name; one query."""
        rows = (
            Delivery.objects.filter(self._let_in("endpoint__member", event), event=event)
            .values("endpoint__member__name", "endpoint__member_id")
            .annotate(
                delivered_at=Min("finished_at", filter=Q(state=DeliveryState.OK)),
                waiting=Count("pk", filter=Q(state__in=UNFINISHED)),
                dead=Count("pk", filter=Q(state=DeliveryState.DEAD)),
            )
            .order_by("endpoint__member__name", "endpoint__member_id")
        )
        return [_alerted(row, event) for row in rows[:limit]]

    def groups(self, event: Event) -> list[AlertedGroup]:
        """The groups that the event was for, where their members are not told apart; one query."""
        era = self._era_of(event)
        if not self.is_opaque or era is None or not era.groups:
            return []
        of_members = Delivery.objects.filter(
            event=event, endpoint__member__memberships__group__in=era.groups
        )
        found = of_members.values_list("endpoint__member__memberships__group", "state").distinct()
        states: dict[UUID, set[str]] = {key: set() for key in era.groups}
        for group, state in found.order_by():
            if group in states:
                states[group].add(_told_state(state))
        named = [AlertedGroup(self._name_of(key), sorted(found)) for key, found in states.items()]
        return sorted(named)

    def fetched(self, *, limit: int) -> list[Fetched]:
        """Organisations that may be named and have the incident from their feed alone."""
        # Whatever was sent is noted as shown, whether or not it arrived.
        sent = Delivery.objects.shown().filter(
            event__stream_id=self.incident.pk, endpoint__member=OuterRef("member")
        )
        rows = Disclosure.objects.filter(self._let_in("member", None), incident=self.incident)
        others = rows.exclude(member=self.incident.owner_id).exclude(Exists(sent))
        found = others.order_by("-at").values_list("member__name", "at")[:limit]
        return [Fetched(name, at) for name, at in found]

    def _era_of(self, event: Event | None) -> Era | None:
        version = event.version if event else None
        return next((era for era in self.eras if era.version == version), None)

    def _let_in(self, member: str, event: Event | None) -> Q:
        """Organisations that may be named, on rows that have one at `member`.

        Without an event, those that could be since the incident was published.
        """
        if not self.is_opaque:
            return reduce(or_, (self._by_era(era, member) for era in _alike(self.eras)), NOBODY)
        since = self.eras
        if event is not None:
            first = self._era_of(event)
            since = self.eras[self.eras.index(first) :] if first else ()
        if not since:
            return NOBODY
        return reduce(and_, (self._by_era(era, member) for era in _alike(since)))

    def _by_era(self, era: Era, member: str) -> Q:
        if era.tlp == Tlp.RED:
            return NOBODY
        inside = Q(**{f"{member}__in_community": True})
        anybody = EVERYBODY if era.tlp in {Tlp.CLEAR, Tlp.AMBER} else inside
        if era.is_open:
            return anybody
        named = Q(**{f"{member}__slug__in": era.members})
        if not self.is_opaque and era.groups:
            belong = Membership.objects.filter(group__in=era.groups).values("member")
            named |= Q(**{f"{member}__in": belong})
        return named & anybody

    def _name_of(self, group: UUID) -> str:
        known = self.own_groups.get(group)
        return known.name if known else _("A group you cannot name today")


def alerts_of(incident: Incident, reader: Reader) -> Alerts:
    """What the reader, of the organisation that owns the incident, may know; two queries."""
    eras = list(_eras(incident))
    named = {group for era in eras for group in era.groups}
    visible = SharingGroup.objects.visible_to(reader).filter(pk__in=named)
    own_groups = {group.pk: group for group in visible}
    clear = {
        key
        for key, group in own_groups.items()
        if not group.membership_hidden or group.owner_id == reader.member.pk
    }
    return Alerts(incident, eras, own_groups, is_opaque=bool(named - clear))


def _eras(incident: Incident) -> Iterable[Era]:
    """Mark and audience of each revision since the incident was published, oldest first."""
    rows = IncidentVersion.objects.filter(pgh_obj=incident).exclude(status=Status.DRAFT)
    for version, tlp, audiences in rows.order_by("revision").values_list(
        "version", "tlp", "audiences"
    ):
        yield Era(
            version,
            tlp,
            frozenset(one["member"] for one in audiences if "member" in one),
            frozenset(UUID(one["group"]) for one in audiences if "group" in one),
        )


def _alike(eras: Iterable[Era]) -> set[Era]:
    """Those that differ in whom they let in."""
    return {era._replace(version=0) for era in eras}


def _alerted(row: Mapping[str, Any], event: Event) -> Alerted:
    at = row["delivered_at"]
    if at is not None:
        state = DeliveryState.OK
    elif row["waiting"]:
        state = DeliveryState.PENDING
    else:
        state = DeliveryState.DEAD if row["dead"] else DeliveryState.CANCELLED
    return Alerted(row["endpoint__member__name"], state.value, at, _delay(at, event.recorded_at))


def _told_state(state: str) -> str:
    """What an owner is told of a delivery: not whether it is being tried at this moment."""
    if state in UNFINISHED:
        return DeliveryState.PENDING.value
    not_sent = {DeliveryState.SUPERSEDED, DeliveryState.CANCELLED}
    return DeliveryState.CANCELLED.value if state in not_sent else state


def _delay(at: datetime | None, since: datetime) -> str:
    if at is None:
        return ""
    seconds = max(0.0, (at - since).total_seconds())
    if seconds < 60:
        return _("%(number)s s") % {"number": f"{seconds:.1f}"}
    if seconds < 3600:
        return _("%(number)d min") % {"number": round(seconds / 60)}
    return _("%(number)d h") % {"number": round(seconds / 3600)}


def counts(rows: Sequence[Alerted]) -> list[tuple[str, int]]:
    """How many of the organisations shown are in which state, what needs attention first."""
    order = [DeliveryState.DEAD, DeliveryState.PENDING, DeliveryState.CANCELLED, DeliveryState.OK]
    found = [(state.value, sum(row.state == state for row in rows)) for state in order]
    return [(state, number) for state, number in found if number]


def event_of(alerts: Alerts, event_id: UUID | None) -> Event | None:
    """The event asked for, or the newest."""
    rows = alerts.events()
    found = rows.filter(pk=event_id).first() if event_id else None
    return found or rows.first()
