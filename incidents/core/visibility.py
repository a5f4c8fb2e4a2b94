"""Who may read an incident and what hangs on it: the one statement of it, both ways round.

    mark           who reads a published incident, besides its owner
    clear          every active organisation
    green          the community
    amber          the organisations its audiences name
    amber+strict   the same, but never an observer
    red            the persons named on it, its author, the owner's leads and admins

On clear and green an audience narrows. Drafts are the owner's, a red draft its author's and the
owner's leads' and admins'. Withdrawn incidents keep their readers, who see what is left of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from accounts.models import Member, User
from accounts.readers import Reader
from accounts.roles import Right, roles_with
from incidents.core.audiences import Audience, AudienceQuerySet, ChildAudience
from incidents.sharing.marks import LISTED_MARKS, OPEN_MARKS, Tlp, stricter, strictness

if TYPE_CHECKING:
    from incidents.core.models import Child, Incident

DRAFT = "draft"
WITHDRAWN = "withdrawn"
NOTHING = Q(pk__in=[])
LEADS = tuple(roles_with(Right.PUBLISH))
"""Roles that read what is red of their own organisation, whatever else they may do."""


class OneByOne(Exists):
    """Asked of each row that is looked at, where PostgreSQL would find the answer for all first.

    It does so to be quick with a whole table, even when only the first rows of it are wanted.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"


def readable_by(reader: Reader, *, paged: bool = False) -> Q:
    """Filter for the incidents that `reader` may read; on rows of Incident.

    `paged` tells that the first of them in some order are wanted, not all.
    """
    if not reader.member.is_active:
        return NOTHING
    exists = OneByOne if paged else Exists
    named = Q(exists(Audience.objects.filter(incident=OuterRef("pk")).naming(reader.member)))
    own = Q(owner=reader.member) & ~Q(tlp=Tlp.RED)
    shared = ~Q(status=DRAFT) & _admits(reader.member, named, mark="tlp")
    return own | shared | _red_for(reader)


def _admits(member: Member, named: Q, *, mark: str) -> Q:
    """Records whose mark and audiences admit an active organisation that is not their owner."""
    open_marks = OPEN_MARKS if member.in_community else (Tlp.CLEAR,)
    listed_marks = LISTED_MARKS if member.in_community else (Tlp.AMBER,)
    is_open = Q(**{f"{mark}__in": open_marks}, audiences=[])
    return is_open | (Q(**{f"{mark}__in": (*open_marks, *listed_marks)}) & named)


def _red_for(reader: Reader) -> Q:
    """Red names persons: a token, an endpoint or a feed reads none of it."""
    user = reader.user
    if user is None or not user.is_active:
        return NOTHING
    named = Q(Exists(Audience.objects.filter(incident=OuterRef("pk"), user=user)))
    allowed = Q(author=user) | (~Q(status=DRAFT) & named)
    if user.role in LEADS:
        allowed |= Q(owner=reader.member)
    return Q(tlp=Tlp.RED) & allowed


def readers_of(incident: Incident) -> QuerySet[Member]:
    """Active organisations that may read `incident`, its owner among them; on rows of Member.

    The same table as `readable_by` for a reader without a person, the other way round.
    """
    active = Member.objects.active()
    if incident.tlp == Tlp.RED:
        return active.none()
    owner = Q(pk=incident.owner_id)
    if incident.status == DRAFT:
        return active.filter(owner)
    named = _named_by(Audience.objects.filter(incident=incident))
    narrowed = bool(incident.audiences)
    return active.filter(owner | _admitted(incident.tlp, named, narrowed=narrowed))


def _named_by(rows: AudienceQuerySet) -> Q:
    """Organisations that these audience rows name, themselves or by one of their groups."""
    by_name = rows.filter(member=OuterRef("pk"))
    by_group = rows.filter(group__memberships__member=OuterRef("pk"))
    return Q(Exists(by_name)) | Q(Exists(by_group))


def _admitted(mark: str, named: Q, *, narrowed: bool) -> Q:
    """Active organisations that a mark with these audiences admits; on rows of Member."""
    community = Q(in_community=True)
    if mark in OPEN_MARKS:
        everybody = Q(in_community__in=[True, False])
        open_to = everybody if mark == Tlp.CLEAR else community
        return open_to & named if narrowed else open_to
    return named & community if mark == Tlp.AMBER_STRICT else named


def persons_of(incident: Incident) -> QuerySet[User]:
    """Active persons who may read a red `incident`; on rows of User. Nobody, for other marks."""
    people = User.objects.active()
    if incident.tlp != Tlp.RED:
        return people.none()
    allowed = Q(pk=incident.author_id) | Q(member=incident.owner_id, role__in=LEADS)
    if incident.status != DRAFT:
        named = Audience.objects.filter(incident=incident, user=OuterRef("pk"))
        allowed |= Q(Exists(named))
    return people.filter(allowed)


# What hangs on an incident -------------------------------------------------------------------

BINDING = "binding_mark"
"""Annotation that `binding_mark` provides: the stricter of a child's and its incident's mark."""


def binding_mark() -> Case:
    """The stricter of a child's own mark and its incident's, as SQL; on rows of a child."""
    whens = [
        When(Q(tlp=mark) | Q(incident__tlp=mark), then=Value(mark.value))
        for mark in sorted(Tlp, key=strictness, reverse=True)
    ]
    return Case(*whens, output_field=CharField())


def child_readable_by(reader: Reader) -> Q:
    """Filter for the children that `reader` may read, of incidents it may read whole.

    On rows of any `Child` annotated with `BINDING`. What was said without a mark of its own by the
    incident's owner goes where the incident goes, unless the incident was widened since.
    """
    if not reader.member.is_active:
        return NOTHING
    member, user = reader.member, reader.user
    rows = ChildAudience.objects.filter(child_id=OuterRef("pk"))
    own = Q(organisation=member) | Q(incident__owner=member)
    open_or_listed = own | _admits(member, Q(Exists(rows.naming(member))), mark=BINDING)
    allowed = ~Q(**{BINDING: Tlp.RED}) & (open_or_listed | _follows())
    if user is not None and user.is_active:
        persons = Q(author=user) | Q(Exists(rows.filter(user=user))) | _follows()
        if user.role in LEADS:
            persons |= Q(organisation=member)
        allowed |= Q(**{BINDING: Tlp.RED}) & persons
    return allowed & ~(Q(incident__status=WITHDRAWN) & ~Q(incident__owner=member))


def _follows() -> Q:
    """Children without a mark of their own, as long as the incident is no wider than they are."""
    no_wider = Q()
    for mark in Tlp:
        at_least = [other for other in Tlp if strictness(other) >= strictness(mark)]
        no_wider |= Q(tlp=mark, incident__tlp__in=at_least)
    return Q(follows_incident=True) & no_wider


def readers_of_child(child: Child, *, incident_readers: QuerySet[Member]) -> QuerySet[Member]:
    """Active organisations that may read a child: the same, the other way round; rows of Member.

    `incident_readers` are those who may read its incident.
    """
    incident = child.incident
    mark = stricter(child.tlp, incident.tlp)
    if mark == Tlp.RED:
        return incident_readers.none()
    if incident.status == WITHDRAWN:
        return incident_readers.filter(pk=incident.owner_id)
    if child.follows_incident and strictness(incident.tlp) >= strictness(child.tlp):
        return incident_readers
    named = _named_by(ChildAudience.objects.filter(child_id=child.pk))
    admitted = _admitted(mark, named, narrowed=bool(child.audiences))
    own = Q(pk__in=[child.organisation_id, incident.owner_id])
    return incident_readers.filter(own | admitted)
