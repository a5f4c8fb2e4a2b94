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

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

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

EVERYBODY = "everybody"
COMMUNITY = "community"
INSIDE = "inside-"
"""Before the key of an organisation or group that only counts within the community."""
OPENED_BY = f"""
NEW."readers" = CASE
    WHEN NEW."tlp" = '{Tlp.RED}' THEN ARRAY['leads:' || NEW."owner_id"] || ARRAY(
        SELECT 'person:' || person FROM (
            SELECT NEW."author_id"::text
            UNION
            SELECT named ->> 'user' FROM jsonb_array_elements(NEW."audiences") AS named
            WHERE NEW."status" <> '{DRAFT}'
        ) AS people (person)
        WHERE person IS NOT NULL ORDER BY person
    )
    WHEN NEW."status" = '{DRAFT}' THEN ARRAY['owner:' || NEW."owner_id"]
    WHEN NEW."tlp" = '{Tlp.CLEAR}' AND NEW."audiences" = '[]' THEN
        ARRAY['owner:' || NEW."owner_id", '{EVERYBODY}']
    WHEN NEW."tlp" = '{Tlp.GREEN}' AND NEW."audiences" = '[]' THEN
        ARRAY['owner:' || NEW."owner_id", '{COMMUNITY}']
    ELSE ARRAY['owner:' || NEW."owner_id"] || ARRAY(
        SELECT CASE WHEN NEW."tlp" IN ('{Tlp.CLEAR}', '{Tlp.AMBER}') THEN '' ELSE '{INSIDE}' END
            || kind || ':' || name
        FROM jsonb_array_elements(NEW."audiences") AS named
        CROSS JOIN LATERAL jsonb_each_text(named) AS entry (kind, name)
        WHERE kind IN ('member', 'group')
    )
END;
RETURN NEW;
"""  # noqa: S608 - all names are ours
"""Makes the keys that open an incident of what its row says, whatever statement writes it.

Whoever holds one of them may read it. What else decides (kind and state of an organisation, its
groups, a person's role) stands with the reader, in `keys_of`: a change of it takes effect at once
and touches no incident.
"""

_TOUCHED: Any = pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
    "status", "tlp", "owner_id", "author_id", "audiences", "readers"
)
READERS_TRIGGER = pgtrigger.Trigger(
    name="readers",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | _TOUCHED,
    func=OPENED_BY.strip(),
)


def readable_by(reader: Reader, *, through: str = "") -> Q:
    """Filter for what hangs on incidents that `reader` may read, by its relation `through`.

    Without one, on rows of Incident.
    """
    if not reader.member.is_active:
        return NOTHING
    opens = f"{through}__readers__overlap" if through else "readers__overlap"
    return Q(**{opens: keys_of(reader)})


def shared_with(reader: Reader) -> Q:
    """As `readable_by`, without what the reader reads because everybody of its kind does."""
    if not reader.member.is_active:
        return NOTHING
    general = general_keys_of(reader.member)
    named = [key for key in keys_of(reader) if key not in general]
    return Q(readers__overlap=named) & ~Q(readers__overlap=general)


def general_keys_of(member: Member) -> list[str]:
    """The keys that `member` shares with everybody, or with all of the community."""
    return [EVERYBODY, COMMUNITY] if member.in_community else [EVERYBODY]


def keys_of(reader: Reader) -> list[str]:
    """The keys that an active reader holds.

    Asks for its groups, unless they were fetched with its organisation. They are given to
    PostgreSQL as values, not as a question of their own: so it knows how many incidents they open.
    """
    member, user = reader.member, reader.user
    names = [f"member:{member.slug}"]
    names += [f"group:{one.group_id}" for one in member.memberships.all()]
    keys = [*general_keys_of(member), f"owner:{member.pk}", *names]
    if member.in_community:
        keys += [f"{INSIDE}{name}" for name in names]
    if user is not None and user.is_active:
        keys.append(f"person:{user.pk}")
        if user.role in LEADS:
            keys.append(f"leads:{member.pk}")
    return keys


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


def _admits(member: Member, named: Q, *, mark: str) -> Q:
    """Records whose mark and audiences admit an active organisation that is not their owner."""
    open_marks = OPEN_MARKS if member.in_community else (Tlp.CLEAR,)
    listed_marks = LISTED_MARKS if member.in_community else (Tlp.AMBER,)
    is_open = Q(**{f"{mark}__in": open_marks}, audiences=[])
    return is_open | (Q(**{f"{mark}__in": (*open_marks, *listed_marks)}) & named)


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
