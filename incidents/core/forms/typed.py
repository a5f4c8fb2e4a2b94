"""Incidents as their form's fields: as a browser sends them, and what is kept until it is saved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.datastructures import MultiValueDict

from incidents.core.forms import choices
from incidents.core.forms.moments import LENGTHS, Moment, read_moment, write_moment
from incidents.core.forms.rows import ROWS, write_rest
from incidents.core.models import Incident
from incidents.core.unsaved import Typed

CONTROLS: Final = frozenset(
    {"csrfmiddlewaretoken", "add", "remove", "save", "window", "seen", "form", "typed_by", "check"}
)
"""What the form sends besides the incident. `revision` is kept: the text was typed upon it."""

DEFAULTS: Final = {"tlp": "amber", "pap": "amber", "severity": "medium"}
"""What a new incident begins with; nobody's mark is wider by accident."""

LONGEST_NUMBER: Final = 10
"""Digits; Python itself refuses to read some thousands of them."""

Data = MultiValueDict[str, str]


def kept_fields(posted: Mapping[str, Any]) -> dict[str, list[str]]:
    """The fields of a form that was sent, without what only steers it."""
    sent = MultiValueDict(posted) if not isinstance(posted, MultiValueDict) else posted
    return {name: list(values) for name, values in sent.lists() if name not in CONTROLS}


def data_of(typed: Typed) -> Data:
    """Fields by name as forms read them."""
    return MultiValueDict({name: list(values) for name, values in typed.items()})


def blank() -> dict[str, list[str]]:
    """A form in which nothing stands, with a row to begin the most needed lists."""
    typed = {name: [value] for name, value in DEFAULTS.items()}
    for name in ROWS:
        typed |= _rows(name, [{}] if name in {"targets", "references"} else [])
    return typed


def typed_of(incident: Incident) -> dict[str, list[str]]:
    """An incident as its form shows it."""
    named = choices.named_by(incident)
    several = ("media_kinds", "manipulation", "goals", "harms", "countries", "elections", "tags")
    single = (
        "title",
        "severity",
        "summary",
        "tlp",
        "pap",
        "urgency",
        "stage",
        "narrative",
        "script",
    )
    typed = {name: list(getattr(incident, name)) for name in several}
    typed |= {name: [getattr(incident, name)] for name in single}
    known = {option.value for option in choices.languages()}
    others = [code for code in incident.languages if code not in known]
    typed |= {
        "languages": [code for code in incident.languages if code in known],
        "other_languages": [", ".join(others)],
        "audience_members": named.members,
        "audience_groups": named.groups,
        "audience_people": named.people,
        "revision": [str(incident.revision)],
    }
    typed |= _moment("created", incident.created, "tool")
    typed |= _moment("distributed", incident.distributed, "platform")
    typed |= _rows("targets", [_target(one) for one in incident.targets])
    typed |= _rows("references", [_reference(one) for one in incident.references])
    typed |= _rows("fingerprints", [_fingerprint(one) for one in incident.fingerprints])
    return typed


def with_row(typed: Typed, name: str) -> dict[str, list[str]]:
    """One more row at the end."""
    more = {key: list(values) for key, values in typed.items()}
    more[f"{name}-{TOTAL_FORM_COUNT}"] = [str(row_count(typed, name) + 1)]
    more.setdefault(f"{name}-{INITIAL_FORM_COUNT}", ["0"])
    return more


def without_row(typed: Typed, name: str, place: int) -> dict[str, list[str]]:
    """One row less; those behind it move up."""
    count = row_count(typed, name)
    if not 0 <= place < count:
        return {key: list(values) for key, values in typed.items()}
    left: dict[str, list[str]] = {}
    for key, values in typed.items():
        row, field = _row_of(key, name)
        if row is None or row < place:
            left[key] = list(values)
        elif row > place:
            left[f"{name}-{row - 1}-{field}"] = list(values)
    left[f"{name}-{TOTAL_FORM_COUNT}"] = [str(count - 1)]
    return left


def with_values(typed: Typed, name: str, values: Mapping[str, str]) -> dict[str, list[str]]:
    """The values in the first row in which nothing stands, or in one more."""
    count = row_count(typed, name)
    free = [place for place in range(count) if not _stands(typed, name, place)]
    more = {key: list(each) for key, each in typed.items()} if free else with_row(typed, name)
    place = free[0] if free else count
    return more | {f"{name}-{place}-{field}": [value] for field, value in values.items()}


