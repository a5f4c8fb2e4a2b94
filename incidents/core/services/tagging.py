"""Tags of many incidents at once: of an organisation's own, and of all when two are merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db import transaction

from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import THE_HUB, Actor, record
from hub.kit.errors import Conflict, FieldError, InvalidInput, NotAllowed
from hub.outbox.services import record_event
from incidents.core.documents import Findings, stored_tags
from incidents.core.indexing import write_indexes
from incidents.core.models import Change, Incident, Status
from incidents.core.services.filing import save_version, update_incident
from incidents.taxonomy.machinetags import check_tags, is_free, parse_tag, write_tag
from incidents.taxonomy.services import alias_tag, renamed_tags

BATCH: Final = 100
"""Incidents that are retagged in one transaction, and locked together."""


class TagMerge(NamedTuple):
    """What became of a merge."""

    tag: str
    into: str
    incidents: int


@transaction.atomic
def apply_tags(
    *, refs: Sequence[str], add: Sequence[str], remove: Sequence[str], by: Reader
) -> list[Incident]:
    """Add tags to own incidents and take tags from them: all of it, or nothing.

    Each that changes gets its version, history and event as with a single change of tags. Returns
    the incidents in the order of `refs`, unchanged ones too.

    Raises:
        NotAllowed: an incident is another organisation's, or the reader's role may not.
        InvalidInput: with every error found, at its pointer.
        Conflict: an incident was withdrawn.
    """
    by.require(Right.FILE)
    found = find_to_tag(refs, by=by)
    rows = Incident.objects.editable_by(by).select_for_update(no_key=True, of=("self",))
    locked = {row.ref: row for row in rows.filter(pk__in=[row.pk for row in found]).order_by("pk")}
    wanted = _wanted(locked, refs, *_canonical(add, remove))
    for row in locked.values():
        if row.status == Status.WITHDRAWN:
            raise Conflict(f"{row.ref} was withdrawn: it stays as it is.")
    for row in locked.values():
        locked[row.ref] = update_incident(
            incident_id=row.pk,
            changes={"tags": wanted[row.ref]},
            by=by,
            expected_revision=row.revision,
            change=Change.TAGGED,
        )
    return [locked[ref] for ref in refs]


def find_to_tag(refs: Sequence[str], *, by: Reader) -> list[Incident]:
    """The incidents of these refs, as far as `by` may know of them, all of them its own.

    Raises NotAllowed where one is another organisation's, InvalidInput where there is none.
    """
    known = {row.ref: row for row in Incident.objects.visible_to(by).filter(ref__in=refs)}
    if any(row.owner_id != by.member.pk for row in known.values()):
        raise NotAllowed("Only the member that filed an incident can tag it.")
    errors = [
        FieldError(f"/incidents/{place}", "not_found", "There is no such incident.")
        for place, ref in enumerate(refs)
        if ref not in known
    ]
    if errors:
        raise InvalidInput("Some incidents cannot be tagged.", errors=errors)
    return [known[ref] for ref in refs]


def _canonical(add: Sequence[str], remove: Sequence[str]) -> tuple[list[str], list[str]]:
    findings = Findings()
    added = findings.collect("/add", stored_tags, add) or []
    parsed = [
        findings.collect(f"/remove/{place}", parse_tag, text) for place, text in enumerate(remove)
    ]
    written = [write_tag(tag) if tag else "" for tag in parsed]
    renamed = renamed_tags(written)
    removed = [renamed.get(tag, tag) for tag in written]
    for place, tag in enumerate(removed):
        if tag in added:
            findings.add(f"/remove/{place}", "contradiction", f"{tag} is to be added too.")
    if findings.errors:
        raise InvalidInput("Some tags cannot be used.", errors=findings.errors)
    return added, removed


def _wanted(
    rows: dict[str, Incident], refs: Sequence[str], add: list[str], remove: list[str]
) -> dict[str, list[str]]:
    """The tags that each incident shall have, by ref; InvalidInput where they do not fit."""
    findings = Findings()
    wanted = {}
    for place, ref in enumerate(refs):
        kept = [tag for tag in rows[ref].tags if tag not in remove]
        wanted[ref] = list(dict.fromkeys([*kept, *add]))
        try:
            check_tags(wanted[ref])
        except InvalidInput as error:
            detail = f"{error.errors[0].detail} These would be the tags of {ref}."
            findings.add(f"/incidents/{place}", error.errors[0].code, detail)
    if findings.errors:
        raise InvalidInput("The tags do not go together.", errors=findings.errors)
    return wanted


def merge_tag(*, tag: str, into: str, by: Actor = THE_HUB, most: int | None = None) -> TagMerge:
    """Make one free tag another, on all incidents but withdrawn ones, and from now on.

    For the hub's operator. In batches of their own transactions: run again after it was
    interrupted, or had rewritten `most` incidents or some more, it goes on where it ended, and once
    done it changes nothing.

    Raises:
        InvalidInput: one of them is no free tag.
        Conflict: they are one tag already, or `tag` was merged into another.
    """
    old, new = _free_tag(tag, "/from"), _free_tag(into, "/into")
    with transaction.atomic():
        target = alias_tag(tag=old, into=new)
        record("tag.merge", by=by, detail={"from": old, "into": target})
    retagged = 0
    while (most is None or retagged < most) and (changed := _retag_some(old, target, by)):
        retagged += changed
    return TagMerge(old, target, retagged)


def _free_tag(text: str, pointer: str) -> str:
    try:
        written = write_tag(parse_tag(text))
    except InvalidInput as error:
        raise error.at(pointer) from error
    if not is_free(written):
        raise InvalidInput(
            f'{written} is curated: only free tags, tag:"…", are merged.', pointer=pointer
        )
    return written


@transaction.atomic
def _retag_some(old: str, new: str, by: Actor) -> int:
    """Rewrite the tags of some incidents that still have the old one; returns of how many."""
    tagged = Incident.objects.filter(tags__contains=[old]).exclude(status=Status.WITHDRAWN)
    some = list(tagged.values_list("pk", flat=True)[:BATCH])
    locked = tagged.filter(pk__in=some).select_for_update(no_key=True).order_by("pk")
    rows = list(locked)
    for row in rows:
        row.tags = list(dict.fromkeys(new if tag == old else tag for tag in row.tags))
        save_version(row, {"tags"}, change=Change.RETAGGED, note=f"{old} was merged into {new}")
        write_indexes(row, {"tags"})
        if row.status == Status.PUBLISHED:
            # Nobody's own doing, so that the owner is told of it too.
            record_event(
                "incident.updated",
                subject_id=row.pk,
                stream_id=row.pk,
                version=row.version,
                mark=row.tlp,
            )
    if rows:
        record("incident.retag", by=by, objects=[row.ref for row in rows])
    return len(some)
