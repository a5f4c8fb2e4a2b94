"""What an incident may say: input brought to its canonical form, or refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from hub.kit.clock import rfc3339
from hub.kit.errors import FieldError, InvalidInput
from incidents.core.canonical import canonical_url
from incidents.core.fingerprints import check_fingerprint
from incidents.core.models import Incident
from incidents.sharing.marks import Tlp, strictness
from incidents.taxonomy.machinetags import check_tags
from incidents.taxonomy.models import Election
from incidents.taxonomy.services import current_tags

GUARDED_HARMS = frozenset({"sexual", "minor"})
"""Harms that demand amber+strict at least, and whose media are never stored."""

Result = TypeVar("Result")

PSEUDONYM = re.compile(r"Private person \d+")


@dataclass(frozen=True)
class Findings:
    """All that is wrong with an input, so that its author is told of everything at once."""

    errors: list[FieldError] = field(default_factory=list)

    def add(self, pointer: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(pointer, code, detail))

    def collect(self, pointer: str, check: Callable[..., Result], *args: Any) -> Result | None:
        """What `check` returns; or None, with what it refused kept under `pointer`."""
        try:
            return check(*args)
        except InvalidInput as error:
            self.errors.extend(error.at(pointer).errors)
            return None


def canonical_document(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are stored; None stands for a field's default.

    Shapes and lengths were checked at the border. Raises InvalidInput with every error found, at
    its pointer.
    """
    document = {name: _default(name) if value is None else value for name, value in changes.items()}
    findings = Findings()
    for name, canonical in CANONICAL.items():
        if name in document:
            document[name] = canonical(document[name], findings)
    if findings.errors:
        raise InvalidInput("Some of what was sent is not valid.", errors=findings.errors)
    return document


def _default(name: str) -> Any:
    return Incident._meta.get_field(name).get_default()  # type: ignore[union-attr] # noqa: SLF001 - public in Django's documentation


def merged_moments(changes: Mapping[str, Any], incident: Incident) -> dict[str, Any]:
    """The changes with `created` and `distributed` merged, member by member, into the stored."""
    moments = {
        name: {**(getattr(incident, name) or {}), **changes[name]}
        for name in ("created", "distributed")
        if changes.get(name) is not None
    }
    return {**changes, **moments}


def _moment(given: Mapping[str, Any] | None, findings: Findings, *, name: str) -> Any:
    """A moment with its doubt as stored: without what was cleared, None if nothing is left."""
    stored = {key: value for key, value in (given or {}).items() if value not in {None, ""}}
    if isinstance(stored.get("at"), datetime):
        stored["at"] = rfc3339(stored["at"])
    if not stored:
        return None
    stored.setdefault("precision", "exact" if "at" in stored else "unknown")
    if "at" not in stored and stored["precision"] != "unknown":
        detail = 'Say when, as {"at": "2026-11-22T20:04:00Z"}, or make the precision "unknown".'
        findings.add(f"/{name}/at", "required", detail)
    return {key: stored[key] for key in sorted(stored)}


SIGNIFICANT = {"year": 4, "month": 7, "day": 10, "hour": 13, "minute": 16, "exact": 27}
"""How many characters of an RFC 3339 moment are known, by precision."""


def _tags(given: Sequence[str], findings: Findings) -> list[str] | None:
    return findings.collect("/tags", stored_tags, given)


def stored_tags(given: Sequence[str]) -> list[str]:
    """The tags as an incident keeps them, merged ones by the name they go by now.

    In the transaction that writes them. Raises InvalidInput as `check_tags` does.
    """
    return current_tags(check_tags(given), to_store=True)


