"""Observations: where and when an organisation saw a deepfake."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import record
from hub.kit.clock import rfc3339
from hub.kit.crypto import pepper
from hub.kit.errors import Absent, Conflict, InvalidInput
from hub.outbox.services import record_event
from incidents.core.audiences import Audience
from incidents.core.canonical import canonical_url
from incidents.core.indexing import write_child_audience
from incidents.core.models import Incident, Observation, Status
from incidents.core.named import Named, resolve_named
from incidents.core.services.sight import require_mark_allowed
from incidents.sharing.marks import stricter, strictness

OBSERVED = (
    "platform", "url", "account", "seen_first", "seen_last", "posted_at", "country", "language",
    "availability",
)  # fmt: skip


@transaction.atomic
def add_observation(*, incident_id: UUID, fields: Mapping[str, Any], by: Reader) -> Observation:
    """Say where the deepfake of an incident was seen; the incident itself does not change.

    Raises:
        Absent: `by` may not read the incident whole.
        NotAllowed: the reader's role may not.
        InvalidInput: with the error at its pointer.
        Conflict: the reader's own incident was withdrawn.
    """
    incident = (
        Incident.objects.visible_to(by).select_related("owner").filter(pk=incident_id).first()
    )
    if incident is None:
        raise Absent
    by.require(Right.FILE)
    if incident.status == Status.WITHDRAWN:
        raise Conflict("The incident was withdrawn: nothing can be added to it.")
    return write_observation(incident, fields, by=by)


def write_observation(
    incident: Incident, fields: Mapping[str, Any], *, by: Reader, pointer: str = ""
) -> Observation:
    """Write an observation in the caller's transaction; errors stand under `pointer`.

    Without a mark and audiences of its own it takes the incident's mark, and what the incident's
    owner says goes to all who read the incident.
    """
    try:
        observation, named = _new_observation(incident, fields, by=by)
    except InvalidInput as error:
        raise error.at(pointer) from error
    observation.save(force_insert=True)
    write_child_audience(observation, named)
    record(
        "observation.add", by=by.actor, objects=[incident.ref], detail={"id": str(observation.pk)}
    )
    if incident.status == Status.PUBLISHED:
        record_event(
            "observation.added",
            subject_id=observation.pk,
            stream_id=incident.pk,
            version=incident.version,
            mark=stricter(observation.tlp, incident.tlp),
            actor_id=by.member.pk,
        )
    return observation


def _new_observation(
    incident: Incident, fields: Mapping[str, Any], *, by: Reader
) -> tuple[Observation, list[Named]]:
    mark = fields.get("tlp") or incident.tlp
    require_mark_allowed(mark, by=by)
    if strictness(mark) < strictness(incident.tlp):
        raise InvalidInput(
            f"An observation is not shared wider than its incident, which is {incident.tlp}.",
            pointer="/tlp",
            code="wider_than_incident",
        )
    named = resolve_named(fields.get("audiences", []), mark=mark, by=by)
    observation = Observation(
        incident=incident,
        organisation=by.member,
        author=by.user,
        tlp=mark,
        audiences=[one.written for one in named],
        follows_incident=(
            incident.owner_id == by.member.pk and not fields.get("tlp") and not named
        ),
        organisation_hidden=(
            not fields.get("show_organisation") and speaks_from_hidden_group(incident, by)
        ),
        phone=stored_phone(fields.get("phone")),
        reach=_stored_reach(fields.get("reach")),
        **{name: fields[name] for name in OBSERVED if fields.get(name) is not None},
    )
    if observation.url:
        observation.canonical_url = _canonical(observation.url)
    _require_order(observation)
    return observation, named


def speaks_from_hidden_group(incident: Incident, by: Reader) -> bool:
    """Whether only a group with hidden membership lets the organisation read the incident.

    To show who speaks would then tell who belongs to the group.
    """
    if incident.owner_id == by.member.pk or not incident.audiences:
        return False
    naming = Audience.objects.filter(incident=incident).naming(by.member)
    hidden = [
        row.group is not None and row.group.membership_hidden
        for row in naming.select_related("group")
    ]
    return bool(hidden) and all(hidden)


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except InvalidInput as error:
        raise error.at("/url") from error


def _require_order(observation: Observation) -> None:
    """Posted, then seen first, then seen last, as far as each is known."""
    known = [
        (name, moment)
        for name in ("posted_at", "seen_first", "seen_last")
        if (moment := getattr(observation, name)) is not None
    ]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            raise InvalidInput(
                f"{later} lies before {earlier}: exchange the two, or leave one out.",
                pointer=f"/{later}",
                code="wrong_order",
            )


def _stored_reach(reach: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if reach is None:
        return None
    return {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in reach.items()
    }


def stored_phone(phone: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is kept of a caller's number: a keyed digest to match by, and the last four digits.

    `number` is in E.164 form, `+` and digits. The digest's key is outside the database, so that
    a stolen dump cannot be tried against all numbers there are.
    """
    if phone is None:
        return None
    kept = {name: value for name, value in phone.items() if name != "number"}
    number = phone.get("number")
    if number is not None:
        digits = re.sub(r"\D", "", number)
        keyed = hmac.digest(pepper("phone-number"), digits.encode(), hashlib.sha256)
        kept |= {"number_hash": keyed.hex(), "last4": digits[-4:]}
    return kept
