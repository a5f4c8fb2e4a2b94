"""Incidents as several members file them: the same deepfakes again, and others that look alike."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from incidents.crossrefs.models import CrossReference
from tests import make

Document = Mapping[str, Any]

FORMS: tuple[Callable[[str], str], ...] = (
    lambda url: f"{url}{'&' if '?' in url else '?'}utm_source=newsletter&utm_medium=email",
    lambda url: f"{url}#comments",
    lambda url: url.replace("https://", "http://", 1),
    lambda url: f"{url}{'&' if '?' in url else '?'}fbclid=IwAR0Fixture",
    lambda url: f"https://www.google.com/amp/s/{url.removeprefix('https://')}",
    lambda url: f"https://{_amp_cache(url)}.cdn.ampproject.org/c/s/{url.removeprefix('https://')}",
    lambda url: url if urlsplit(url).query or url.endswith("/amp") else f"{url.rstrip('/')}/amp/",
)
"""Other addresses of one article: as mail, messengers, search engines and phones give them."""

OTHER_WORDS = ("today", "really", "people", "our", "never", "again")


def _amp_cache(url: str) -> str:
    host = urlsplit(url).netloc.rstrip(".")
    return host.replace("-", "--").replace(".", "-")


class Filing(NamedTuple):
    """What one member files; `about` names the deepfake that it is truly about."""

    about: str
    document: Document
    articles: frozenset[str] = frozenset()
    """About it, by their first addresses."""
    is_retold: bool = False
    """Its script is the deepfake's, more or less."""

    def should_be_linked_to(self, other: Filing) -> bool:
        """Whether both tell of one deepfake, and have anything in common that shows it."""
        shares = self.articles & other.articles or (self.is_retold and other.is_retold)
        return self.about == other.about and bool(shares)


@dataclass(frozen=True)
class Quality:
    """How good suggestions are: of pairs, those that tell of one deepfake are right."""

    suggested: int
    right: int
    to_find: int
    found: int
    wrong: Sequence[str]
    missed: Sequence[str]

    @property
    def precision(self) -> float:
        return self.right / self.suggested

    @property
    def recall(self) -> float:
        return self.found / self.to_find

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} ({self.right} of {self.suggested} suggested), "
            f"recall {self.recall:.3f} ({self.found} of {self.to_find} found)"
        )


def filings(originals: Mapping[str, Document], rng: random.Random) -> Iterator[Filing]:
    """The originals, copies of each by other members, and what is easily taken for a copy.

    Every original cites a round-up of its year besides, and half of them a page that lists many.
    """
    for place, (key, document) in enumerate(originals.items()):
        year = (document.get("distributed") or {}).get("at", "2024")[:4]
        also = [{"url": f"https://review.example.org/{year}/deepfakes-of-the-year"}]
        if place % 2:
            also.append({"url": "https://checkers.example.org/topics/deepfakes"})
        urls = [reference["url"] for reference in document["references"]]
        original = {**document, "references": [*document["references"], *also]}
        some = rng.sample(urls, rng.randint(1, 2))
        yield Filing(key, original, frozenset(urls), is_retold=True)
        yield Filing(key, _cited_elsewhere(document, some, rng, also=also), frozenset(some))
        yield Filing(key, _hardly_described(some[0], rng), frozenset(some[:1]))
        yield Filing(key, _retold(document, rng), is_retold=True)
    yield from _alike()


def _cited_elsewhere(
    document: Document, urls: Sequence[str], rng: random.Random, *, also: Sequence[Document]
) -> Document:
    """Another member's report, which cites some of the articles by other addresses."""
    described = ("targets", "countries", "distributed", "media_kinds")
    return {
        **{name: document[name] for name in described},
        "title": f"Report: {document['title']}",
        "references": [{"url": rng.choice(FORMS)(url)} for url in urls] + list(also),
    }


def _hardly_described(url: str, rng: random.Random) -> Document:
    """A title and one link, as they come from a hotline."""
    return {"title": "Seen by a reader", "references": [{"url": rng.choice(FORMS)(url)}]}


def _retold(document: Document, rng: random.Random) -> Document:
    """Without any link: the same words, a few of them changed."""
    words = document["script"].split()
    for _ in range(max(1, len(words) // 12)):
        at = rng.randrange(len(words))
        kind = rng.random()
        if kind < 0.5:
            words[at] = rng.choice(OTHER_WORDS)
        elif kind < 0.75:
            words.insert(at, rng.choice(OTHER_WORDS))
        else:
            del words[at]
    return {
        "title": "Words heard in a message",
        "script": " ".join(words),
        "media_kinds": document["media_kinds"],
        "countries": document["countries"],
    }


def _alike() -> Iterator[Filing]:
    """Different deepfakes that share words, a caller's number, or a picture of nothing."""
    words = (
        "Send any amount to this wallet today, and I send you back twice as much within an hour."
    )
    for number, name in enumerate(("Ada Fixture", "Berta Example", "Clara Placeholder")):
        target = [{"name": name, "kind": "celebrity"}]
        script = words.replace("an hour", ("an hour", "two hours", "a day")[number])
        yield Filing(f"giveaway {number}", {"title": name, "targets": target, "script": script})
        phone = {"platform": "Telephone", "phone": {"number": "+16035550199", "spoofed": True}}
        at = {"at": f"202{number}-05-01T00:00:00Z", "precision": "day"}
        called = {"title": name, "targets": target, "observations": [phone], "distributed": at}
        yield Filing(f"caller {number}", called)
        black = [{"algorithm": "pdq", "value": "0" * 64, "quality": 0}]
        yield Filing(f"black {number}", {"title": name, "fingerprints": black})


def measure(originals: Mapping[str, Document], seed: int) -> Quality:
    """File everything, in any order, by several members, and compare what the hub suggests."""
    rng = random.Random(seed)
    filed = list(filings(originals, rng))
    rng.shuffle(filed)
    leads = [make.person(make.member()) for _ in range(5)]
    known: dict[UUID, Filing] = {}
    for place, filing in enumerate(filed):
        incident = make.incident(by=leads[place % len(leads)], **filing.document)
        known[incident.pk] = filing
    make.suggestions()
    links = CrossReference.objects.values_list("from_incident_id", "to_incident_id")
    pairs = {frozenset(ends) for ends in links}
    to_find = {
        frozenset((one, other))
        for one, other in itertools.combinations(known, 2)
        if known[one].should_be_linked_to(known[other])
    }
    right = {pair for pair in pairs if len({known[pk].about for pk in pair}) == 1}
    return Quality(
        suggested=len(pairs),
        right=len(right),
        to_find=len(to_find),
        found=len(to_find & pairs),
        wrong=[_named(pair, known) for pair in pairs - right],
        missed=[_named(pair, known) for pair in to_find - pairs],
    )


def _named(pair: frozenset[UUID], known: Mapping[UUID, Filing]) -> str:
    return " / ".join(sorted(f"{known[pk].about}: {known[pk].document['title']}" for pk in pair))
