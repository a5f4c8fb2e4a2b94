"""Runs of the engine: everything that is due is posted once, signed, and recorded."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from accounts.readers import Reader
from hub.kit import signing
from hub.kit.answers import Answer
from incidents.alerts.engine import run
from incidents.alerts.engine.claim import Claimed, claim
from incidents.alerts.engine.desk import Abandoned, Desk
from incidents.alerts.engine.record import record_results
from incidents.alerts.engine.run import Outcome, deliver_due
from incidents.alerts.models import Attempt, Delivery
from tests import alerting, make
from tests.alerting import OTHER_RUN, RUN, Posted, Receivers, answer, states
from tests.posting import LOOPBACK
from tests.receivers import Receiver, Request, answering

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture
def lead(db: None) -> Reader:
    return make.person(make.member("acme"))


@pytest.fixture
def receiver_threads() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own, for receivers that outlive a post."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def publish(lead: Reader, times: int = 1) -> None:
    for _ in range(times):
        make.incident(by=lead)
    alerting.fan_out_all()


def test_nothing_to_do_is_soon_done(db: None) -> None:
    assert deliver_due() == Outcome(0, 0)


def test_a_real_receiver_gets_a_signed_post_and_can_verify_it(
    lead: Reader, receiver_threads: asyncio.AbstractEventLoop, settings: Settings
) -> None:
    settings.HUB_WEBHOOK_ALLOW = LOOPBACK
    seen: list[Request] = []
    receiver = Receiver(answering(OK, seen=seen))
    asyncio.run_coroutine_threadsafe(receiver.__aenter__(), receiver_threads).result()
    made = alerting.made_endpoint(make.member(), url=receiver.url)
    publish(lead)

    outcome = deliver_due()

    asyncio.run_coroutine_threadsafe(
        receiver.__aexit__(None, None, None), receiver_threads
    ).result()
    (request,) = seen
    Webhook(made.secret).verify(request.body, request.headers)
    assert outcome == Outcome(attempts=1, recorded=1)
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert Delivery.objects.get().body == request.body.decode()
    assert Attempt.objects.get().address == "127.0.0.1"


def test_every_alert_is_posted_once_and_recorded(lead: Reader) -> None:
    hooks = [alerting.endpoint(make.member()) for _ in range(5)]
    publish(lead, times=9)
    receivers = Receivers()

    outcome = deliver_due(post=receivers)

    assert outcome == Outcome(attempts=45, recorded=45)
    posts = Counter((post.url, post.headers["webhook-id"]) for post in receivers.seen)
    assert set(posts.values()) == {1}
    assert len(posts) == 45
    assert states(hooks[0]) == [("incident.published", "ok")] * 9


def test_the_secret_is_the_endpoint_s_own(lead: Reader) -> None:
    made = alerting.made_endpoint(make.member())
    publish(lead)
    receivers = Receivers()

    deliver_due(post=receivers)

    (post,) = receivers.seen
    timestamp = int(post.headers["webhook-timestamp"])
    assert abs(timestamp - time.time()) < 5
    assert post.headers["webhook-signature"] == signing.sign(
        signing.decode_secret(made.secret),
        message_id=post.headers["webhook-id"],
        timestamp=timestamp,
        body=post.body,
    )


def test_an_alert_that_cannot_be_signed_is_a_failed_attempt(lead: Reader) -> None:
    hook = alerting.endpoint(make.member())
    type(hook).objects.update(secret=b"\x01" + b"?" * 60)
    publish(lead)
    receivers = Receivers()

    assert deliver_due(post=receivers) == Outcome(1, 1)
    assert receivers.seen == []
    assert Attempt.objects.get().error == "unreadable_secret"
    assert states(hook) == [("incident.published", "pending")]


def test_four_at_a_time_at_one_endpoint(lead: Reader) -> None:
    alerting.endpoint(make.member())
    publish(lead, times=10)
    under_way, most = Counter[str](), Counter[str]()

    async def post(url: str, **_: object) -> Answer:
        under_way[url] += 1
        most[url] = max(most[url], under_way[url])
        await asyncio.sleep(0.01)
        under_way[url] -= 1
        return answer()

    assert deliver_due(post=post) == Outcome(10, 10)
    assert set(most.values()) == {4}


def test_an_endpoint_that_hangs_delays_nobody(lead: Reader) -> None:
    slow = alerting.endpoint(make.member())
    quick = alerting.endpoint(make.member())
    publish(lead, times=6)
    arrived: list[float] = []
    began = time.monotonic()

    async def post(url: str, **_: object) -> Answer:
        if url == slow.url:
            await asyncio.sleep(1.0)
            return answer(None)
        arrived.append(time.monotonic() - began)
        return answer()

    deliver_due(post=post)

    assert max(arrived) < 0.9
    assert states(quick) == [("incident.published", "ok")] * 6
    assert states(slow) == [("incident.published", "pending")] * 6


def test_posts_that_dawdle_give_up_their_places(
    lead: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "QUICK", 8)
    monkeypatch.setattr(run, "SMALLEST_CLAIM", 1)
    monkeypatch.setattr(run, "DAWDLES_SECONDS", 0.1)
    slow = {alerting.endpoint(make.member()).url for _ in range(2)}
    publish(lead, times=4)
    quick = alerting.endpoint(make.member())
    publish(lead, times=2)
    arrived: list[float] = []
    began = time.monotonic()

    async def post(url: str, **_: object) -> Answer:
        if url in slow:
            await asyncio.sleep(0.8)
        else:
            arrived.append(time.monotonic() - began)
        return answer()

    deliver_due(post=post)

    assert len(arrived) == 2
    assert max(arrived) < 0.7
    assert states(quick) == [("incident.published", "ok")] * 2


def test_posts_that_end_while_no_place_was_free_do_not_end_the_run(
    lead: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "QUICK", 4)
    monkeypatch.setattr(run, "SMALLEST_CLAIM", 1)
    work = run._Run._work

    def slow_work(self: run._Run, limit: int) -> Claimed:
        time.sleep(4 * run.PAUSE_SECONDS)
        return work(self, limit)

    monkeypatch.setattr(run._Run, "_work", slow_work)
    hook = alerting.endpoint(make.member())
    publish(lead, times=8)

    async def post(url: str, **_: object) -> Answer:
        await asyncio.sleep(2 * run.PAUSE_SECONDS)
        return answer()

    assert deliver_due(post=post) == Outcome(8, 8)
    assert states(hook) == [("incident.published", "ok")] * 8


def test_the_first_alerts_go_out_before_others_are_claimed(
    lead: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FIRST_CLAIM", 3)
    monkeypatch.setattr(run, "SMALLEST_CLAIM", 1)
    monkeypatch.setattr(run, "FIRST_PAUSE_SECONDS", 10)  # ends as soon as all were posted
    steps: list[str] = []

    def noted_claim(*, limit: int, run_id: UUID) -> Claimed:
        steps.append(f"claim up to {limit}")
        return claim(limit=limit, run_id=run_id)

    async def post(url: str, **_: object) -> Answer:
        steps.append("post")
        return answer()

    monkeypatch.setattr(run, "claim", noted_claim)
    for _ in range(5):
        alerting.endpoint(make.member())
    publish(lead)

    outcome = deliver_due(post=post)

    assert outcome == Outcome(5, 5)
    first, second = ["claim up to 3", *["post"] * 3], ["claim up to 200", *["post"] * 2]
    assert steps[:7] == first + second


def test_asked_to_stop_it_begins_nothing_and_records_what_is_under_way(lead: Reader) -> None:
    hook = alerting.endpoint(make.member())
    publish(lead, times=9)
    receivers = Receivers()

    outcome = deliver_due(post=receivers, should_stop=lambda: len(receivers.seen) > 0)

    assert outcome == Outcome(4, 4)
    assert Counter(state for _, state in states(hook)) == {"ok": 4, "pending": 5}


def test_it_claims_for_a_limited_time(lead: Reader) -> None:
    hook = alerting.endpoint(make.member())
    publish(lead)

    assert deliver_due(post=Receivers(), claim_seconds=0) == Outcome(0, 0)
    assert states(hook) == [("incident.published", "pending")]


def test_what_a_run_frees_it_sends_too(lead: Reader) -> None:
    hook = alerting.endpoint(make.member())
    incident = make.incident(by=lead)
    alerting.change(incident, lead, title="Second")
    make.observation(incident, lead)
    alerting.fan_out_all()

    assert deliver_due(post=Receivers()) == Outcome(3, 3)
    assert {state for _, state in states(hook)} == {"ok"}


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_cut_while_alerts_are_posted_is_made_anew() -> None:
    hook = alerting.endpoint(make.member())
    publish(make.person(make.member("acme")))

    async def post(url: str, **_: object) -> Answer:
        await asyncio.to_thread(cut_connections)
        return answer()

    assert deliver_due(post=post) == Outcome(1, 1)
    assert states(hook) == [("incident.published", "ok")]


def cut_connections() -> None:
    """End every other session of the test's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()