def row_count(typed: Typed, name: str) -> int:
    """How many rows there are; never more than the form takes."""
    text = (typed.get(f"{name}-{TOTAL_FORM_COUNT}") or ["0"])[-1]
    return min(read_number(text) or 0, ROWS[name].max_num)


def read_number(text: str) -> int | None:
    """A number as a browser sends it back; None for anything else, and for one that none sends."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None


def rows_of(typed: Typed, name: str) -> list[dict[str, str]]:
    """What stands in the rows of one list, field by field."""
    found: list[dict[str, str]] = [{} for _ in range(row_count(typed, name))]
    for key, values in typed.items():
        row, field = _row_of(key, name)
        if row is not None and row < len(found) and values:
            found[row][field] = values[-1]
    return found


def only(typed: Typed, name: str) -> str:
    """The one value of a field; empty if there is none."""
    return (typed.get(name) or [""])[-1]


def _row_of(key: str, name: str) -> tuple[int | None, str]:
    prefix, _, rest = key.partition("-")
    row, _, field = rest.partition("-")
    if prefix == name and field and row.isascii() and row.isdigit() and len(row) < 6:
        return int(row), field
    return None, ""


def _stands(typed: Typed, name: str, place: int) -> bool:
    return any(any(values) for key, values in typed.items() if _row_of(key, name)[0] == place)


def _rows(name: str, rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    typed = {f"{name}-{TOTAL_FORM_COUNT}": [str(len(rows))], f"{name}-{INITIAL_FORM_COUNT}": ["0"]}
    for place, row in enumerate(rows):
        typed |= {f"{name}-{place}-{field}": [value] for field, value in row.items() if value}
    return typed


def _moment(name: str, stored: Mapping[str, str] | None, other: str) -> dict[str, list[str]]:
    moment = stored or {}
    at, precision = moment.get("at", ""), moment.get("precision", "")
    # What is written mostly says how exactly it is known.
    written, said = (write_moment(at, precision), "") if at else ("", "")
    if at and precision not in LENGTHS and read_moment(written) != Moment(at, precision):
        written, said = write_moment(at, "exact"), precision
    values = {
        "at": written,
        "precision": said,
        "country": country_name(moment.get("country", "")),
        other: moment.get(other, ""),
    }
    return {f"{name}_{field}": [value] for field, value in values.items()}


def country_name(code: str) -> str:
    return choices.name_of(code, choices.of_vocabulary("countries"))


def language_name(code: str) -> str:
    return choices.name_of(code, choices.languages())


def _flag(value: Any) -> str:
    return "on" if value else ""


def _target(target: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": target["name"],
        "kind": target["kind"],
        "country": country_name(target.get("country") or ""),
        "aliases": _joined(target.get("aliases", ())),
        "minor": _flag(target.get("minor")),
        "notified": _flag(target.get("notified")),
    }


def _reference(reference: Mapping[str, Any]) -> dict[str, str]:
    return {
        "url": reference["url"],
        "kind": reference["kind"],
        "title": reference["title"],
        "publisher_name": reference.get("publisher", {}).get("name", ""),
        "published_at": reference.get("published_at", ""),
        "language": language_name(reference.get("language", "")),
        "rest": write_rest(reference),
    }


def _fingerprint(one: Mapping[str, Any]) -> dict[str, str]:
    quality = "" if one.get("quality") is None else str(one["quality"])
    return {"algorithm": one["algorithm"], "value": one["value"], "quality": quality}


def _joined(names: Iterable[str]) -> str:
    return "\n".join(names)


def same(one: Typed, other: Typed) -> bool:
    """Whether the same stands in two forms, the order of their fields and blanks apart."""
    return _filled(one) == _filled(other)


def _filled(typed: Typed) -> str:
    filled = {name: [v for v in values if v] for name, values in typed.items()}
    counts = (f"-{TOTAL_FORM_COUNT}", f"-{INITIAL_FORM_COUNT}")
    told = {
        name: values
        for name, values in filled.items()
        if values and not name.endswith(counts) and name != "revision"
    }
    return json.dumps(told, sort_keys=True)
