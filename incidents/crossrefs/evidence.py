"""What speaks for a link between two incidents, and how much it weighs.

Agreements and disagreements add up as in record linkage (I. P. Fellegi, A. B. Sunter, A theory for
record linkage, 1969): each is so many bits for or against both telling of the same deepfake. The
weights are estimates, held to by measurement: docs/explanation/crossrefs.md. Nothing counts how
many other incidents share something, since that would tell of incidents that a reader may not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from rapidfuzz import fuzz

from incidents.core.fingerprints import ALGORITHMS
from incidents.crossrefs.scripts import similarity

FINGERPRINT, URL, PHONE, TEXT = "fingerprint", "url", "phone", "text"

SUFFICIENT_BITS: Final = 4.0
"""From here on a link is suggested."""
EVEN_BITS: Final = 2.0
"""Where it is as likely as not: the score is 0.5."""
MATCHING_CONTEXT_BITS: Final = 3.0
"""Incidents that agree so much besides, and cite one article, tell of one deepfake."""

SAME_FILE_BITS: Final = 20.0
SAME_LOOK_BITS: Final = 12.0
CITED_BITS: Final = 5.0
CITED_TOO_BITS: Final = 1.5
"""Each further article that both cite."""
SEEN_AT_BITS: Final = 9.0
SEEN_AT_CITED_BITS: Final = 6.0
CALLER_BITS: Final = 7.0
SCRIPT_BITS: Final = (6.0, 10.0)
"""Nearly the same, and entirely."""

NEAR: Final = timedelta(days=14)
FAR: Final = timedelta(days=60)
ALIKE_NAMES: Final = 75
"""Of 100, of two spellings of one name."""
WORST_QUALITY: Final = 50
"""Perceptual fingerprints of less quality are equal by chance: of black frames, of silence."""

SPANS: Final = {
    "exact": timedelta(0),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}
"""How long after the moment that is named it may have been, by precision."""


class Sighting(NamedTuple):
    """What an observation gives to match by; `readers` names who may read it."""

    id: UUID
    readers: str
    url: str
    number_hash: str
    last4: str


@dataclass(frozen=True)
class Facts:
    """What is compared of one incident."""

    urls: frozenset[str]
    fingerprints: frozenset[tuple[str, str]]
    script: str
    targets: frozenset[str]
    """Names and aliases, normalised; empty where none is known."""
    since: datetime | None
    until: datetime | None
    """When it was distributed: not before and not after."""
    media_kinds: frozenset[str]
    countries: frozenset[str]
    sightings: tuple[Sighting, ...] = ()


class Finding(NamedTuple):
    """One thing that two incidents share; the first one's observation, the other's, or neither."""

    origin: str
    subject: str
    bits: float
    link_type: str
    seen: Sighting | None = None
    other_seen: Sighting | None = None

    @property
    def basis(self) -> str:
        """Names who may know of it: all with the same readers have the same."""
        if self.seen is None and self.other_seen is None:
            return ""
        return "|".join(one.readers if one else "" for one in (self.seen, self.other_seen))


@dataclass(frozen=True)
class Case:
    """What speaks for one suggestion: findings with the same readers, the strongest first."""

    findings: tuple[Finding, ...]
    score: float

    @property
    def origin(self) -> str:
        return self.findings[0].origin

    @property
    def link_type(self) -> str:
        return self.findings[0].link_type

    @property
    def basis(self) -> str:
        return self.findings[0].basis


def cases_for(one: Facts, other: Facts) -> list[Case]:
    """What speaks for links of two incidents, as far as it suffices.

    First what they say themselves; then, for each readership, what observations add to that: who
    may read those may also read the incidents.
    """
    context = agreement(one, other)
    stated = list(_stated(one, other, context))
    total = context + sum(finding.bits for finding in stated)
    by_basis = {"": stated} if stated else {}
    for finding in _seen(one, other, context):
        by_basis.setdefault(finding.basis, []).append(finding)
    sums = {
        basis: total + (max(finding.bits for finding in findings) if basis else 0.0)
        for basis, findings in by_basis.items()
    }
    return [
        _case(findings, sums[basis])
        for basis, findings in by_basis.items()
        if sums[basis] >= SUFFICIENT_BITS
    ]


def score_of(bits: float) -> float:
    """How likely it is that two incidents tell of the same deepfake, 0 to 0.99."""
    return min(0.99, round(1 / (1 + 2 ** (EVEN_BITS - bits)), 2))


def agreement(one: Facts, other: Facts) -> float:
    """How much speaks for one deepfake besides the evidence; 0 for incidents that say nothing."""
    return (
        _same_targets(one.targets, other.targets)
        + _overlap(one.media_kinds, other.media_kinds, agree=0.5, differ=-2.0)
        + _overlap(one.countries, other.countries, agree=1.0, differ=-2.0)
        + _nearness(one, other)
    )


def is_item(url: str) -> bool:
    """Whether a canonical URL names something on a site, and not the site itself."""
    parts = urlsplit(url)
    return parts.path not in {"", "/"} or bool(parts.query)


def is_telling(algorithm: str, quality: int | None) -> bool:
    """Whether an equal fingerprint means equal media."""
    known = ALGORITHMS.get(algorithm)
    return known is not None and (quality is None or quality >= WORST_QUALITY)


def _case(findings: Sequence[Finding], bits: float) -> Case:
    """The same thing seen several times by those with the same readers is told once."""
    once = {(finding.origin, finding.subject): finding for finding in reversed(findings)}
    ordered = sorted(once.values(), key=lambda one: (-one.bits, one.origin, one.subject))
    return Case(tuple(ordered), score_of(bits))


def _stated(one: Facts, other: Facts, context: float) -> Iterator[Finding]:
    """What the incidents themselves have in common."""
    for algorithm, _ in sorted(one.fingerprints & other.fingerprints):
        bits = SAME_LOOK_BITS if ALGORITHMS[algorithm].perceptual else SAME_FILE_BITS
        yield Finding(FINGERPRINT, algorithm, bits, "same_media")
    alike = similarity(one.script, other.script)
    if alike:
        least, most = SCRIPT_BITS
        bits = least + (most - least) * max(0.0, (alike - 0.8) / 0.2)
        link_type = "duplicate_of" if alike == 1 else "variant_of"
        yield Finding(TEXT, str(int(100 * alike)), bits, link_type)
    for place, url in enumerate(sorted(one.urls & other.urls)):
        yield Finding(URL, url, CITED_TOO_BITS if place else CITED_BITS, _type_by(context))


def _seen(one: Facts, other: Facts, context: float) -> Iterator[Finding]:
    """What observations of the two have in common, with each other or with what is cited."""
    for seen in one.sightings:
        if seen.url in other.urls:
            yield Finding(URL, seen.url, SEEN_AT_CITED_BITS, _type_by(context), seen, None)
        for other_seen in other.sightings:
            if seen.url and seen.url == other_seen.url and is_item(seen.url):
                yield Finding(URL, seen.url, SEEN_AT_BITS, "duplicate_of", seen, other_seen)
            if seen.number_hash and seen.number_hash == other_seen.number_hash:
                yield Finding(PHONE, seen.last4, CALLER_BITS, "same_campaign", seen, other_seen)
    for other_seen in other.sightings:
        if other_seen.url in one.urls:
            bits = SEEN_AT_CITED_BITS
            yield Finding(URL, other_seen.url, bits, _type_by(context), None, other_seen)


def _type_by(context: float) -> str:
    """What two incidents are that share an article; it may tell of several deepfakes."""
    return "duplicate_of" if context >= MATCHING_CONTEXT_BITS else "related"


def _overlap(ours: frozenset[str], theirs: frozenset[str], *, agree: float, differ: float) -> float:
    if not ours or not theirs:
        return 0.0
    return agree if ours & theirs else differ


def _same_targets(ours: frozenset[str], theirs: frozenset[str]) -> float:
    """Names agree in full or in part; those that are only alike speak neither for nor against."""
    if not ours or not theirs:
        return 0.0
    pairs = [(set(one.split()), set(other.split())) for one in ours for other in theirs]
    if any(one <= other or other <= one for one, other in pairs):
        return 3.0
    words = [(a, b) for one, other in pairs for a in one for b in other]
    if any(min(len(a), len(b)) > 3 and fuzz.ratio(a, b) >= ALIKE_NAMES for a, b in words):
        return 0.0
    return -5.0


def _nearness(one: Facts, other: Facts) -> float:
    if one.since is None or one.until is None or other.since is None or other.until is None:
        return 0.0
    apart = max(one.since, other.since) - min(one.until, other.until)
    if apart <= NEAR:
        return 2.0
    return -5.0 if apart > FAR else 0.0
