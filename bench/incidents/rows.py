"""Rows of incidents and observations, as the services would have written them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from accounts.models import Member
from bench.incidents import landmarks
from bench.incidents.cast import Cast
from bench.incidents.documents import PLATFORMS, Documents, with_landmark
from bench.incidents.words import Skewed, weighted
from hub.kit.clock import rfc3339
from hub.kit.ids import CROCKFORD
from incidents.core.documents import GUARDED_HARMS
from incidents.core.models import Change, Incident, Observation, Status
from incidents.core.services.observing import stored_phone
from incidents.sharing.marks import LISTED_MARKS, OPEN_MARKS, Tlp

BEGIN: Final = datetime(2023, 11, 1, tzinfo=UTC)
DAYS: Final = 3 * 365
MARKS: Final = Skewed(
    [Tlp.GREEN, Tlp.AMBER, Tlp.CLEAR, Tlp.AMBER_STRICT, Tlp.RED], [50, 34, 8, 5, 3]
)
PAPS: Final = weighted(green=45, amber=35, clear=15, red=5)
STATUSES: Final = Skewed([Status.PUBLISHED, Status.DRAFT, Status.WITHDRAWN], [93, 4, 3])
NARROWED: Final = 0.04
"""Part of the clear and green ones that names an audience all the same."""
BY_TOKEN: Final = 0.4
OBSERVED: Final = 0.25
CREATED_FIELDS: Final = (
    "title", "summary", "tlp", "pap", "audiences", "severity", "urgency", "stage", "media_kinds",
    "manipulation", "goals", "harms", "targets", "narrative", "script", "countries", "languages",
    "elections", "tags", "created", "distributed", "references", "fingerprints",
)  # fmt: skip
DEFAULTS: Final = {
    name: Incident._meta.get_field(name).get_default()  # type: ignore[union-attr] # noqa: SLF001 - Django's API
    for name in CREATED_FIELDS
}
WITHDRAWN_FIELDS: Final = ["status", "withdrawn_at", "withdrawn_reason"]


@dataclass(frozen=True)
class Filed:
    """One incident with what hangs on it, as values by name of the column."""

    incident: dict[str, Any]
    observations: list[dict[str, Any]]


class Rows:
    """`count` incidents over three years, the same for the same seed and count."""

    def __init__(self, *, count: int, seed: int) -> None:
        self.count = count
        self.cast = Cast(seed)
        self._documents = Documents(self.cast, seed)
        self._rng = random.Random(f"rows {seed}")
        self._groups = {one.slug: self.cast.groups_of(one) for one in self.cast.members}
        self._readers = Skewed(self.cast.active_members)

    def __iter__(self) -> Iterator[Filed]:
        every = max(1, self.count // landmarks.NUMBER)
        marked = 0
        for number in range(self.count):
            is_landmark = number % every == every // 2 and marked < landmarks.NUMBER
            marked += is_landmark
            yield self._filed(number, is_landmark=is_landmark)

    def _filed(self, number: int, *, is_landmark: bool) -> Filed:
        rng = self._rng
        # More of them the later it is, as with every hub that grows.
        days = DAYS * ((number + rng.random()) / self.count) ** 0.7
        at = BEGIN + timedelta(seconds=round(days * 86_400, 3))
        owner = self.cast.owners.one(rng)
        incident = self._documents.draw(rng, at, number)
        status, mark = STATUSES.one(rng), MARKS.one(rng)
        if is_landmark:
            with_landmark(incident)
            incident["harms"] = ["fraud"]
            status, mark = Status.PUBLISHED, Tlp.CLEAR
        elif GUARDED_HARMS & set(incident["harms"]) and mark in {*OPEN_MARKS, Tlp.AMBER}:
            mark = Tlp.AMBER_STRICT
        people = self.cast.users[owner.slug]
        has_author = mark == Tlp.RED or rng.random() > BY_TOKEN
        incident |= {
            "id": _uuid7(at, rng),
            "ref": _ref(number),
            "tlp": mark.value,
            "pap": PAPS.one(rng),
            "audiences": [] if is_landmark else self._audiences(owner, mark),
            "owner_id": owner.pk,
            "author_id": rng.choice(people[:2]).pk if has_author else None,
            "changed_by_id": owner.pk,
            "merged_into_id": None,
        }
        incident |= self._life(incident, status, at)
        observations = []
        if status == Status.PUBLISHED and mark != Tlp.RED and rng.random() < OBSERVED:
            observations = [self._observation(incident, at, owner)]
        return Filed(incident, observations)

    def _audiences(self, owner: Member, mark: Tlp) -> list[dict[str, str]]:
        rng = self._rng
        if mark == Tlp.RED:
            users = self.cast.users[self._readers.one(rng).slug]
            return [{"user": str(user.pk)} for user in rng.sample(users, k=rng.choice((1, 2)))]
        if mark not in LISTED_MARKS and rng.random() > NARROWED:
            return []
        members = self._readers.several(rng, rng.choice((1, 2, 3)))
        named = [{"member": slug} for slug in dict.fromkeys(one.slug for one in members)]
        groups = self._groups[owner.slug]
        if groups and rng.random() < 0.4:
            group = {"group": str(rng.choice(groups).pk)}
            return [group] if rng.random() < 0.7 else [*named, group]
        return named

    def _life(self, incident: dict[str, Any], status: Status, at: datetime) -> dict[str, Any]:
        """Status, versions and times of its latest write."""
        rng = self._rng
        said = sorted(name for name in CREATED_FIELDS if incident[name] != DEFAULTS[name])
        later = at + timedelta(seconds=rng.randrange(300, 900_000))
        life: dict[str, Any] = {
            "status": status.value,
            "revision": 1,
            "version": 1,
            "created_at": at,
            "updated_at": at,
            "published_at": None if status == Status.DRAFT else at + timedelta(microseconds=900),
            "withdrawn_at": None,
            "withdrawn_reason": "",
            "change": Change.CREATED.value if status == Status.DRAFT else Change.PUBLISHED.value,
            "changed_fields": said,
            "change_note": "",
        }
        if status == Status.WITHDRAWN:
            life |= self._second(later, Change.WITHDRAWN, WITHDRAWN_FIELDS)
            return life | {"withdrawn_at": later, "withdrawn_reason": "It was genuine."}
        if rng.random() < 0.25:
            life |= self._second(later, Change.UPDATED, ["summary"])
        return life

    def _second(self, at: datetime, change: Change, fields: list[str]) -> dict[str, Any]:
        return {
            "revision": 2,
            "version": 2,
            "updated_at": at,
            "change": change.value,
            "changed_fields": fields,
        }

    def _observation(self, incident: dict[str, Any], at: datetime, owner: Member) -> dict[str, Any]:
        """Mostly the owner's own, which goes where the incident goes."""
        rng = self._rng
        told_at = at + timedelta(seconds=rng.randrange(1, 80_000))
        platform, key = PLATFORMS.one(rng), _uuid7(told_at, rng)
        is_owner = incident["tlp"] in LISTED_MARKS or bool(incident["audiences"])
        is_owner = is_owner or rng.random() < 0.7
        teller = owner if is_owner else self.cast.owners.one(rng)
        url = "" if platform == "telephone" else f"https://social.example/post/{key.hex}"
        number = f"+1603555{rng.randrange(10_000):04}"
        columns = {
            "id": key,
            "incident_id": incident["id"],
            "organisation_id": teller.pk,
            "author_id": None,
            "at": told_at,
            "tlp": incident["tlp"],
            "audiences": [],
            "follows_incident": teller is owner,
            "organisation_hidden": False,
            "platform": platform,
            "url": url,
            "canonical_url": url,
            "account": {"handle": f"@{key.hex[-8:]}", "verified": "none"} if url else None,
            "phone": None if url else stored_phone({"number": number, "spoofed": True}),
            "seen_first": at - timedelta(hours=3),
            "seen_last": at,
            "posted_at": None,
            "country": incident["countries"][0],
            "language": incident["languages"][0],
            "reach": {"at": rfc3339(at), "views": int(rng.paretovariate(0.6) * 100) % 10**9},
            "availability": rng.choice(("up", "up", "removed", "labelled", "")),
        }
        assert columns.keys() == {field.attname for field in Observation._meta.concrete_fields}  # noqa: SLF001 - Django's API
        return columns


def _uuid7(at: datetime, rng: random.Random) -> UUID:
    milliseconds, tail = int(at.timestamp() * 1000), rng.getrandbits(74)
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low)


def _ref(number: int) -> str:
    """A reference that looks random; an odd factor, so that no two numbers share one."""
    scattered = (number * 0x9E_3779_B97F + 0x1234_5678) % 2**40
    return "DF-" + "".join(CROCKFORD[scattered >> shift & 31] for shift in range(35, -1, -5))
