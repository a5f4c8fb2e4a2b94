"""The identifiers the hub makes: row ids, incident references, event ids."""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from typing import Final
from uuid import UUID

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 alphabet: no I, L, O, U, which people misread."""

REF_PATTERN: Final = r"DF-[0-9A-HJKMNP-TV-Z]{8}"
"""A reference, as a regular expression without anchors."""

_EVENT_ID: Final = re.compile(r"evt_([0-9a-f]{32})")


class _Uuid7Source:
    """UUID version 7 of RFC 9562 whose values rise within one process, across its threads."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what came before.

        For a forked child: it must not count on from its parent's value, and the parent's lock
        may have been held by a thread that does not exist in the child.
        """
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._tail = 0

    def next(self) -> UUID:
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._milliseconds:
                self._milliseconds = now
                # The top of the 74 bits starts at 0, so that there is room to count up.
                self._tail = secrets.randbits(73)
            else:
                # Same millisecond, or a clock set back: RFC 9562, section 6.2, method 2. At
                # most 2**32 a step, so 2**41 ids fit before the 74 bits are used up.
                self._tail += 1 + secrets.randbits(32)
            milliseconds, tail = self._milliseconds, self._tail
        high, low = tail >> 62, tail & ((1 << 62) - 1)
        return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low)


_source = _Uuid7Source()
os.register_at_fork(after_in_child=_source.restart)


def uuid7() -> UUID:
    """A new id that sorts by its time of making; rising within one process."""
    return _source.next()


def new_ref() -> str:
    """A random incident reference, such as DF-7K3Q9MXA; 40 bits, so the table must be unique."""
    return "DF-" + "".join(secrets.choice(CROCKFORD) for _ in range(8))


def event_id(event: UUID) -> str:
    """The id of an event as members see it: `evt_` and 32 lower-case hexadecimal digits."""
    return f"evt_{event.hex}"


def parse_event_id(text: str) -> UUID | None:
    """The row id behind an `evt_` id; None for anything else."""
    match = _EVENT_ID.fullmatch(text)
    return UUID(hex=match[1]) if match else None
