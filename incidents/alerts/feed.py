"""The pull feed: what happened, for one organisation, in an order that skips nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now

from accounts.models import Member
from accounts.readers import Reader
from hub.audit.services import record
from hub.kit.errors import InvalidInput
from hub.kit.ids import parse_event_id
from hub.kit.snapshots import one_snapshot
from hub.outbox.models import Event, EventQuerySet, EventRecipient
from incidents.alerts.disclosing import disclose, not_yet_disclosed
from incidents.alerts.feed_cursors import cursor_of, read_cursor
from incidents.alerts.models import Delivery, Receipt
from incidents.alerts.subjects import Addressee, Occurrence, Subjects, load_subjects, rights_of
from incidents.alerts.topics import CHOOSABLE, OF_SIGHT, TOPICS, Subject
from incidents.alerts.when_seen import while_ends_in_sight, while_in_sight
from incidents.alerts.wire import Content, content_for, feed_item, feed_tombstone
from incidents.core.models import Disclosure, Incident, Observation
from incidents.core.rights import Standing
from incidents.core.selection import Selection
from incidents.crossrefs.models import CrossReference
from incidents.sharing.marks import OPEN_MARKS

KEPT = timedelta(days=90)
"""How far back the feed reaches."""


@dataclass(frozen=True)
class FeedPage:
    """Some items, oldest first, and where to go on; the same cursor as long as nothing is new."""

    items: list[dict[str, Any]]
    cursor: str


class _Branch(NamedTuple):
    """One way in which events come to stand in an organisation's feed."""

    rows: EventQuerySet
    may_be_lost: bool


class _Found(NamedTuple):
    """An event in the feed of an organisation."""

    occurrence: Occurrence
    position: int
    may_be_lost: bool
    """The organisation knew of it: if it may not read it any more, it sees that much."""


class _Shown(NamedTuple):
    found: _Found
    content: Content | None
    """None for a tombstone."""


def feed_page(
    reader: Reader,
    *,
    after: str | None = None,
    limit: int = 50,
    topics: Sequence[str] = (),
    own: bool = False,
) -> FeedPage:
    """The next events after a cursor, or after an event that the reader received, by its `evt_` id.

    A feed is the organisation's, whoever fetches it: nothing red stands in it. `topics` narrows it,
    `own` adds what the organisation did itself. What is shown of an incident is noted, so that a
    withdrawal reaches those who fetched it; what is amber and above goes to the audit log.

    Raises InvalidInput for an unknown topic, and, in the same words, for an `after` that is
    malformed, unknown or of something hidden.
    """
    _check_topics(topics)
    member = reader.member
    position = 0 if after is None else _read_after(member, after)
    if position is None:
        return FeedPage([], after or "")
    asked = _asked(member, after=position, topics=topics, own=own)
    found = _find(asked, limit=limit, own=own, newest=False)
    subjects = load_subjects(one.occurrence for one in found)
    shown = _show(member, found, subjects)
    _note(reader, shown, subjects)
    items = [_item(one) | {"cursor": cursor_of(member, one.found.position)} for one in shown]
    end = shown[-1].found.position if shown else position
    return FeedPage(items, cursor_of(member, end))


@dataclass(frozen=True)
class FeedState:
    """Where an organisation's feed stands, without what it tells."""

    cursor: str | None
    """Of its newest item: what follows it is new. None for an empty feed."""
    recorded: list[datetime]
    """When its newest items happened, the newest first."""


def state_of_feed(reader: Reader, *, newest: int) -> FeedState:
    """Look at so many of the newest events by which `feed_page` finds its items.

    None of them is rendered, so rights are not asked once more and nothing is noted.
    """
    member = reader.member
    asked = _asked(member, after=0, topics=(), own=False)
    found = _find(asked, limit=newest, own=False, newest=True)
    return FeedState(
        cursor=cursor_of(member, found[0].position) if found else None,
        recorded=[one.occurrence.recorded_at for one in found],
    )


def _check_topics(topics: Sequence[str]) -> None:
    for topic in topics:
        if topic not in CHOOSABLE:
            raise InvalidInput(
                f"{topic!r} is no topic; known are {', '.join(CHOOSABLE)}.",
                pointer="/topics",
                code="unknown_value",
            )


# Cursors --------------------------------------------------------------------------------------


def _read_after(member: Member, after: str) -> int | None:
    """The position to go on from; None if the event was received, but has no position yet."""
    event_id = parse_event_id(after)
    if event_id is None:
        try:
            return read_cursor(member, after)
        except ValueError:
            raise _invalid_cursor() from None
    event = Event.objects.filter(pk=event_id).first()
    # All is asked in any case: the same queries for what is hidden and for what never was.
    was_received = [_was_sent(member, event_id), _stands_in_feed(member, event_id)]
    if event is None or not any(was_received):
        raise _invalid_cursor()
    return event.position