def test_results_are_not_waited_for_while_there_is_more_to_sort_out(lead: Reader) -> None:
    hook = alerting.endpoint(make.member())
    group = make.group(lead.member, hook.member)
    for _ in range(40):
        make.incident(by=lead, tlp="amber", shared_with=[group])
    publish(lead, times=2)
    group.memberships.all().delete()
    receivers = Receivers()

    assert deliver_due(post=receivers) == Outcome(2, 2)
    assert Counter(state for _, state in states(hook)) == {"cancelled": 40, "ok": 2}


def test_a_database_that_stays_away_ends_the_run(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**_: object) -> object:
        raise DatabaseError("gone")

    monkeypatch.setattr(run, "claim", failing)
    monkeypatch.setattr(run, "_close_connection", lambda: None)
    monkeypatch.setattr(run, "LONGEST_OUTAGE_SECONDS", 0.1)

    with pytest.raises(DatabaseError, match="gone"):
        deliver_due()


# Several at once --------------------------------------------------------------------------------


def in_threads(number: int, work: object) -> list[object]:
    """What `work` returns in each of several threads, begun together, each with a connection."""
    barrier = threading.Barrier(number)

    def one(place: int) -> object:
        try:
            barrier.wait()
            return work(place)  # type: ignore[operator]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