def canonical_references(
    given: Sequence[Mapping[str, Any]], findings: Findings
) -> list[dict[str, Any]]:
    """One entry for each article or post, whatever forms its address came in.

    The first entry's words win; addresses that differ are kept as `variants`.
    """
    found: dict[str, dict[str, Any]] = {}
    for place, entry in enumerate(given):
        pointer = f"/references/{place}"
        canonical = findings.collect(f"{pointer}/url", canonical_url, entry["url"])
        if canonical is None:
            continue
        if entry.get("canonical_url", canonical) != canonical:
            detail = f"The hub computes this itself, as {canonical}: leave it out."
            findings.add(f"{pointer}/canonical_url", "read_only", detail)
        _merge_reference(found.setdefault(canonical, _new_reference(entry, canonical)), entry)
    return list(found.values())


def _merge_reference(stored: dict[str, Any], entry: Mapping[str, Any]) -> None:
    for name, value in entry.items():
        if name not in {"url", "canonical_url", "variants"} and not stored.get(name):
            stored[name] = value
    forms = dict.fromkeys([*stored["variants"], entry["url"], *entry.get("variants", [])])
    stored["variants"] = [form for form in forms if form != stored["url"]]


def _new_reference(given: Mapping[str, Any], canonical: str) -> dict[str, Any]:
    return {
        "url": given["url"],
        "canonical_url": canonical,
        "variants": [],
        "kind": given.get("kind", "other"),
        "title": given.get("title", ""),
    }


def _fingerprints(given: Sequence[Mapping[str, Any]], findings: Findings) -> list[dict[str, Any]]:
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for place, entry in enumerate(given):
        algorithm, quality = entry["algorithm"], entry.get("quality")
        value = findings.collect(
            f"/fingerprints/{place}", check_fingerprint, algorithm, entry["value"], quality
        )
        stored = {"algorithm": algorithm, "value": value}
        found.setdefault(
            (algorithm, value), stored if quality is None else stored | {"quality": quality}
        )
    return list(found.values())


def _elections(keys: Sequence[str], findings: Findings) -> list[str]:
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return wanted
    known = set(Election.objects.filter(key__in=wanted).values_list("key", flat=True))
    for place, key in enumerate(keys):
        if key not in known:
            detail = f"There is no election {key!r}: /api/v1/elections/ lists them."
            findings.add(f"/elections/{place}", "unknown_value", detail)
    return wanted


def _pseudonymous(targets: Sequence[Mapping[str, Any]], findings: Findings) -> list[dict[str, Any]]:
    """The targets, private persons by a number instead of their names."""
    stored, number = [], 0
    for target in targets:
        entry = dict(target)
        if entry["kind"] == "private_person":
            number += 1
            entry["aliases"] = []
            if not PSEUDONYM.fullmatch(entry["name"]):
                entry["name"] = f"Private person {number}"
        stored.append(entry)
    return stored


CANONICAL: dict[str, Callable[[Any, Findings], Any]] = {
    "tags": _tags,
    "references": canonical_references,
    "fingerprints": _fingerprints,
    "elections": _elections,
    "targets": _pseudonymous,
    "created": partial(_moment, name="created"),
    "distributed": partial(_moment, name="distributed"),
}


def is_guarded(incident: Incident) -> bool:
    """Whether minors or sexual content are involved: amber+strict at least, and no media kept."""
    return bool(GUARDED_HARMS & set(incident.harms)) or any(
        target.get("minor") for target in incident.targets
    )


def require_sound(incident: Incident) -> None:
    """Ask what only the whole incident can tell: its mark is strict enough, its times in order.

    Raises InvalidInput at /tlp or /distributed/at.
    """
    if is_guarded(incident) and strictness(incident.tlp) < strictness(Tlp.AMBER_STRICT):
        raise InvalidInput(
            "Incidents about minors or with sexual content are shared as amber+strict or red.",
            pointer="/tlp",
            code="mark_too_wide",
        )
    created, distributed = incident.created or {}, incident.distributed or {}
    if "at" in created and "at" in distributed:
        known = min(SIGNIFICANT.get(moment["precision"], 0) for moment in (created, distributed))
        if created["at"][:known] > distributed["at"][:known]:
            raise InvalidInput(
                "Distributed before it was created: exchange the two, or lower the precision.",
                pointer="/distributed/at",
                code="wrong_order",
            )