def _invalid_cursor() -> InvalidInput:
    return InvalidInput(
        "Give a cursor of this feed, or the evt_ id of an event that you received; leave `after` "
        "out to begin with the oldest that is kept.",
        pointer="/after",
        code="invalid_cursor",
    )


def _was_sent(member: Member, event_id: UUID) -> bool:
    return Delivery.objects.shown().filter(event_id=event_id, endpoint__member=member).exists()


def _stands_in_feed(member: Member, event_id: UUID) -> bool:
    rows = Event.objects.filter(pk=event_id, position__isnull=False)
    asked = _Asked(rows, member, list(TOPICS), _Visible.to(member))
    branches = [_news_of_incidents(asked), *_others(asked, own=True)]
    found = [branch.rows.exists() for branch in branches]
    return any(found)


# Finding --------------------------------------------------------------------------------------


def _asked(member: Member, *, after: int, topics: Sequence[str], own: bool) -> _Asked:
    rows = Event.objects.filter(position__gt=after, recorded_at__gt=Now() - KEPT)
    if not own:
        rows = rows.exclude(actor_id=member.pk)
    wanted = [name for name in topics or TOPICS if name in TOPICS]
    return _Asked(rows, member, wanted, _Visible.to(member))


def _find(asked: _Asked, *, limit: int, own: bool, newest: bool) -> list[_Found]:
    """The first of the events, or the `newest` ones, the newest of them first.

    In two statements that see the same rows: otherwise what is placed, or comes into sight, between
    them would be passed over. Most of a feed is news of incidents. As far as a page full of those
    reaches, so far at most reaches the page; nothing else is looked for beyond, where it might take
    reading all there is to find nothing.
    """
    with one_snapshot():
        news = list(_first(_news_of_incidents(asked), limit, newest=newest))
        if len(news) == limit:
            reach = {"position__gte" if newest else "position__lte": news[-1][0]}
            asked = asked._replace(rows=asked.rows.filter(**reach))
        one, *more = (_first(branch, limit, newest=newest) for branch in _others(asked, own=own))
        found = sorted({*news, *one.union(*more)}, key=itemgetter(0), reverse=newest)[:limit]
    return [_Found(Occurrence(*row[2:]), row[0], row[1]) for row in found]


def _first(branch: _Branch, limit: int, *, newest: bool) -> QuerySet[Event, tuple[Any, ...]]:
    return branch.rows.order_by("-position" if newest else "position").values_list(
        "position", Value(branch.may_be_lost), "id", "topic", "subject_id", "stream_id",
        "version", "recorded_at",
    )[:limit]  # fmt: skip


class _Visible(NamedTuple):
    """What an organisation may read; written out once, asked about in several branches."""

    incidents: Selection
    observations: Selection
    links: Selection

    @classmethod
    def to(cls, member: Member) -> _Visible:
        reader = Reader(member, None)
        return cls(
            Selection.of(Incident.objects.visible_to(reader)),
            Selection.of(Observation.objects.visible_to(reader)),
            Selection.of(CrossReference.objects.visible_to(reader)),
        )


class _Asked(NamedTuple):
    """Events among which those of an organisation's feed are looked for."""

    rows: EventQuerySet
    member: Member
    topics: Sequence[str]
    visible: _Visible

    def about(self, subject: Subject) -> EventQuerySet:
        """Those about one kind of subject that are not addressed to some organisations only."""
        names = [name for name in self.topics if TOPICS[name].subject is subject]
        return self.rows.filter(is_directed=False, topic__in=names)


def _news_of_incidents(asked: _Asked) -> _Branch:
    """News of incidents that the organisation may read."""
    rows = asked.about(Subject.INCIDENT)
    readable = rows.filter(asked.visible.incidents.holds_any("stream_id"))
    return _Branch(while_in_sight(readable, asked.member), may_be_lost=False)


def _others(asked: _Asked, *, own: bool) -> Iterator[_Branch]:
    """The other ways in which an event comes to stand in an organisation's feed.

    One statement each, so that PostgreSQL can take the best way for each. What the organisation
    may read is asked of each event that comes into question, and of no other incident, observation
    or link: there can be a million of those.
    """
    member, visible = asked.member, asked.visible
    rows = asked.rows.filter(topic__in=asked.topics)
    addressed = EventRecipient.objects.filter(member_id=member.pk).values("event_id")
    received = Receipt.objects.filter(member=member)
    yield _Branch(rows.filter(is_directed=True, pk__in=addressed), may_be_lost=True)
    yield _Branch(_lost_incidents(asked), may_be_lost=True)
    unreceived = asked.rows.exclude(Exists(received.filter(event=OuterRef("pk"))))
    for news in _about_others(asked._replace(rows=unreceived)):
        yield _Branch(news, may_be_lost=False)
    seen_before = rows.filter(is_directed=False, pk__in=received.values("event_id"))
    yield _Branch(seen_before, may_be_lost=True)
    if own:
        seen = Q(visible.incidents.holds("stream_id")) | Q(visible.links.holds("subject_id"))
        of_own = rows.filter(seen, is_directed=True, actor_id=member.pk)
        # Not whether sight changed for anybody: who is named and has it already belongs to a group
        # that may hide its members.
        of_own = of_own.exclude(topic__in=OF_SIGHT)
        yield _Branch(of_own, may_be_lost=False)


