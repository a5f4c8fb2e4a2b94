"""P8: listing, filtering, searching and reading, against plain views of the same rows."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bench.conversation import Side, python_side
from bench.filled import filled, plain_environment
from bench.incidents import landmarks
from bench.place import Place
from bench.report import Measured, Series, Verdict, ratios
from bench.serving import HUB, PLAIN, asked, connected, served

TARGET: Final = 1.5
SMALL: Final = 10_000
"""How many incidents the growth is measured from."""
ROUNDS: Final = 15
REQUESTS: Final = 4
"""Of one side before the next is asked, so that most of them find its caches warm."""
READERS: Final = ("member", "observer")
DRAWN: Final = 40
"""So many searches and filters of each reader besides, of words and values drawn from titles and
lists of the smaller number of incidents."""
DRAWN_ROUNDS: Final = 3


class Question(NamedTuple):
    """A request as both sides take it, behind the path of the list; for a detail, see `Asker`."""

    name: str
    query: str = ""
    is_detail: bool = False
    is_second_page: bool = False
    has_counterpart: bool = True

    @property
    def kind(self) -> str:
        """List, filter, search or detail: what the promise is about."""
        return self.name.split()[0].removesuffix(",")


QUESTIONS: Final = (
    Question("list, first page"),
    Question("list, second page", is_second_page=True),
    Question("list by severity", "?ordering=-severity"),
    Question("filter, 1 in 6", "?country=US"),
    Question("filter, 1 in 90", "?harm=health"),
    Question("filter, 25 of all", f"?country={landmarks.COUNTRY}"),
    Question("search, 1 word in most", "?q=video"),
    Question("search, 2 words", "?q=election+voice"),
    Question("search, 1 word in 25", f"?q={landmarks.WORD}"),
    Question("search, that misspelt", f"?q={landmarks.MISSPELT}", has_counterpart=False),
    Question("detail", is_detail=True),
)


def measure(place: Place) -> Measured:
    """The same questions to all sides in turn, each side on one connection."""
    small, large = (500, 1_000) if place.quick else (SMALL, place.incidents)
    found = [Found(question, who) for who in READERS for question in QUESTIONS]
    with (
        filled(place, large) as large_url,
        filled(place, small) as small_url,
        _hub(place, large_url, "hub") as hub,
        _plain(place, large_url, hub.refs, "plain") as plain,
        _hub(place, small_url, "hub over fewer") as fewer,
    ):
        sides = {"hub": hub, "plain": plain, "small": fewer}
        for one in found:
            one.ask(sides)
            one.taken.clear()  # that was with cold caches
        for _ in range(1 if place.quick else ROUNDS):
            for one in found:
                one.ask(sides)
        drawn = _drawn(fewer, 10 if place.quick else DRAWN)
        for _ in range(1 if place.quick else DRAWN_ROUNDS):
            for one in drawn:
                one.ask({"hub": hub, "small": fewer})
        shares = {who: float(hub.side.ask("share", who=who)) for who in READERS}
    measured = _measured(found, shares, small=small, large=large)
    verdicts, series = _measured_of_drawn(drawn)
    return Measured([*measured.verdicts, *verdicts], [*series, *measured.series])


@dataclass
class Asker:
    """One side: a project served over one database, and its tokens."""

    side: Side
    port: int
    path: str
    authorizations: dict[str, str]
    """By reader, and so are the others."""
    refs: dict[str, str]
    second_pages: dict[str, str] = field(default_factory=dict)

    def milliseconds(self, question: Question, who: str) -> float:
        """The median of a few requests."""
        path = self._path(question, who)
        taken = self._ask(path, who, times=REQUESTS)
        return 1000 * median(seconds for seconds, _ in taken)

    def rows(self, question: Question, who: str) -> int:
        """How many rows the answer has."""
        ((_, told),) = self._ask(self._path(question, who), who)
        return 1 if question.is_detail else len(json.loads(told)["results"])

    def _ask(self, path: str, who: str, *, times: int = 1) -> list[tuple[float, bytes]]:
        authorization = self.authorizations[who]
        with connected(self.port) as connection:
            return [asked(connection, path, authorization=authorization) for _ in range(times)]

    def _path(self, question: Question, who: str) -> str:
        if question.is_detail:
            return f"{self.path}{self.refs[who]}/"
        if not question.is_second_page:
            return f"{self.path}{question.query}"
        if who not in self.second_pages:
            ((_, told),) = self._ask(self.path, who)
            following = urlsplit(json.loads(told)["next"])
            self.second_pages[who] = f"{following.path}?{following.query}"
        return self.second_pages[who]


@dataclass
class Found:
    """What asking one question as one reader took, and how many rows the answers had, by side."""

    question: Question
    who: str
    taken: dict[str, list[float]] = field(default_factory=dict)
    """Milliseconds, once for each round."""
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.who}: {self.question.name}"

    def ask(self, sides: Mapping[str, Asker]) -> None:
        """Ask all sides, one after the other."""
        for name, side in sides.items():
            if name != "plain" or self.question.has_counterpart:
                if name not in self.rows:
                    self.rows[name] = side.rows(self.question, self.who)
                taken = side.milliseconds(self.question, self.who)
                self.taken.setdefault(name, []).append(taken)

    def beside_plain(self) -> Verdict:
        """The hub's time beside the plain view's."""
        name = f"{self.name}, to plain"
        return Verdict("P8", name, self._to("plain"), TARGET, note=self._times("plain"))

    def growth(self, small: str) -> Series:
        """The hub's time beside its own over fewer incidents."""
        return Series(f"{self.name}, to {small}'s", self._to("small"), "x", self._times("small"))

    def _to(self, side: str) -> list[float]:
        return ratios(self.taken["hub"], self.taken[side])

    def _times(self, side: str) -> str:
        return f"{median(self.taken['hub']):.1f} to {median(self.taken[side]):.1f} ms"

    def is_comparable(self, other: str) -> bool:
        """Whether the other side had the same to answer, and something."""
        return self.rows["hub"] > 0 and self.rows.get(other) == self.rows["hub"]


