"""An incident as the documentation of the API shows it being filed and read: a real one."""

from __future__ import annotations

from typing import Any, Final

REF: Final = "DF-7K3Q9MXA"
_MOMENT: Final = "2026-11-22T20:04:00Z"
_USER: Final = "0192e4a1-1f0a-7b1c-8d2e-3f4a5b6c7d8e"

_REFERENCE: Final[dict[str, Any]] = {
    "url": "https://www.startribune.com/political-consultant-behind-fake-biden-robocalls-posts-bail"
    "-on-first-6-of-26-criminal-charges/600371285",
    "kind": "news",
    "title": "Political consultant behind fake Biden robocalls posts bail",
    "publisher": {"name": "Star Tribune / AP", "domain": "startribune.com"},
    "language": "en",
}
_FINGERPRINT: Final[dict[str, Any]] = {
    "algorithm": "sha256",
    "value": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}

SENT_OBSERVATION: Final[dict[str, Any]] = {
    "platform": "Telephone",
    "country": "US",
    "language": "en-US",
    "phone": {"number": "+16035550100", "spoofed": True, "carrier": "Lingo Telecom"},
    "seen_first": "2024-01-21T14:00:00Z",
    "reach": {"at": "2024-01-22T00:00:00Z", "calls": 9581},
}

SENT_CHANGES: Final[dict[str, Any]] = {
    "summary": "An automatic dialler rang thousands of voters and played an imitation of the "
    "president; the number shown was forged.",
    "severity": "high",
    "harms": ["voter_suppression", "candidate_impersonation"],
    "urgency": None,
}

SENT: Final[dict[str, Any]] = {
    "title": "Calls in Joe Biden's voice tell New Hampshire voters to stay at home",
    "summary": "On the Sunday before the primary an automatic dialler rang thousands of voters.",
    "tlp": "green",
    "pap": "green",
    "severity": "high",
    "urgency": "soon",
    "media_kinds": ["audio", "call"],
    "manipulation": ["voice_clone"],
    "goals": ["false_information", "political_interference"],
    "harms": ["voter_suppression", "candidate_impersonation"],
    "targets": [{"name": "Joe Biden", "kind": "candidate", "country": "US"}],
    "narrative": "The primary is not worth a vote; the one that counts is in November.",
    "countries": ["US"],
    "languages": ["en-US"],
    "tags": ['disarm:technique="T0088.001"', 'tag:"robocall"'],
    "distributed": {
        "at": "2024-01-21T00:00:00Z",
        "precision": "day",
        "country": "US",
        "platform": "Telephone",
    },
    "references": [_REFERENCE],
    "fingerprints": [_FINGERPRINT],
    "observations": [SENT_OBSERVATION],
    "publish": True,
}

SENT_TAGS: Final = ['disarm:technique="T0088.001"', "likelihood:almost_certain", 'tag:"robocall"']

SHOWN: Final[dict[str, Any]] = {
    "ref": REF,
    "url": f"https://hub.example/api/v1/incidents/{REF}/",
    "status": "published",
    "tlp": "green",
    "pap": "green",
    "owner": "farwire",
    "severity": "high",
    "urgency": "soon",
    "stage": "",
    "title": SENT["title"],
    "summary": SENT["summary"],
    "media_kinds": SENT["media_kinds"],
    "manipulation": SENT["manipulation"],
    "authenticity": "unknown",
    "goals": SENT["goals"],
    "harms": SENT["harms"],
    "targets": SENT["targets"],
    "narrative": SENT["narrative"],
    "script": "",
    "countries": SENT["countries"],
    "languages": SENT["languages"],
    "elections": [],
    "tags": SENT["tags"],
    "created": None,
    "distributed": SENT["distributed"],
    "references": [{**_REFERENCE, "canonical_url": _REFERENCE["url"], "variants": []}],
    "fingerprints": [_FINGERPRINT],
    "version": 1,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
    "published_at": _MOMENT,
    "audiences": [],
    "author": _USER,
}

SHOWN_OBSERVATION: Final[dict[str, Any]] = {
    "id": "0192e4a1-7c3e-7d52-9a41-5b0c8f6d2e17",
    "incident": REF,
    "organisation": "farwire",
    "at": _MOMENT,
    "tlp": "green",
    "platform": "Telephone",
    "url": "",
    "account": None,
    "phone": {"last4": "0100", "spoofed": True, "carrier": "Lingo Telecom"},
    "seen_first": "2024-01-21T14:00:00Z",
    "seen_last": None,
    "posted_at": None,
    "country": "US",
    "language": "en-US",
    "reach": SENT_OBSERVATION["reach"],
    "availability": None,
    "audiences": [],
}

SHOWN_VERSION: Final[dict[str, Any]] = {
    "version": 2,
    "at": _MOMENT,
    "organisation": "farwire",
    "change": "updated",
    "fields": ["severity"],
    "old": {"severity": "medium"},
}