def _lost_incidents(asked: _Asked) -> EventQuerySet:
    """Events of incidents that the organisation was shown and may not read any more."""
    rows = asked.about(Subject.INCIDENT).filter(_disclosed_to(asked.member))
    lost = rows.exclude(asked.visible.incidents.holds("stream_id"))
    return while_in_sight(lost, asked.member)


def _about_others(asked: _Asked) -> Iterator[EventQuerySet]:
    """Events about something else of which the organisation was shown nothing yet."""
    visible, member = asked.visible, asked.member
    observed = asked.about(Subject.OBSERVATION).filter(visible.observations.holds("subject_id"))
    yield while_in_sight(observed, member)
    linked = asked.about(Subject.CROSSREF).filter(visible.links.holds("subject_id"))
    yield while_ends_in_sight(linked, member)
    members = Member.objects.active().values("pk")
    yield asked.about(Subject.MEMBER).filter(subject_id__in=members)


def _disclosed_to(member: Member) -> Q:
    """Events of incidents that were sent or shown to the organisation, up to the last time.

    Of what happened after it lost an incident it sees nothing, not even that it happened.
    """
    of_member = Disclosure.objects.filter(member=member)
    later = of_member.filter(incident=OuterRef("stream_id"), at__gte=OuterRef("recorded_at"))
    return Q(stream_id__in=of_member.values("incident_id")) & Q(Exists(later))


# Showing --------------------------------------------------------------------------------------


def _show(member: Member, found: Sequence[_Found], subjects: Subjects) -> list[_Shown]:
    """Render as things are now; what was hidden since it was found is left out."""
    return [
        _Shown(one, content_for(one.occurrence, subjects, addressee) if addressee else None)
        for one, addressee in _told(member, found, subjects)
    ]


def _told(
    member: Member, found: Sequence[_Found], subjects: Subjects
) -> Iterator[tuple[_Found, Addressee | None]]:
    """What the organisation may be told of; None with what is but a tombstone to it."""
    standing = Standing(member.pk, member.is_active, member.in_community)
    known = [one for one in found if _may_be_told_of(one.occurrence, subjects)]
    rights = rights_of([(one.occurrence, standing) for one in known], subjects)
    for one in known:
        occurrence = one.occurrence
        if TOPICS[occurrence.topic].is_recall or (
            rights.may_read(occurrence, member.pk) and not _has_left(occurrence, subjects)
        ):
            yield one, rights.addressee(occurrence, member.pk)
        elif one.may_be_lost:
            yield one, None


def _may_be_told_of(occurrence: Occurrence, subjects: Subjects) -> bool:
    """Whether its subject is there; links are deleted in the course of things, so they were."""
    is_link = TOPICS[occurrence.topic].subject is Subject.CROSSREF
    return is_link or subjects.know(occurrence)


def _has_left(occurrence: Occurrence, subjects: Subjects) -> bool:
    """Whether news of an organisation that joined is of one that is with us no more."""
    is_joining = occurrence.topic == "member.joined"
    return is_joining and not subjects.members[occurrence.subject_id].is_active


def _item(one: _Shown) -> dict[str, Any]:
    if one.content is None:
        return feed_tombstone(one.found.occurrence)
    return feed_item(one.found.occurrence, one.content)


def _note(reader: Reader, shown: Iterable[_Shown], subjects: Subjects) -> None:
    """Write down what the organisation was shown, and who read amber and above."""
    last_shown: dict[UUID, datetime] = {}
    guarded: dict[str, None] = {}
    for found, content in shown:
        occurrence = found.occurrence
        topic = TOPICS[occurrence.topic]
        if content is None or topic.is_recall:
            continue
        for incident in subjects.incidents_of(occurrence):
            last_shown[incident.pk] = occurrence.recorded_at
            if content.mark not in OPEN_MARKS:
                guarded[incident.ref] = None
    missing = not_yet_disclosed(reader.member, last_shown)
    received = [
        found.occurrence.id
        for found, content in shown
        if content is not None
        and not found.may_be_lost
        and TOPICS[found.occurrence.topic].subject is not Subject.INCIDENT
    ]
    if not (missing or guarded or received):
        return
    with transaction.atomic():
        Receipt.objects.bulk_create(
            (Receipt(event_id=event_id, member=reader.member) for event_id in received),
            ignore_conflicts=True,
        )
        disclose((incident_id, reader.member.pk) for incident_id in missing)
        if guarded:
            record("incident.read", by=reader.actor, objects=list(guarded))
