"""What follows from how an attempt went: done, tried again later, or given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

from hub.kit.answers import Answer
from incidents.alerts.models import DeliveryState

WAITS_SECONDS = (
    0, 5, 30, 2 * 60, 10 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600,
    24 * 3600,
)  # fmt: skip
"""Before each attempt, from the end of the one before it; about 3.2 days in all."""

LAST_ATTEMPT = len(WAITS_SECONDS)
JITTER = 0.2
"""Waits vary by this part of them, so that those who failed together do not return together."""

LONGEST_RETRY_AFTER_SECONDS = 6 * 3600
SLOW_DOWN_SECONDS = 5
"""How long an endpoint is left alone that asked for slower sending without saying how slow."""

ASKS_FOR_LESS = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class EndpointWish(StrEnum):
    """What an answer asks of all sending to its endpoint."""

    NOTHING = "nothing"
    SLOW_DOWN = "slow_down"
    STOP = "stop"


class Verdict(NamedTuple):
    """What becomes of a delivery after an attempt, and of its endpoint."""

    state: DeliveryState
    wait_seconds: float
    """Until the next attempt, if it stays pending."""
    wish: EndpointWish
    rest_seconds: float
    """How long the endpoint wants to be left alone, if it does."""


def vary() -> float:
    """A factor that spreads waits by chance."""
    return random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing


def judge(answer: Answer, *, number: int, vary: Callable[[], float] = vary) -> Verdict:
    """Decide after attempt `number`, counted from 1."""
    if answer.succeeded:
        return Verdict(DeliveryState.OK, 0.0, EndpointWish.NOTHING, 0.0)
    asked = min(answer.retry_after_seconds or 0, LONGEST_RETRY_AFTER_SECONDS)
    wish, rest = EndpointWish.NOTHING, 0.0
    if answer.status == HTTPStatus.GONE:
        wish = EndpointWish.STOP
    elif answer.status in ASKS_FOR_LESS:
        wish, rest = EndpointWish.SLOW_DOWN, float(asked or SLOW_DOWN_SECONDS)
    if number >= LAST_ATTEMPT:
        return Verdict(DeliveryState.DEAD, 0.0, wish, rest)
    wait = max(WAITS_SECONDS[number] * vary(), float(asked))
    return Verdict(DeliveryState.PENDING, wait, wish, rest)
