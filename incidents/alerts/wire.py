"""What an alert says: the bytes of webhooks and the items of the pull feed."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple

from hub.kit.clock import rfc3339
from hub.kit.ids import event_id
from incidents.alerts.subjects import Addressee, Occurrence, Subjects
from incidents.alerts.topics import TOPICS, Subject
from incidents.core.models import Incident, Observation, Status
from incidents.core.representation import (
    incident_url,
    represent_incident,
    represent_observation,
    represent_reduced,
)
from incidents.crossrefs.models import CrossReference, State
from incidents.crossrefs.representation import represent_crossref
from incidents.crossrefs.rights import ends_of, observations_behind
from incidents.sharing.marks import OPEN_MARKS, Tlp, stricter

MAX_WHOLE_BYTES: Final = 20_000
"""What is larger than this is sent reduced, with `"truncated": true`."""

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Content(NamedTuple):
    """What an alert says of its subject: the members of `data` that all of its receivers share."""

    fields: Mapping[str, Any]
    text: str
    """The same as compact JSON."""
    mark: str
    """The strictest mark of what stands in it."""


def content_for(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Content:
    """Show the subject of an event, as it is now, to an organisation that may be told of it."""
    return _RENDERERS[TOPICS[occurrence.topic].subject](occurrence, subjects, addressee)


def variant_of(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Hashable:
    """A key: organisations with the same one are shown the same content."""
    if TOPICS[occurrence.topic].is_recall:
        return occurrence.id, addressee.may_read
    incident = subjects.incidents.get(occurrence.stream_id)
    observation = subjects.observations.get(occurrence.subject_id)
    link = subjects.links.get(occurrence.subject_id)
    return (
        occurrence.id,
        incident is not None and incident.owner_id == addressee.member_id,
        observation is not None and observation.organisation_id == addressee.member_id,
        link is not None and link.organisation_id == addressee.member_id,
        tuple(evidence.pk for evidence in addressee.evidence),
    )


def webhook_body(occurrence: Occurrence, content: Content, sequence: int) -> str:
    """The body of a webhook; its UTF-8 bytes are what is signed and sent, at every attempt."""
    return (
        f'{{"type":"{occurrence.topic}","timestamp":"{rfc3339(occurrence.recorded_at)}",'
        f'"data":{{"event_id":"{event_id(occurrence.id)}","sequence":{sequence},'
        f"{content.text[1:]}}}"
    )


def feed_item(occurrence: Occurrence, content: Content) -> dict[str, Any]:
    """The same as an item of the pull feed, which has no sequence."""
    return _item(occurrence, content.fields)


def feed_tombstone(occurrence: Occurrence) -> dict[str, Any]:
    """What the feed shows of an incident that its reader has lost."""
    return _item(occurrence, {"tombstone": True})


def _item(occurrence: Occurrence, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": occurrence.topic,
        "timestamp": rfc3339(occurrence.recorded_at),
        "data": {"event_id": event_id(occurrence.id), **fields},
    }


def _content(fields: Mapping[str, Any], mark: str) -> Content:
    return Content(fields, _encode(fields), mark)


def _about_incident(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Content:
    incident = subjects.incidents[occurrence.stream_id]
    if TOPICS[occurrence.topic].is_recall:
        return _recall(occurrence, incident, addressee)
    version = {"version": incident.version}
    shown = _content(version | {"incident": _shown(incident, addressee)}, incident.tlp)
    if len(shown.text.encode()) <= MAX_WHOLE_BYTES:
        return shown
    reduced = {"truncated": True, "incident": _reduced(incident, addressee)}
    return _content(version | reduced, incident.tlp)


def _recall(occurrence: Occurrence, incident: Incident, addressee: Addressee) -> Content:
    """What takes an incident back tells its state and nothing else, so it goes out at any mark."""
    if occurrence.topic == "incident.revoked":
        # What became of it since is not for those who have lost it.
        left = {"ref": incident.ref, "status": Status.PUBLISHED.value}
    else:
        left = {"ref": incident.ref, "status": incident.status}
        if addressee.may_read:
            left["withdrawn_reason"] = incident.withdrawn_reason
    return _content({"version": occurrence.version, "incident": left}, Tlp.CLEAR)


def _about_observation(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Content:
    observation = subjects.observations[occurrence.subject_id]
    incident = observation.incident
    mark = stricter(observation.tlp, incident.tlp)
    whole = represent_observation(
        observation, for_author=observation.organisation_id == addressee.member_id
    )
    version = {"version": incident.version}
    both = {
        "incident": _shown(incident, addressee),
        "observation": whole if mark in OPEN_MARKS else _reduced_observation(observation),
    }
    shown = _content(version | both, mark)
    if len(shown.text.encode()) <= MAX_WHOLE_BYTES:
        return shown
    reduced = {
        "truncated": True,
        "incident": _reduced(incident, addressee),
        "observation": _reduced_observation(observation),
    }
    return _content(version | reduced, mark)


def _about_link(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Content:
    link = subjects.links[occurrence.subject_id]
    mark = _mark_of_link(link, addressee)
    # As the state that is shown: a suggestion is the first version, a decision the second.
    version = {"version": 1 if link.state == State.SUGGESTED else 2}
    if mark in OPEN_MARKS:
        shown = _content(version | {"crossref": _whole_link(link, mark, addressee)}, mark)
        if len(shown.text.encode()) <= MAX_WHOLE_BYTES:
            return shown
        version |= {"truncated": True}
    return _content(version | {"crossref": _reduced_link(link, mark)}, mark)


def _mark_of_link(link: CrossReference, addressee: Addressee) -> Tlp:
    """The strictest of both ends and of the observations on which the words about it rest."""
    marks = [end.tlp for end in ends_of(link)]
    marks += [observation.tlp for observation in observations_behind(addressee.evidence)]
    return reduce(stricter, marks, Tlp.CLEAR)


def _whole_link(link: CrossReference, mark: str, addressee: Addressee) -> dict[str, Any]:
    is_author = link.organisation_id == addressee.member_id
    whole = represent_crossref(link, evidence=addressee.evidence, for_author=is_author)
    from_end, to_end = ends_of(link)
    return whole | {
        "tlp": mark,
        "from_url": incident_url(from_end.ref),
        "to_url": incident_url(to_end.ref),
    }


def _reduced_link(link: CrossReference, mark: str) -> dict[str, Any]:
    from_end, to_end = ends_of(link)
    return {
        "id": str(link.pk),
        "from": from_end.ref,
        "to": to_end.ref,
        "type": link.type,
        "state": link.state,
        "tlp": mark,
    }


def _about_member(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Content:
    member = subjects.members[occurrence.subject_id]
    facts = {"slug": member.slug, "name": member.name, "kind": member.kind}
    return _content({"version": occurrence.version, "member": facts}, Tlp.CLEAR)


def _about_endpoint(occurrence: Occurrence, subjects: Subjects, addressee: Addressee) -> Content:
    endpoint = subjects.endpoints[occurrence.subject_id]
    facts = {"id": str(endpoint.pk), "url": endpoint.url, "state": endpoint.state}
    return _content({"version": occurrence.version, "endpoint": facts}, Tlp.CLEAR)


_RENDERERS: Final[Mapping[Subject, Callable[[Occurrence, Subjects, Addressee], Content]]] = {
    Subject.INCIDENT: _about_incident,
    Subject.OBSERVATION: _about_observation,
    Subject.CROSSREF: _about_link,
    Subject.MEMBER: _about_member,
    Subject.ENDPOINT: _about_endpoint,
}


def _shown(incident: Incident, addressee: Addressee) -> dict[str, Any]:
    """The incident whole, on the marks that let it travel whole."""
    if incident.tlp in OPEN_MARKS:
        is_owner = incident.owner_id == addressee.member_id
        return represent_incident(incident, for_owner=is_owner)
    return _reduced(incident, addressee)


def _reduced(incident: Incident, addressee: Addressee) -> dict[str, Any]:
    is_owner = incident.owner_id == addressee.member_id
    if incident.status == Status.WITHDRAWN and not is_owner:
        # Shorter than a reduced one, and without what is no longer there for others.
        return represent_incident(incident, for_owner=False)
    return represent_reduced(incident)


def _reduced_observation(observation: Observation) -> dict[str, Any]:
    return {
        "id": str(observation.pk),
        "incident": observation.incident.ref,
        "tlp": observation.tlp,
    }
