"""Whom the relay tells of work, when it tells them again, and when it does the work itself.

Pure: what there is and the time go in, what shall be done comes out. The broker may be away, hang,
or lose what it took; workers may be dead. Whatever was hinted and is not done shortly after, the
relay does itself, so none of it matters for long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from hub.relay.rows import Look, Work

PATIENCE_SECONDS: Final = 1.5
"""How long a hint may take to be followed."""

HINTED_AGAIN_SECONDS: Final = 30.0
"""When work that still waits is hinted again, though the relay is at it too."""

DONE_AGAIN_SECONDS: Final = 10.0
"""When the relay itself begins anew with work that still waits."""

FAILED_AGAIN_SECONDS: Final = 0.5
LONGEST_FAILED_AGAIN_SECONDS: Final = 60.0
"""When the relay itself begins anew with work that failed: twice as late each time."""

ALONE_SECONDS: Final = 10.0
"""For how long nobody is waited for, after a hint that nobody followed."""

STALL_SECONDS: Final = 0.3
"""Runs that send claim at least every 0.1 s; after this long they are of no use."""

FIRST_REPEAT_SECONDS: Final = 0.3
LONGEST_REPEAT_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Decision:
    """What to do now."""

    hints: list[Work]
    deeds: list[Work]
    hint_sending: bool
    do_sending: bool


@dataclass
class _Sending:
    """What is remembered of due deliveries, as long as there are any."""

    since: float
    hinted_at: float | None = None
    repeat_seconds: float = FIRST_REPEAT_SECONDS


@dataclass
class Decider:
    """Remembers what was hinted and begun; times are monotonic, in seconds.

    `most_runs` is how many runs that send are wanted at the same time in all workers together:
    fewer than there are workers, so that others find one free.
    """

    most_runs: int
    _hinted: dict[Work, float] = field(default_factory=dict)
    _again_at: dict[Work, float] = field(default_factory=dict)
    _failures: Counter[Work] = field(default_factory=Counter)
    _sending: _Sending | None = None
    _unfollowed_at: float | None = None

    def failed(self, work: Work, *, now: float) -> None:
        """Work that the relay itself was at failed: its database may have been away."""
        if work in self._again_at:
            seconds = FAILED_AGAIN_SECONDS * 2 ** min(self._failures[work], 10)
            self._again_at[work] = now + min(seconds, LONGEST_FAILED_AGAIN_SECONDS)
            self._failures[work] += 1

    def decide(self, look: Look, *, now: float, broker_answers: bool) -> Decision:
        """What to do about what was seen; the caller does it at once."""
        hints, deeds = self._decide_work(look.waiting, now, broker_answers)
        hint_sending, do_sending = self._decide_sending(look, now, broker_answers)
        return Decision(hints, deeds, hint_sending, do_sending)

    def _decide_work(
        self, waiting: Iterable[Work], now: float, broker_answers: bool
    ) -> tuple[list[Work], list[Work]]:
        hints, deeds = [], []
        hinted, again = {}, {}
        for work in waiting:
            hinted_at = self._hinted.get(work)
            again_at = self._again_at.get(work)
            is_late = hinted_at is not None and now - hinted_at >= PATIENCE_SECONDS
            if is_late:
                self._unfollowed_at = now
            if (is_late or not broker_answers) and (again_at is None or now >= again_at):
                deeds.append(work)
                again_at = now + DONE_AGAIN_SECONDS
            if broker_answers and _is_over(hinted_at, HINTED_AGAIN_SECONDS, now):
                hints.append(work)
                hinted_at = now
            if hinted_at is not None:
                hinted[work] = hinted_at
            if again_at is not None:
                again[work] = again_at
        # What waits no more is forgotten.
        self._hinted, self._again_at = hinted, again
        self._failures = Counter({work: self._failures[work] for work in again})
        return hints, deeds

    def _decide_sending(self, look: Look, now: float, broker_answers: bool) -> tuple[bool, bool]:
        if not look.has_due:
            self._sending = None
            return False, False
        sending = self._sending = self._sending or _Sending(since=now)
        stalled = min(now - sending.since, look.activity.since_claim_seconds)
        is_stalled = stalled >= STALL_SECONDS
        if not is_stalled:
            sending.repeat_seconds = FIRST_REPEAT_SECONDS
        is_wanted = is_stalled or look.activity.runs < self.most_runs
        is_late = sending.hinted_at is not None and stalled >= PATIENCE_SECONDS
        is_alone = not broker_answers or not _is_over(self._unfollowed_at, ALONE_SECONDS, now)
        nobody_else = is_alone and (is_stalled or look.activity.runs == 0)
        if not (broker_answers and is_wanted):
            return False, is_late or nobody_else
        if not _is_over(sending.hinted_at, sending.repeat_seconds, now):
            return False, is_late or nobody_else
        if sending.hinted_at is not None and is_stalled:
            sending.repeat_seconds = min(2 * sending.repeat_seconds, LONGEST_REPEAT_SECONDS)
        sending.hinted_at = now
        return True, is_late or nobody_else


def _is_over(since: float | None, seconds: float, now: float) -> bool:
    return since is None or now - since >= seconds
