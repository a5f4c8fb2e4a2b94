"""What generated incidents say, in the canonical form in which the hub stores it."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bench.incidents import landmarks
from bench.incidents.cast import COUNTRIES, Cast
from bench.incidents.words import LANGUAGES, SPOKEN, Language, Skewed, weighted
from hub.kit.clock import rfc3339
from incidents.taxonomy import registry
from incidents.taxonomy.elections import read_elections

SEVERITIES: Final = weighted(medium=44, low=26, high=18, info=8, critical=4)
URGENCIES: Final = weighted(routine=78, soon=17, now=5)
STAGES: Final = weighted(closed=62, resolved=15, triage=10, assessing=8, mitigating=5)
AUTHENTICITIES: Final = weighted(
    synthetic=40, undetermined=22, edited=13, decontextualised=10, satire=6, disputed=4,
    authentic=3, staged=1, authorised_synthetic=1,
)  # fmt: skip
MEDIA_KINDS: Final = weighted(video=44, audio=20, image=22, text=8, call=4, live_stream=2)
MANIPULATIONS: Final = weighted(
    voice_clone=28, face_swap=22, lip_sync=18, full_generation=16, caption_swap=6, splice=4,
    persona_image=3, inpainting=1.5, selective_crop=1, speed_change=0.5,
)  # fmt: skip
GOALS: Final = weighted(
    political_interference=27, satire=20, financial_gain=15, reputation=12, false_information=12,
    emotional_harm=4, entertainment=3, diversion=2, boost_reputation=2, incite_violence=1.5,
    extortion=0.7, activism=0.5, education=0.2, information_gathering=0.1,
)  # fmt: skip
HARMS: Final = weighted(
    candidate_impersonation=30, fraud=18, false_endorsement=14, official_impersonation=12,
    voter_suppression=6, war_or_crisis=6, false_voting_procedure=4, incitement=3, privacy=2,
    sexual=2, discrimination=1.2, health=1, extortion=0.5, minor=0.3,
)  # fmt: skip
REFERENCE_KINDS: Final = weighted(
    news=45, platform_post=25, fact_check=18, official_statement=6, archive=3, research=2, other=1
)
PLATFORMS: Final = Skewed([
    "X", "YouTube", "Facebook", "TikTok", "Telegram", "WhatsApp", "Instagram", "telephone",
    "VKontakte", "Weibo", "Bluesky", "Discord", "Truth Social", "Kwai", "ShareChat",
])  # fmt: skip
TRACKING: Final = ("", "", "", "?utm_source=newsletter", "?fbclid=IwAR0generated")
FREE_TAGS: Final = 2_000
ARTICLES: Final = 20_000
SCRIPTS: Final = 300
MEDIA: Final = 5_000
PRECISIONS: Final = Skewed(["exact", "day", "hour", "month"], [45, 40, 10, 5])


@dataclass(frozen=True)
class Article:
    """What others published; its address is canonical already."""

    url: str
    title: str
    publisher: dict[str, str]
    kind: str
    language: str

    def reference(self, rng: random.Random, day: datetime) -> dict[str, Any]:
        return {
            "url": self.url + rng.choice(TRACKING),
            "canonical_url": self.url,
            "variants": [],
            "kind": self.kind,
            "title": self.title,
            "publisher": self.publisher,
            "published_at": day.date().isoformat(),
            "language": self.language,
        }


class Documents:
    """Draws documents; what is drawn depends on the generator that is handed in alone."""

    def __init__(self, cast: Cast, seed: int) -> None:
        rng = random.Random(f"documents {seed}")
        self._cast = cast
        self._tags = Skewed(list(_tags(rng)))
        self._articles = Skewed([self.article(rng, number) for number in range(ARTICLES)])
        self._scripts = Skewed([LANGUAGES["en"].prose(rng, 80) for _ in range(SCRIPTS)])
        self._media = Skewed([rng.randbytes(32).hex() for _ in range(MEDIA)])
        self._elections = Skewed([election.key for election in read_elections()])

    def draw(self, rng: random.Random, at: datetime, number: int) -> dict[str, Any]:
        """Everything an incident says but its mark and audience. `number` counts incidents."""
        language = LANGUAGES[SPOKEN.one(rng)]
        targets = _once(self._cast.targets.several(rng, rng.choice((1, 1, 1, 1, 2, 3))))
        kinds = sorted(set(MEDIA_KINDS.several(rng, rng.choice((1, 1, 1, 2)))))
        countries = list(dict.fromkeys(COUNTRIES.several(rng, rng.choice((1, 1, 1, 2, 3)))))
        distributed = at - timedelta(seconds=rng.randrange(600, 400_000))
        return {
            "title": _title(rng, language, kinds[0], targets[0].name),
            "summary": language.prose(rng, rng.randrange(15, 60)),
            "narrative": language.prose(rng, rng.randrange(20, 50)) if rng.random() < 0.4 else "",
            "script": self._script(rng, language) if rng.random() < 0.15 else "",
            "severity": SEVERITIES.one(rng),
            "urgency": URGENCIES.one(rng),
            "stage": STAGES.one(rng),
            "authenticity": AUTHENTICITIES.one(rng),
            "media_kinds": kinds,
            "manipulation": sorted(set(MANIPULATIONS.several(rng, 2))),
            "goals": sorted(set(GOALS.several(rng, rng.choice((1, 1, 2))))),
            "harms": sorted(set(HARMS.several(rng, rng.choice((1, 1, 1, 2))))),
            "targets": _numbered(target.document for target in targets),
            "countries": countries,
            "languages": [language.code],
            "elections": [self._elections.one(rng)] if rng.random() < 0.35 else [],
            "tags": _once(self._tags.several(rng, rng.choice((0, 1, 2, 2, 3, 5)))),
            "created": _created(rng, distributed) if rng.random() < 0.2 else None,
            "distributed": _distributed(rng, distributed, countries[0]),
            "references": self._references(rng, at, number),
            "fingerprints": self._fingerprints(rng),
        }

    def article(self, rng: random.Random, number: int) -> Article:
        """The article of this number."""
        language = LANGUAGES[SPOKEN.one(rng)]
        name = LANGUAGES["en"].words.one(rng)
        words = language.words.several(rng, 8)
        host = f"{name}-{number % 400}.example"
        return Article(
            url=f"https://{host}/{2023 + number % 4}/story-{number}",
            title=" ".join(words).capitalize(),
            publisher={"name": f"{name.capitalize()} Daily", "domain": host},
            kind=REFERENCE_KINDS.one(rng),
            language=language.code,
        )

    def _references(self, rng: random.Random, at: datetime, number: int) -> list[dict[str, Any]]:
        """What nobody else cites, for the most part; at times what many do."""
        cited = []
        for place in range(rng.choice((0, 1, 1, 1, 2, 3))):
            if rng.random() < 0.2:
                cited.append(self._articles.one(rng))
            else:
                cited.append(self.article(rng, ARTICLES + 4 * number + place))
        unique = {article.url: article for article in cited}
        return [article.reference(rng, at - timedelta(days=1)) for article in unique.values()]

    def _fingerprints(self, rng: random.Random) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if rng.random() < 0.6:
            value = self._media.one(rng) if rng.random() < 0.05 else rng.randbytes(32).hex()
            found.append({"algorithm": "sha256", "value": value})
        if rng.random() < 0.3:
            quality = rng.randrange(40, 101)
            value = rng.randbytes(32).hex()
            found.append({"algorithm": "pdq", "value": value, "quality": quality})
        return found

    def _script(self, rng: random.Random, language: Language) -> str:
        """The words of the fake; some campaigns use the same ones, or nearly."""
        if rng.random() < 0.3:
            return f"{self._scripts.one(rng)} {language.prose(rng, 4)}"
        return language.prose(rng, rng.randrange(30, 120))


def with_landmark(document: dict[str, Any]) -> None:
    """Let a measurement find it by name; see `bench.incidents.landmarks`."""
    document["title"] = f"{document['title'][:200]} {landmarks.WORD}"
    document["countries"] = [landmarks.COUNTRY]


def _once(drawn: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(drawn))


def _title(rng: random.Random, language: Language, kind: str, name: str) -> str:
    how = rng.choice(("Cloned", "Fake", "Generated", "Manipulated", "Deepfake"))
    what = kind.replace("_", " ")
    words = " ".join(language.words.several(rng, rng.randrange(3, 8)))
    return f"{how} {what} of {name}: {words}"[:300]


def _numbered(targets: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Private persons by a number, each incident's own."""
    stored, number = [], 0
    for target in targets:
        if target["kind"] == "private_person":
            number += 1
            stored.append(target | {"name": f"Private person {number}"})
        else:
            stored.append(target)
    return stored