def test_six_workers_together_claim_four_per_endpoint_and_none_twice() -> None:
    lead = make.person(make.member("acme"))
    hooks = [alerting.endpoint(make.member()) for _ in range(3)]
    publish(lead, times=10)

    claims = in_threads(6, lambda _: claim(limit=100, run_id=alerting.some_run()).sendings)

    sendings = [sending for claimed in claims for sending in claimed]  # type: ignore[attr-defined]
    assert len({sending.delivery_id for sending in sendings}) == len(sendings)
    per_endpoint = Counter(sending.endpoint_id for sending in sendings)
    assert max(per_endpoint.values()) <= 4
    more = claim(limit=100, run_id=RUN).sendings
    assert Counter(one.endpoint_id for one in [*sendings, *more]) == {hook.pk: 4 for hook in hooks}


@pytest.mark.django_db(transaction=True)
def test_six_runs_together_post_everything_once_in_order() -> None:
    lead = make.person(make.member("acme"))
    hooks = [alerting.endpoint(make.member()) for _ in range(4)]
    for _ in range(8):
        incident = make.incident(by=lead)
        make.observation(incident, lead)
    alerting.fan_out_all()
    under_way, most = Counter[str](), Counter[str]()
    seen: list[Posted] = []
    lock = threading.Lock()

    async def post(url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
        with lock:
            under_way[url] += 1
            most[url] = max(most[url], under_way[url])
            seen.append(Posted(url, headers, body))
        await asyncio.sleep(0.005)
        with lock:
            under_way[url] -= 1
        return answer()

    def work(_: int) -> int:
        total = 0
        while Delivery.objects.unfinished().exists():
            total += deliver_due(post=post).attempts  # type: ignore[arg-type]
        return total

    assert sum(in_threads(6, work)) == 64  # type: ignore[arg-type]
    posts = Counter((posted.url, posted.headers["webhook-id"]) for posted in seen)
    assert set(posts.values()) == {1}
    assert max(most.values()) <= 4
    for hook in hooks:
        rows = Delivery.objects.filter(endpoint=hook)
        assert set(rows.values_list("sequence", flat=True)) == set(range(1, 17))
        assert rows.filter(state="ok").count() == 16
        of_streams = rows.order_by("stream_id", "sequence").values_list("stream_id", "topic")
        assert [topic for _, topic in of_streams] == ["incident.published", "observation.added"] * 8


@pytest.mark.django_db(transaction=True)
def test_a_late_result_and_the_claim_of_its_delivery_do_not_wait_for_each_other() -> None:
    lead = make.person(make.member("acme"))
    alerting.endpoint(make.member())
    publish(lead)
    (sending,) = alerting.claim_all()
    alerting.let_pass(seconds=21)

    def work(place: int) -> int:
        if place:
            return record_results([alerting.result(sending, answer())], run_id=RUN)
        return len(claim(limit=100, run_id=OTHER_RUN).sendings)

    claimed, recorded = in_threads(2, work)

    assert (claimed, recorded) in {(1, 0), (0, 1)}
    assert Delivery.objects.get().state == ("leased" if claimed else "ok")


# The desk ---------------------------------------------------------------------------------------


def test_whoever_is_called_away_from_the_desk_leaves_nobody_waiting() -> None:
    desk = Desk()
    waiting: list[object] = []

    def call_away() -> None:
        waiting.append(desk.submit(lambda: "never done"))
        desk.close()
        raise KeyboardInterrupt

    desk.submit(call_away)

    with pytest.raises(KeyboardInterrupt):
        desk.work_until_closed()
    for future in (*waiting, desk.submit(lambda: "too late")):
        assert isinstance(future.exception(timeout=1), Abandoned)  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_run_ends_with_whoever_sits_at_its_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "claim", interrupted)

    with pytest.raises(KeyboardInterrupt):
        deliver_due()
    assert connection.is_usable()