def _measured(
    found: Sequence[Found], shares: dict[str, float], *, small: int, large: int
) -> Measured:
    kinds = dict.fromkeys(question.kind for question in QUESTIONS)
    verdicts = [
        *(one.beside_plain() for one in found if one.is_comparable("plain")),
        *(_growth(kind, [one for one in found if one.question.kind == kind]) for kind in kinds),
    ]
    grown = [one.growth(f"{small:,}") for one in found if one.is_comparable("small")]
    alone = [
        Series(f"{one.name}, {side} {one.rows[side]}", one.taken[side], "ms")
        for one in found
        for side in one.rows
        if not one.is_comparable("plain")
    ]
    readable = [
        Series(f"{who} may read, of {large:,}", [100 * share], "%") for who, share in shares.items()
    ]
    return Measured(verdicts, [*grown, *alone, *readable])


def _growth(kind: str, found: Sequence[Found]) -> Verdict:
    """How much longer the hub usually takes than over fewer incidents (docs/adr/0025).

    Round by round the median over all questions of a kind that both have the same to answer to.
    """
    both = [one.taken for one in found if one.is_comparable("small")]
    ours = [median(row) for row in zip(*(taken["hub"] for taken in both), strict=True)]
    fewer = [median(row) for row in zip(*(taken["small"] for taken in both), strict=True)]
    note = f"{median(ours):.1f} to {median(fewer):.1f} ms; {len(both)} questions"
    return Verdict("P8", f"{kind}, growth of the p50", ratios(ours, fewer), TARGET, note=note)


def _drawn(fewer: Asker, number: int) -> list[Found]:
    return [
        Found(Question(f"{kind} {query}", query), who)
        for who in READERS
        for kind, query in fewer.side.ask("drawn", who=who, count=number)
    ]


def _measured_of_drawn(drawn: Sequence[Found]) -> tuple[list[Verdict], list[Series]]:
    """Growth where as many rows are found among fewer; beside it, what all of them take."""
    verdicts, series = [], []
    for kind in ("filter", "search"):
        found = [one for one in drawn if one.question.kind == kind]
        verdicts.append(_growth(f"{kind}, drawn", found))
        for side in ("hub", "small"):
            times = [median(row) for row in zip(*(one.taken[side] for one in found), strict=True)]
            series.append(Series(f"all {len(found)} drawn of {kind}, {side}, p50", times, "ms"))
    return verdicts, series


@contextlib.contextmanager
def _hub(place: Place, url: str, name: str) -> Iterator[Asker]:
    environment = place.hub_environment(url)
    with (
        served(place, HUB, environment, name=name) as port,
        python_side("bench.reading", env=environment, log=place.folder) as side,
    ):
        tokens = {who: f"Bearer {side.ask('token', who=who)}" for who in READERS}
        refs = {who: str(side.ask("ref", who=who)) for who in READERS}
        yield Asker(side, port, "/api/v1/incidents/", tokens, refs)


@contextlib.contextmanager
def _plain(place: Place, url: str, refs: dict[str, str], name: str) -> Iterator[Asker]:
    environment = plain_environment(place, url)
    with (
        served(place, PLAIN, environment, name=name) as port,
        python_side("bench.plain.side", env=environment, log=place.folder) as side,
    ):
        tokens = dict.fromkeys(READERS, f"Token {side.ask('token')}")
        yield Asker(side, port, "/incidents/", tokens, refs)
