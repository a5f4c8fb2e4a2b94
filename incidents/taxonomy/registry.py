"""The curated vocabularies, as the files in `data/vocabularies/` state them."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from hub.kit.errors import HubError

DATA = Path(__file__).parent / "data"

NAMESPACE = re.compile(r"[a-z][a-z0-9_]{0,63}")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")


class MalformedData(HubError):
    """A data file of the taxonomy is malformed."""

    code = "malformed_data"
    title = "Malformed data file"


class Use(StrEnum):
    """Where the values of a vocabulary may stand."""

    FIELD = "field"
    """In a field of a record, as bare ids."""
    TAG = "tag"
    """Among the machine tags, under the namespace's name."""
    FREE = "free"
    """Among the machine tags, as words of the members' own; nothing is curated."""


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which values are shown together; never a value itself."""

    id: str
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class Value:
    id: str
    label: str
    description: str
    """In our own words; empty where the label says it all."""
    predicate: str
    """What stands before the id in a machine tag; empty where the id itself is the predicate."""
    group: str
    parent: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    namespace: str
    label: str
    description: str
    source: str
    licence: str
    use: Use
    exclusive: bool
    """At most one value at a time; in tags, at most one of each predicate."""
    groups: tuple[Group, ...]
    values: tuple[Value, ...]

    @property
    def predicates(self) -> tuple[str, ...]:
        """The predicates of its machine tags, in the order of the file."""
        return tuple(dict.fromkeys(value.predicate for value in self.values if value.predicate))


def vocabularies() -> tuple[Vocabulary, ...]:
    """All vocabularies, by namespace. Raises MalformedData when a file is not as it should be."""
    return tuple(_by_namespace().values())


def vocabulary(namespace: str) -> Vocabulary | None:
    return _by_namespace().get(namespace)


def ids(namespace: str) -> frozenset[str]:
    """The ids of a vocabulary; empty for one that does not exist."""
    return _ids().get(namespace, frozenset())


def is_value(namespace: str, id: str) -> bool:  # noqa: A002 - it is an id everywhere else too
    return id in ids(namespace)


def read_vocabularies(folder: Path) -> tuple[Vocabulary, ...]:
    """Read every vocabulary file of `folder`, by namespace. Raises MalformedData."""
    return tuple(read_vocabulary(path) for path in sorted(folder.glob("*.json")))


def read_vocabulary(path: Path) -> Vocabulary:
    """Read one file, which bears the name of its namespace. Raises MalformedData."""
    record = Record(read_json(path), path.name)
    namespace = record.text("namespace", NAMESPACE)
    if namespace != path.stem:
        raise MalformedData(
            f"{path.name}: “namespace” is {namespace!r}, but should be the file's name"
        )
    found = Vocabulary(
        namespace=namespace,
        label=record.text("label"),
        description=record.text("description"),
        source=record.text("source"),
        licence=record.text("licence"),
        use=_use(record),
        exclusive=record.flag("exclusive"),
        groups=tuple(_group(entry) for entry in record.records("groups", optional=True)),
        values=tuple(_value(entry) for entry in record.records("values")),
    )
    record.refuse_others()
    _check_links(found, path.name)
    return found


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedData(f"{path.name}, {where}: not JSON ({error.msg})") from error


class Record:
    """One JSON object of a data file, which knows where it stands and must be used up."""

    def __init__(self, content: Any, where: str) -> None:
        if not isinstance(content, dict):
            raise MalformedData(f"{where}: should be an object with named members")
        self.where = where
        self._content = dict(content)

    def text(
        self, name: str, pattern: re.Pattern[str] | None = None, *, empty: bool = False
    ) -> str:
        """Take a text member; with `empty` it may be absent or empty."""
        found = self._content.pop(name, "" if empty else None)
        if not isinstance(found, str) or not (found.strip() or empty):
            raise MalformedData(f"{self.where}: “{name}” is missing or not a text")
        if pattern and found and not pattern.fullmatch(found):
            raise MalformedData(f"{self.where}: “{name}” {found!r} should match {pattern.pattern}")
        return found

    def flag(self, name: str) -> bool:
        found = self._content.pop(name, None)
        if not isinstance(found, bool):
            raise MalformedData(f"{self.where}: “{name}” is missing or neither true nor false")
        return found

    def records(self, name: str, *, optional: bool = False) -> list[Record]:
        found = self._content.pop(name, [] if optional else None)
        if not isinstance(found, list):
            raise MalformedData(f"{self.where}: “{name}” is missing or not a list")
        return records_of(found, f"{self.where}, {name}")

    def refuse_others(self) -> None:
        """A member nobody asked for is a typing error; call this when all is taken."""
        if self._content:
            unknown = ", ".join(f"“{name}”" for name in self._content)
            raise MalformedData(f"{self.where}: unknown {unknown}")


def records_of(entries: list[Any], where: str) -> list[Record]:
    """The objects of a list, each named by its position, counted from 1, and its id or key."""
    records = []
    for position, entry in enumerate(entries, start=1):
        name = (entry.get("id") or entry.get("key")) if isinstance(entry, dict) else None
        records.append(Record(entry, f"{where} {position}" + (f" ({name})" if name else "")))
    return records


@functools.cache
def _by_namespace() -> dict[str, Vocabulary]:
    return {found.namespace: found for found in read_vocabularies(DATA / "vocabularies")}


@functools.cache
def _ids() -> dict[str, frozenset[str]]:
    return {
        namespace: frozenset(value.id for value in found.values)
        for namespace, found in _by_namespace().items()
    }


def _use(record: Record) -> Use:
    found = record.text("use")
    if found not in set(Use):
        raise MalformedData(f"{record.where}: “use” {found!r} should be one of {', '.join(Use)}")
    return Use(found)


def _group(record: Record) -> Group:
    found = Group(
        id=record.text("id", ID),
        label=record.text("label"),
        description=record.text("description", empty=True),
    )
    record.refuse_others()
    return found


def _value(record: Record) -> Value:
    found = Value(
        id=record.text("id", ID),
        label=record.text("label"),
        description=record.text("description", empty=True),
        predicate=record.text("predicate", NAMESPACE, empty=True),
        group=record.text("group", ID, empty=True),
        parent=record.text("parent", ID, empty=True),
    )
    record.refuse_others()
    return found


def _check_links(found: Vocabulary, where: str) -> None:
    groups = {group.id for group in found.groups}
    known: set[str] = set()
    for position, value in enumerate(found.values, start=1):
        at = f"{where}, values {position} ({value.id})"
        if value.id in known:
            raise MalformedData(f"{at}: the id stands here a second time")
        if value.group and value.group not in groups:
            raise MalformedData(f"{at}: there is no group {value.group!r}")
        if value.parent and value.parent not in known:
            raise MalformedData(f"{at}: the parent {value.parent!r} does not stand before it")
        if value.predicate and found.use is not Use.TAG:
            raise MalformedData(f"{at}: only a vocabulary of tags has predicates")
        known.add(value.id)
    if (found.use is Use.FREE) == bool(found.values):
        raise MalformedData(f"{where}: every vocabulary but a free one lists its values")
