"""What the observer asks of the incident list; some of it fits hidden incidents, or only them."""

from __future__ import annotations

from typing import Any, Final

HIDDEN_PLATFORM: Final = "Hidden board"
HIDDEN_WORDS: Final[dict[str, Any]] = {
    "targets": [
        {"name": "A candidate", "kind": "candidate", "aliases": ["Candidato", "Clera Losst"]}
    ],
    "countries": ["US", "TV"],
    "languages": ["en", "tvl"],
    "distributed": {"platform": HIDDEN_PLATFORM},
}
"""What hidden incidents say besides; their words are like those of incidents that are seen."""

QUESTIONS: Final = (
    "limit=6", "ordering=-published_at&limit=4", "ordering=published_at&limit=3",
    "ordering=severity&limit=2", "ordering=-severity&limit=3", "ordering=nonsense",
    "status=withdrawn", "status=withdrawn&severity=critical", "status=withdrawn&ordering=severity",
    "status=withdrawn&q=hidden", "status=withdrawn&published_after=2020-01-01", "status=draft",
    "owner=acme,bolt,gone-org", "owner=acme", "owner=gone-org", "owner=nobody",
    "tlp=amber,red&severity=critical,high&limit=1", "cursor=nonsense",
    "q=candidate&limit=2", "q=candydate", "q=candidato", "q=candid&ordering=-severity&limit=1",
    "q=hidden", "q=hiden", "q=clear", "q=cleer", "q=losst", "q=of the", "q=cloned voice artic",
    "q=nobody seen", "q=another title", "q=?!", "q=" + 201 * "x",
    "country=US&limit=2", "country=TV", "country=XX", "language=en", "language=tvl", "language=?",
    "media_kind=audio", "media_kind=video", "harm=fraud,war_or_crisis", "goal=mockery",
    "manipulation=voice_clone", "authenticity=undetermined&limit=3", "authenticity=disputed",
    "election=xx-2026", "election=xx-2027", "tag=tag:%22cloned voice%22",
    "tag=tag:%22seen by nobody%22", "tag=nonsense", "platform=hidden board",
    "platform=telegram,a forum", "published_after=2020-01-01&published_before=2020-01-02",
    "updated_after=2020-01-01&limit=5", "updated_after=nonsense", "nonsense=1",
)  # fmt: skip
