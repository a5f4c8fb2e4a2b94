"""What the first attempt of a delivery fixes for good: its sequence, its bytes and their mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from incidents.alerts.disclosing import disclose
from incidents.alerts.engine.sending_rights import Checked
from incidents.alerts.statements import run
from incidents.alerts.subjects import Occurrence
from incidents.alerts.topics import TOPICS
from incidents.alerts.wire import Content, content_for, variant_of, webhook_body
from incidents.core.rights import Pair

RAISE_SEQUENCES = """
UPDATE alerts_endpoint AS endpoint SET sequence = raised.sequence
FROM unnest(%(ids)b::uuid[], %(sequences)b::bigint[]) AS raised (id, sequence)
WHERE endpoint.id = raised.id
"""


@dataclass
class Room:
    """Where the numbers of one locked endpoint stand."""

    member_id: UUID
    sequence: int


class FirstAttempt(NamedTuple):
    """What is fixed; all empty for a retry, which has it already."""

    sequence: int | None
    body: str | None
    mark: str


def write_first_attempts(checked: Checked, room: Mapping[UUID, Room]) -> dict[int, FirstAttempt]:
    """Number and render what goes out for the first time; by delivery.

    The caller holds the locks of the endpoints in `room`, by id, so that numbers have no gaps.
    """
    firsts = [one for one in checked.allowed if not one.row.was_attempted]
    if not firsts:
        return {}
    contents: dict[Any, Content] = {}
    written: dict[int, FirstAttempt] = {}
    disclosed: list[Pair] = []
    for row, occurrence in firsts:
        of_endpoint = room[row.endpoint_id]
        of_endpoint.sequence += 1
        content = _content(occurrence, of_endpoint.member_id, checked, contents)
        body = webhook_body(occurrence, content, of_endpoint.sequence)
        written[row.id] = FirstAttempt(of_endpoint.sequence, body, content.mark)
        if not TOPICS[row.topic].is_recall:
            disclosed += (
                (incident.pk, of_endpoint.member_id)
                for incident in checked.subjects.incidents_of(occurrence)
            )
    _raise_sequences({row.endpoint_id: room[row.endpoint_id].sequence for row, _ in firsts})
    disclose(disclosed)
    return written


def _content(
    occurrence: Occurrence, member_id: UUID, checked: Checked, contents: dict[Any, Content]
) -> Content:
    """Rendered once for all receivers of a batch that are shown the same."""
    addressee = checked.rights.addressee(occurrence, member_id)
    variant = variant_of(occurrence, checked.subjects, addressee)
    if variant not in contents:
        contents[variant] = content_for(occurrence, checked.subjects, addressee)
    return contents[variant]


def _raise_sequences(sequences: Mapping[UUID, int]) -> None:
    run(RAISE_SEQUENCES, {"ids": list(sequences), "sequences": list(sequences.values())})
