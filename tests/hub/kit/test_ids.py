"""Ids are unique, sort by time, and are told apart from anything else."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kit import ids


def test_a_uuid7_carries_its_time_version_and_variant() -> None:
    before = time.time_ns() // 1_000_000
    made = ids._Uuid7Source().next()
    after = time.time_ns() // 1_000_000

    assert before <= made.int >> 80 <= after
    assert made.version == 7
    assert made.int >> 62 & 0b11 == 0b10


def test_uuids_rise_within_a_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
    source = ids._Uuid7Source()

    made = [source.next() for _ in range(1000)]

    assert all(left < right for left, right in pairwise(made))
    assert {uuid.int >> 80 for uuid in made} == {1_800_000_000_000}
    assert {uuid.version for uuid in made} == {7}
    assert {uuid.int >> 62 & 0b11 for uuid in made} == {0b10}


def test_uuids_rise_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ids._Uuid7Source()
    monkeypatch.setattr(time, "time_ns", lambda: 2_000_000_000)
    earlier = source.next()

    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    later = source.next()

    assert later > earlier
    assert later.int >> 80 == 2000


def test_threads_never_get_the_same_uuid() -> None:
    made: list[UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend([ids.uuid7() for _ in range(2000)]))
        for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 8000


def test_a_child_forked_while_an_id_is_made_makes_its_own() -> None:
    read_end, write_end = os.pipe()
    with ids._source._lock:  # as if another thread held it
        child = os.fork()
        if child == 0:  # the child only; it never comes back to the test
            signal.alarm(10)
            os.write(write_end, ids.uuid7().bytes)
            os._exit(0)
    os.close(write_end)

    _, status = os.waitpid(child, 0)
    made = os.read(read_end, 16)
    os.close(read_end)

    assert status == 0
    assert UUID(bytes=made).version == 7
    assert UUID(bytes=made) != ids.uuid7()


def test_a_reference_is_eight_letters_of_crockfords_alphabet() -> None:
    refs = {ids.new_ref() for _ in range(500)}

    assert len(refs) == 500
    assert all(re.fullmatch(ids.REF_PATTERN, ref) for ref in refs)
    assert set("".join(ref.removeprefix("DF-") for ref in refs)) == set(ids.CROCKFORD)


@pytest.mark.parametrize(
    "text",
    ["DF-7K3Q9MX", "DF-7K3Q9MXAA", "DF-7K3Q9MXI", "DF-7k3q9mxa", "7K3Q9MXA", "DF-7K3Q9MX\u0667"],
)
def test_what_is_no_reference_does_not_match(text: str) -> None:
    assert re.fullmatch(ids.REF_PATTERN, text) is None


@given(st.uuids())
def test_an_event_id_is_read_as_it_was_written(event: UUID) -> None:
    assert ids.parse_event_id(ids.event_id(event)) == event


def test_an_event_id_is_written_in_lower_case() -> None:
    event = UUID("019AB000-0000-7ABC-8000-00000000000F")

    assert ids.event_id(event) == "evt_019ab00000007abc800000000000000f"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "evt_",
        "019ab00000007abc800000000000000f",
        "evt_019AB00000007ABC800000000000000F",
        "evt_019ab00000007abc800000000000000",
        "evt_019ab00000007abc800000000000000ff",
        "evt_019ab000-0000-7abc-8000-00000000000f",
        "evt_019ab00000007abc800000000000000f\n",
        "EVT_019ab00000007abc800000000000000f",
        "evt_\u066019ab00000007abc800000000000000f",
    ],
)
def test_anything_else_is_no_event_id(text: str) -> None:
    assert ids.parse_event_id(text) is None
