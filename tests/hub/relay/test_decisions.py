"""When the relay hints, when again, and when it does the work itself."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from uuid import UUID

import pytest

from hub.relay.decisions import Decider, Decision
from hub.relay.rows import Look, Work
from incidents.alerts.engine.due import Activity

FIRST, SECOND = (Work(UUID(int=n), "a.consumer") for n in (1, 2))
IDLE = Activity(0, inf)
BUSY = Activity(1, 0.05)
STUCK = Activity(1, 9.0)


def seen(*events: Work, due: bool = False, activity: Activity = IDLE) -> Look:
    return Look(list(events), has_due=due, activity=activity)


def decide(decider: Decider, look: Look, now: float, *, broker: bool = True) -> Decision:
    return decider.decide(look, now=now, broker_answers=broker)


def test_with_nothing_to_do_nothing_is_done() -> None:
    assert decide(Decider(1), seen(), 0) == Decision([], [], hint_sending=False, do_sending=False)


def test_an_event_is_hinted_once_and_done_when_nobody_follows() -> None:
    decider = Decider(1)
    turns = [(now, decide(decider, seen(FIRST), now)) for now in (0, 0.5, 1.4, 1.6, 5, 11.7, 31)]

    assert [now for now, decision in turns if decision.hints] == [0, 31]
    assert [now for now, decision in turns if decision.deeds] == [1.6, 11.7, 31]


def test_each_event_has_its_own_patience() -> None:
    decider = Decider(1)
    decide(decider, seen(FIRST), 0)
    second = decide(decider, seen(FIRST, SECOND), 1)
    third = decide(decider, seen(FIRST, SECOND), 2)

    assert (second.hints, second.deeds) == ([SECOND], [])
    assert (third.hints, third.deeds) == ([], [FIRST])


def test_an_event_that_was_done_is_forgotten() -> None:
    decider = Decider(1)
    decide(decider, seen(FIRST), 0)
    decide(decider, seen(), 1)

    again = decide(decider, seen(FIRST), 2)

    assert (again.hints, again.deeds) == ([FIRST], [])


def test_without_a_broker_events_are_done_at_once_and_hinted_when_it_is_back() -> None:
    decider = Decider(1)
    away = decide(decider, seen(FIRST), 0, broker=False)
    still_away = decide(decider, seen(FIRST), 1, broker=False)
    back = decide(decider, seen(FIRST), 2)

    assert (away.hints, away.deeds) == ([], [FIRST])
    assert (still_away.hints, still_away.deeds) == ([], [])
    assert (back.hints, back.deeds) == ([FIRST], [])


def test_what_failed_is_begun_anew_soon_and_later_each_time() -> None:
    decider = Decider(1)
    decider.failed(SECOND, now=0)
    begun = []
    for tenth in range(2000):
        now = tenth / 10
        if decide(decider, seen(FIRST), now, broker=False).deeds:
            begun.append(now)
            decider.failed(FIRST, now=now)

    pauses = [later - earlier for earlier, later in pairwise(begun)]
    assert pauses == pytest.approx([0.5, 1, 2, 4, 8, 16, 32, 60, 60], abs=0.11)


def test_whoever_did_an_event_that_nobody_followed_sends_at_once_for_a_while() -> None:
    decider = Decider(1)
    decide(decider, seen(FIRST), 0)
    late = decide(decider, seen(FIRST), 1.6)
    due = decide(decider, seen(due=True), 1.7)
    busy = decide(decider, seen(due=True, activity=BUSY), 1.8)
    decide(decider, seen(), 5)
    later = decide(decider, seen(due=True), 12)

    assert late.deeds == [FIRST]
    assert (due.hint_sending, due.do_sending) == (True, True)
    assert busy.do_sending is False
    assert (later.hint_sending, later.do_sending) == (True, False)


def test_sending_is_hinted_at_once_and_not_again_while_a_run_claims() -> None:
    decider = Decider(1)
    first = decide(decider, seen(due=True), 0)
    backlog = [decide(decider, seen(due=True, activity=BUSY), now) for now in (0.1, 1, 2, 9)]

    assert (first.hint_sending, first.do_sending) == (True, False)
    assert {(one.hint_sending, one.do_sending) for one in backlog} == {(False, False)}


def test_more_runs_are_hinted_at_as_long_as_more_are_wanted() -> None:
    decider = Decider(2)
    times = (0, 0.1, 0.35, 0.5, 0.7)
    hinted = [decide(decider, seen(due=True, activity=BUSY), now).hint_sending for now in times]

    assert hinted == [True, False, True, False, True]


@pytest.mark.parametrize("activity", [IDLE, STUCK])
def test_when_nobody_claims_hints_become_rarer_and_the_relay_sends_itself(
    activity: Activity,
) -> None:
    decider = Decider(1)
    times = [tenth / 10 for tenth in range(121)]
    turns = [(now, decide(decider, seen(due=True, activity=activity), now)) for now in times]

    hints = [now for now, decision in turns if decision.hint_sending]
    deeds = [now for now, decision in turns if decision.do_sending]
    assert hints[-1] - hints[-2] == pytest.approx(5.0, abs=0.3)
    assert len(hints) <= 7
    assert deeds[0] == pytest.approx(1.5, abs=0.35)


def test_without_a_broker_sending_is_done_at_once_unless_a_run_is_at_it() -> None:
    alone = decide(Decider(1), seen(due=True), 0, broker=False)
    with_run = decide(Decider(1), seen(due=True, activity=BUSY), 0, broker=False)

    assert (alone.hint_sending, alone.do_sending) == (False, True)
    assert (with_run.hint_sending, with_run.do_sending) == (False, False)


def test_what_is_due_later_begins_anew() -> None:
    decider = Decider(1)
    decide(decider, seen(due=True), 0)
    decide(decider, seen(), 1)

    again = decide(decider, seen(due=True), 5)

    assert (again.hint_sending, again.do_sending) == (True, False)
