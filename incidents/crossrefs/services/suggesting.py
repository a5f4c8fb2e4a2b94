"""Suggestions of the hub: made, kept up to date and taken back as incidents change."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from hub.audit.services import THE_HUB, record
from hub.outbox.models import Event
from hub.outbox.services import record_event, take_chore
from incidents.core.models import Incident, Observation, Status
from incidents.crossrefs.evidence import Case, Facts, Finding, cases_for, score_of
from incidents.crossrefs.finding import COMPARED, candidates_for, facts_of
from incidents.crossrefs.models import (
    Caller,
    CrossReference,
    Evidence,
    Origin,
    ScriptBand,
    State,
)
from incidents.crossrefs.scripts import bands
from incidents.sharing.marks import Tlp, stricter

logger = logging.getLogger(__name__)

SUGGEST: Final = "incidents.crossrefs.tasks.suggest"
"""The consumer whose chores these are."""
TOLD: Final = ("crossref.suggested", "crossref.accepted")
"""Topics of which links are rendered."""
STATED: Final = ""
"""The basis of what rests on the incidents themselves; all who see both ends may know of it."""


def suggest_links(event_id: UUID) -> int:
    """Bring the suggestions about an event's incident up to date; returns how many are new.

    In two transactions: what the incident can be found by is committed before others are looked
    for, so of two that match each other and are published at once, the later to look finds the
    other. Run again, or twice at once, it suggests nothing more.
    """
    event = Event.objects.filter(pk=event_id, chores__consumer=SUGGEST).first()
    if event is None:
        return 0
    index_incident(event.stream_id)
    return _do_chore(event_id)


@transaction.atomic
def index_incident(incident_id: UUID) -> bool:
    """Make the rows by which an incident's script and its callers' numbers are found.

    Returns whether there was anything to make.
    """
    rows = Incident.objects.select_for_update(no_key=True).only("script")
    incident = rows.filter(pk=incident_id, status=Status.PUBLISHED).first()
    if incident is None:
        return False
    known = ScriptBand.objects.filter(incident=incident)
    wanted = set(enumerate(bands(incident.script)))
    is_changed = set(known.values_list("band", "key")) != wanted
    if is_changed:
        known.delete()
        ScriptBand.objects.bulk_create(
            ScriptBand(incident=incident, band=band, key=key) for band, key in sorted(wanted)
        )
    calls = Observation.objects.filter(incident=incident, phone__has_key="number_hash")
    indexed = Caller.objects.filter(observation=OuterRef("pk"))
    callers = [
        Caller(observation_id=pk, number_hash=phone["number_hash"])
        for pk, phone in calls.filter(~Exists(indexed)).values_list("pk", "phone")
        if phone is not None
    ]
    Caller.objects.bulk_create(callers, ignore_conflicts=True)
    return is_changed or bool(callers)


@transaction.atomic
def _do_chore(event_id: UUID) -> int:
    event = take_chore(event_id, SUGGEST)
    if event is None:
        return 0
    return bring_up_to_date(event.stream_id, is_new=event.topic == "incident.published")


def bring_up_to_date(incident_id: UUID, *, is_new: bool = False) -> int:
    """Make the suggestions those that follow from what is said now; returns how many are new.

    Call in a transaction, which then holds the incident and all that it has something in common
    with. Of `is_new` ones the earlier links are told too.
    """
    incidents = _locked({incident_id, *candidates_for(incident_id)})
    incident = incidents.pop(incident_id, None)
    if incident is None:  # withdrawn meanwhile: nobody sees a link of it
        return 0
    if is_new:
        _announce_earlier_links(incident)
    suggested = _Suggesting(incident, incidents).run()
    for link in suggested:
        announce("crossref.suggested", link)
    if suggested:
        record("crossref.suggest", by=THE_HUB, objects=[str(link.pk) for link in suggested])
        logger.info("Links suggested", extra={"incident": incident.pk, "links": len(suggested)})
    return len(suggested)


def _locked(ids: Iterable[UUID]) -> dict[UUID, Incident]:
    """Those that are published, as they are now, held until the links between them are written.

    Who changes one of them waits, and suggests again afterwards; so no link is left to what one of
    them said before. In the order of keys, so that two who do this never wait for each other.
    """
    rows = Incident.objects.filter(pk__in=list(ids), status=Status.PUBLISHED)
    locked = rows.select_for_update(no_key=True).order_by("pk").only(*COMPARED)
    return {incident.pk: incident for incident in locked}


def announce(topic: str, link: CrossReference) -> None:
    """Record that a link was suggested or accepted, unless one of its ends is no news yet.

    Both ends must be fetched already.
    """
    ends = (link.from_incident, link.to_incident)
    if any(end.status != Status.PUBLISHED for end in ends):
        return
    is_accepted = topic == "crossref.accepted"
    record_event(
        topic,
        subject_id=link.pk,
        stream_id=link.pk,
        version=2 if is_accepted else 1,
        mark=stricter(link.from_incident.tlp, link.to_incident.tlp),
        actor_id=link.decided_by_id if is_accepted else link.organisation_id,
    )


def forget_links(links: Iterable[UUID]) -> None:
    """Have what was rendered of links forgotten by those who keep it.

    Because their words were redacted, or because they go: afterwards nobody could tell any more of
    which incidents those words were.
    """
    told = Event.objects.filter(stream_id__in=list(links), topic__in=TOLD).order_by("stream_id")
    for link_id in told.values_list("stream_id", flat=True).distinct():
        record_event(
            "crossref.forgotten",
            subject_id=link_id,
            stream_id=link_id,
            version=2,
            mark=Tlp.RED,  # for nobody: the hub tells only itself
        )


def _announce_earlier_links(incident: Incident) -> None:
    """Tell of links that somebody made while one of their ends was a draft."""
    rows = CrossReference.objects.filter(
        Q(from_incident=incident) | Q(to_incident=incident), origin=Origin.MANUAL
    ).exclude(state=State.REJECTED)
    links = list(rows.select_related("from_incident", "to_incident").order_by("pk"))
    told = set(
        Event.objects.filter(stream_id__in=[link.pk for link in links]).values_list(
            "stream_id", flat=True
        )
    )
    for link in links:
        if link.pk not in told:
            announce(f"crossref.{link.state}", link)


class _Suggesting:
    """One run: an incident, the others that may have something in common with it, all locked."""

    def __init__(self, incident: Incident, others: Mapping[UUID, Incident]) -> None:
        self.incident = incident
        self.others = others
        self.facts = facts_of([incident, *others.values()])
        self.known: dict[UUID, dict[str, CrossReference]] = defaultdict(dict)
        self.settled: set[UUID] = set()
        self.links: list[CrossReference] = []
        self.changed: list[CrossReference] = []
        self.gone: list[UUID] = []
        self.stale: list[CrossReference] = []
        self.evidence: list[Evidence] = []

    def run(self) -> list[CrossReference]:
        """Write what follows from what the incidents say now; returns the new links."""
        self._read_links()
        for other in self.others.values():
            self._compare(other)
        forget_links(self.gone)
        CrossReference.objects.filter(pk__in=self.gone).delete()
        Evidence.objects.filter(crossref__in=self.stale).delete()
        CrossReference.objects.bulk_create(self.links)
        CrossReference.objects.bulk_update(
            self.changed, ["origin", "type", "score"], batch_size=500
        )
        Evidence.objects.bulk_create(self.evidence)
        return self.links

    def _read_links(self) -> None:
        """Lock the links there are, in the order of keys, as those who decide on them do."""
        others = list(self.others)
        between = Q(from_incident=self.incident, to_incident__in=others) | Q(
            to_incident=self.incident, from_incident__in=others
        )
        rows = CrossReference.objects.filter(between).order_by("pk")
        for link in rows.select_for_update(no_key=True).prefetch_related("evidence"):
            is_ours = link.from_incident_id == self.incident.pk
            other = link.to_incident_id if is_ours else link.from_incident_id
            if link.origin != Origin.MANUAL:
                self.known[other][link.basis] = link
            if link.state == State.ACCEPTED:
                self.settled.add(other)

    def _compare(self, other: Incident) -> None:
        older, newer = sorted((self.incident, other), key=lambda one: (one.published_at, one.pk))
        facts: tuple[Facts, Facts] = (self.facts[newer.pk], self.facts[older.pk])
        cases = {case.basis: case for case in cases_for(*facts)}
        known = self.known[other.pk]
        stated = known.get(STATED)
        is_stated = STATED in cases or (stated is not None and stated.state != State.SUGGESTED)
        for basis in {**cases, **known}:
            case, link = cases.get(basis), known.get(basis)
            # Where all who see both ends see a link, or saw it rejected, none is made for fewer.
            is_open = other.pk not in self.settled and (basis == STATED or not is_stated)
            if link is not None and link.state == State.SUGGESTED and not (is_open and case):
                self.gone.append(link.pk)
            elif link is not None:
                self._update(link, case)
            elif case and is_open:
                self._add(newer, older, case)

    def _add(self, newer: Incident, older: Incident, case: Case) -> None:
        link = CrossReference(
            from_incident=newer, to_incident=older, type=case.link_type, origin=case.origin,
            basis=case.basis, score=case.score,
        )  # fmt: skip
        self.links.append(link)
        self.evidence += _evidence_of(link, case)

    def _update(self, link: CrossReference, case: Case | None) -> None:
        """Let its evidence be what holds today; what was decided stays as it was decided."""
        wanted = _evidence_of(link, case) if case else []
        if {_key(one) for one in wanted} != {_key(one) for one in link.evidence.all()}:
            self.stale.append(link)
            self.evidence += wanted
        if case and link.state == State.SUGGESTED:
            said = (case.origin, case.link_type, case.score)
            if (link.origin, link.type, link.score) != said:
                link.origin, link.type, link.score = said
                self.changed.append(link)


def _evidence_of(link: CrossReference, case: Case) -> list[Evidence]:
    return [_evidence(link, finding) for finding in case.findings]


def _evidence(link: CrossReference, finding: Finding) -> Evidence:
    return Evidence(
        crossref=link,
        origin=finding.origin,
        subject=finding.subject,
        score=score_of(finding.bits),
        from_observation_id=finding.seen.id if finding.seen else None,
        to_observation_id=finding.other_seen.id if finding.other_seen else None,
    )


def _key(evidence: Evidence) -> tuple[object, ...]:
    return (
        evidence.origin, evidence.subject, evidence.score,
        evidence.from_observation_id, evidence.to_observation_id,
    )  # fmt: skip
