from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import F
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from hub.api import tasks
from hub.api.limits import Rate, give_back, parse_rate, take
from hub.api.models import RateBucket
from hub.api.services import purge_full_buckets
from hub.kit.errors import TooManyRequests
from tests.hub.api.conftest import As
from tests.hub.api.notes import Note

pytestmark = pytest.mark.urls("tests.hub.api.notes")

NOTES = "/api/v1/notes/"
HOURLY = Rate(3600, 3600)
"""One a second: slow enough that a test is over before the next."""


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1200/m", Rate(1200, 60)), ("20/s", Rate(20, 1)), ("72000/h", Rate(72000, 3600))],
)
def test_a_rate_is_read(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate
    assert rate.seconds_each == 0.05


@pytest.mark.parametrize("text", ["", "0/m", "-1/m", "1200", "1200/d", "1.5/s", "m/1200", "1 /m"])
def test_what_is_no_rate_stops_the_hub_with_words(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="written like 1200/m"):
        parse_rate(text)


@pytest.mark.django_db
def test_a_bucket_gives_its_burst_at_once_and_then_one_at_a_time(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        with django_assert_num_queries(1):
            take("token:a", rate=HOURLY, burst=5)
    with django_assert_num_queries(1), pytest.raises(TooManyRequests) as refused:
        take("token:a", rate=HOURLY, burst=5)

    assert refused.value.retry_after == 1
    pass_time(seconds=1)
    take("token:a", rate=HOURLY, burst=5)
    with pytest.raises(TooManyRequests):
        take("token:a", rate=HOURLY, burst=5)


@pytest.mark.django_db
def test_a_bucket_that_rested_holds_its_burst_and_no_more() -> None:
    for _ in range(3):
        take("token:a", rate=HOURLY, burst=3)
    pass_time(seconds=86400)

    for _ in range(3):
        take("token:a", rate=HOURLY, burst=3)
    with pytest.raises(TooManyRequests):
        take("token:a", rate=HOURLY, burst=3)


@pytest.mark.django_db
def test_a_refused_request_makes_nobody_wait_longer() -> None:
    minutely = Rate(1, 60)
    take("token:a", rate=minutely, burst=1)
    waits = []
    for _ in range(3):
        with pytest.raises(TooManyRequests) as refused:
            take("token:a", rate=minutely, burst=1)
        waits.append(refused.value.retry_after)

    assert waits == [60, 60, 60]


@pytest.mark.django_db
def test_each_caller_has_a_bucket_of_its_own() -> None:
    take("token:a", rate=HOURLY, burst=1)
    take("token:b", rate=HOURLY, burst=1)

    with pytest.raises(TooManyRequests):
        take("token:a", rate=HOURLY, burst=1)


@pytest.mark.django_db
def test_what_is_given_back_can_be_taken_again() -> None:
    for _ in range(2):
        take("token:a", rate=HOURLY, burst=2)

    give_back("token:a", rate=HOURLY)
    give_back("token:nobody", rate=HOURLY)

    take("token:a", rate=HOURLY, burst=2)
    with pytest.raises(TooManyRequests):
        take("token:a", rate=HOURLY, burst=2)


def test_beyond_the_limit_the_api_answers_429(as_: As, settings: Settings) -> None:
    settings.HUB_RATE_TOKEN = "60/m"
    settings.HUB_RATE_TOKEN_BURST = 2

    answers = [as_("writer").get(NOTES) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "1"
    assert answers[2].headers["Content-Type"] == "application/problem+json"
    assert answers[2].json()["code"] == "too_many_requests"
    assert as_("reader").get(NOTES).status_code == 200


def test_a_refused_post_changes_nothing(as_: As, settings: Settings) -> None:
    settings.HUB_RATE_TOKEN_BURST = 1
    settings.HUB_RATE_TOKEN = "1/m"
    as_("writer").get(NOTES)

    answer = as_("writer").post(NOTES, {"title": "a"}, "application/json")

    assert answer.status_code == 429
    assert Note.objects.count() == 0


def test_bad_credentials_are_slowed_and_a_good_one_from_there_is_not(
    as_: As, settings: Settings
) -> None:
    settings.HUB_RATE_LOGIN = "2/m"

    statuses = [as_("guess").get(NOTES).status_code for _ in range(3)]

    assert statuses == [401, 401, 429]
    assert as_("writer").get(NOTES).status_code == 200
    assert Client().get(NOTES).status_code == 401


def test_parallel_requests_never_get_more_than_the_burst(committing: As) -> None:
    def one(_: int) -> bool:
        try:
            take("token:a", rate=Rate(1, 3600), burst=10)
        except TooManyRequests:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(one, range(40)))

    assert granted.count(True) == 10


@pytest.mark.django_db
def test_buckets_that_are_full_again_are_purged() -> None:
    take("token:a", rate=HOURLY, burst=5)
    take("token:b", rate=Rate(1, 3600), burst=5)
    RateBucket.objects.filter(key="token:a").update(full_at=F("full_at") - timedelta(days=1))

    assert purge_full_buckets() == 1
    tasks.purge()
    assert [str(bucket) for bucket in RateBucket.objects.all()] == ["token:b"]


@pytest.mark.django_db
def test_buckets_stay_out_of_the_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'api_ratebucket'")
        (persistence,) = cursor.fetchone()

    assert persistence in {"u", b"u"}


def pass_time(*, seconds: float) -> Any:
    """The buckets go by the clock of the database, so it is they that are moved."""
    RateBucket.objects.update(full_at=F("full_at") - timedelta(seconds=seconds))