def _created(rng: random.Random, distributed: datetime) -> dict[str, Any]:
    at = distributed - timedelta(days=rng.randrange(1, 40))
    moment = {"at": rfc3339(at), "precision": PRECISIONS.one(rng)}
    return moment | {"tool": "voice generator"} if rng.random() < 0.3 else moment


def _distributed(rng: random.Random, at: datetime, country: str) -> dict[str, Any]:
    return {
        "at": rfc3339(at),
        "country": country,
        "platform": PLATFORMS.one(rng),
        "precision": PRECISIONS.one(rng),
    }


def _tags(rng: random.Random) -> Iterable[str]:
    """Free tags in several languages, and between them the curated ones."""
    curated = [
        f'{vocabulary.namespace}:{value.predicate}="{value.id}"'
        for vocabulary in registry.vocabularies()
        if vocabulary.namespace in {"accord", "disarm"}
        for value in vocabulary.values
    ]
    rng.shuffle(curated)
    seen: set[str] = set()
    for number in range(FREE_TAGS):
        words = LANGUAGES[SPOKEN.one(rng)].words.several(rng, rng.choice((1, 2, 2, 3)))
        tag = unicodedata.normalize("NFC", f'tag:"{" ".join(words)}"')
        if tag not in seen:
            seen.add(tag)
            yield tag
        if number % 5 == 0 and curated:
            yield curated.pop()
