"""Places where a test can make a process die or dawdle, to prove that nothing is lost."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from typing import Final, NamedTuple

_RULE: Final = re.compile(
    r"(?P<name>[a-z0-9_.]+)=(?P<action>kill|sleep:(?P<seconds>\d+(?:\.\d+)?))"
    r"(?:@(?P<chance>0(?:\.\d+)?|1(?:\.0+)?))?",
    re.ASCII,
)


class Failure(NamedTuple):
    """What happens at one failpoint."""

    sleep_seconds: float | None
    """None: the process is killed, without a chance to clean up."""
    chance: float
    """0 to 1, drawn anew each time the point is passed."""


def parse_failpoints(text: str) -> dict[str, Failure]:
    """Read `HUB_FAILPOINTS`: rules such as `engine.after_post=kill@0.1,relay.pass=sleep:2`.

    Raises ValueError for a rule it does not understand: an experiment that silently breaks
    nothing would prove nothing.
    """
    failures = {}
    for rule in filter(None, (part.strip() for part in text.split(","))):
        match = _RULE.fullmatch(rule)
        if match is None:
            raise ValueError(
                f"HUB_FAILPOINTS: {rule!r} should read name=kill or name=sleep:SECONDS, "
                "with @CHANCE from 0 to 1 behind it if it shall not happen every time"
            )
        seconds = match["seconds"]
        failures[match["name"]] = Failure(
            sleep_seconds=None if seconds is None else float(seconds),
            chance=float(match["chance"] or 1),
        )
    return failures


_failures: Final = parse_failpoints(os.environ.get("HUB_FAILPOINTS", ""))


def failpoint(name: str) -> None:
    """Do what `HUB_FAILPOINTS` says for `name`; nothing, if it names no such point.

    The variable is read once, when this module is imported.
    """
    failure = _failures.get(name)
    if failure is None or random.random() >= failure.chance:  # noqa: S311 - chance, no secret
        return
    if failure.sleep_seconds is None:
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        time.sleep(failure.sleep_seconds)
