"""What follows from an answer, and when it is tried again."""

from __future__ import annotations

import pytest

from incidents.alerts.engine.retries import LAST_ATTEMPT, EndpointWish, judge, vary
from tests.alerting import answer

HOUR = 3600
NEXT_SECONDS = [
    5, 30, 120, 600, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
]  # fmt: skip


@pytest.mark.parametrize("number", range(1, LAST_ATTEMPT))
def test_waits_grow_as_the_table_says(number: int) -> None:
    verdict = judge(answer(500), number=number, vary=lambda: 1.0)

    assert verdict == ("pending", NEXT_SECONDS[number - 1], EndpointWish.NOTHING, 0)


def test_the_last_attempt_is_the_twelfth_after_about_three_days() -> None:
    verdict = judge(answer(500), number=12)

    assert verdict.state == "dead"
    assert sum(NEXT_SECONDS) == pytest.approx(3.2 * 24 * HOUR, rel=0.02)


def test_waits_vary_by_a_fifth() -> None:
    factors = [vary() for _ in range(1000)]

    assert 0.8 <= min(factors) < 0.85
    assert 1.15 < max(factors) <= 1.2
    assert judge(answer(500), number=2, vary=lambda: 1.2).wait_seconds == 36


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "ok"), (204, "ok"), (299, "ok"), (301, "pending"), (308, "pending"),
        (400, "pending"), (404, "pending"), (410, "pending"), (500, "pending"), (None, "pending"),
    ],
)  # fmt: skip
def test_only_2xx_is_success(status: int | None, state: str) -> None:
    assert judge(answer(status), number=1).state == state


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, 5), (2, 5), (60, 60), (6 * HOUR, 6 * HOUR), (86400, 6 * HOUR)]
)
def test_retry_after_is_honoured_up_to_six_hours(asked: int | None, expected: int) -> None:
    verdict = judge(answer(500, retry_after=asked), number=1, vary=lambda: 1.0)

    assert verdict.wait_seconds == expected


@pytest.mark.parametrize(
    ("status", "retry_after", "wish", "rest"),
    [
        (429, 90, EndpointWish.SLOW_DOWN, 90),
        (503, None, EndpointWish.SLOW_DOWN, 5),
        (410, None, EndpointWish.STOP, 0),
        (500, 90, EndpointWish.NOTHING, 0),
        (200, 90, EndpointWish.NOTHING, 0),
    ],
)
def test_some_answers_are_about_the_endpoint(
    status: int, retry_after: int | None, wish: EndpointWish, rest: int
) -> None:
    verdict = judge(answer(status, retry_after=retry_after), number=1)

    assert (verdict.wish, verdict.rest_seconds) == (wish, rest)
