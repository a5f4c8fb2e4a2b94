"""Failpoints do what the environment says, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from hub.kit import failpoints
from hub.kit.failpoints import Failure, failpoint, parse_failpoints

PROGRAM = """
from hub.kit.failpoints import failpoint
failpoint("somewhere.else")
print("before", flush=True)
failpoint("engine.after_post")
print("after")
"""


def run(rules: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "HUB_FAILPOINTS": rules},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_named_process_is_killed_on_the_spot() -> None:
    ended = run("engine.after_post=kill")

    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == "before\n"


@pytest.mark.parametrize("rules", ["", "engine.before_post=kill", "engine.after_post=kill@0"])
def test_a_process_that_is_not_meant_goes_on(rules: str) -> None:
    ended = run(rules)

    assert ended.returncode == 0
    assert ended.stdout == "before\nafter\n"


def test_a_rule_that_is_not_understood_stops_the_process_in_words() -> None:
    ended = run("engine.after_post=explode")

    assert ended.returncode == 1
    assert "'engine.after_post=explode' should read name=kill or name=sleep:SECONDS" in ended.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (" , ", {}),
        ("a.b=kill", {"a.b": Failure(None, 1.0)}),
        ("a_1=kill@0.25", {"a_1": Failure(None, 0.25)}),
        ("a=sleep:2", {"a": Failure(2.0, 1.0)}),
        ("a=sleep:0.5@1.0", {"a": Failure(0.5, 1.0)}),
        ("a=kill, b=sleep:1@0", {"a": Failure(None, 1.0), "b": Failure(1.0, 0.0)}),
    ],
)
def test_rules_are_read(text: str, expected: dict[str, Failure]) -> None:
    assert parse_failpoints(text) == expected


@pytest.mark.parametrize(
    "text", ["a", "a=", "a=kill@2", "a=kill@", "a=sleep", "a=sleep:x", "A=kill", "a=kill b=kill"]
)
def test_rules_that_are_not_understood_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HUB_FAILPOINTS"):
        parse_failpoints(text)


def test_a_kill_is_one_that_cannot_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.setattr(failpoints, "_failures", parse_failpoints("here=kill"))

    failpoint("here")

    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_chance_is_drawn_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(failpoints, "_failures", parse_failpoints("here=sleep:2@0.5"))

    for drawn in [0.4, 0.5, 0.6, 0.1]:
        monkeypatch.setattr(random, "random", lambda drawn=drawn: drawn)
        failpoint("here")

    assert slept == [2.0, 2.0]
