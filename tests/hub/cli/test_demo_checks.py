"""The demonstration notices when the hub does something else than it promises."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from hub.cli.demo.checks import (
    expect_feed_equal,
    expect_no_trace,
    expect_nothing_else,
    expect_reduced,
    expect_tombstone,
    expect_whole,
    is_feed_equal,
)
from hub.cli.demo.client import Answer, Client
from hub.cli.demo.companies import Company, Filed, Heard, heard
from hub.cli.demo.failure import Deviation
from hub.cli.demo.receivers import Alert, Receiver
from hub.cli.demo_facts import read_facts
from hub.cli.ports import free_port

REF = "DF-7K3Q9MXA"
NOT_FOUND = (404, {"code": "not_found"})
FACTS = read_facts()


class StubClient(Client):
    """A hub that answers what a test says; 404 to everything else."""

    def __init__(self, answers: Mapping[str, tuple[int, Any]]) -> None:
        super().__init__(1, "")
        self._answers = {
            "events/?limit=200&topics=": (200, {"results": []}),
            "incidents/?limit=200": (200, {"results": []}),
            **answers,
        }

    def get(self, path: str) -> Answer:
        status, document = self._answers.get(path, NOT_FOUND)
        return Answer(status, (), json.dumps(document).encode(), 0.01)


class StubReceiver(Receiver):
    """A receiver that has got these alerts without a server."""

    def __init__(self, *alerts: Alert) -> None:
        self._got = alerts
        self.refused: list[str] = []
        self.repeated = 0

    def alerts(self) -> list[Alert]:
        return list(self._got)


def alert(subject: Mapping[str, Any], *, topic: str = "incident.published", n: int = 1) -> Alert:
    data = {"event_id": f"evt_{n:032}", "sequence": n, "incident": subject}
    content = {"type": topic, "timestamp": "2026-11-22T20:04:00Z", "data": data}
    return Alert(f"evt_{n:032}", json.dumps(content).encode(), 1_795_377_840.25)


def company(*alerts: Alert, **answers: tuple[int, Any]) -> Company:
    """`incident` is what GET of the incident answers; `feed` and `list` what stands in them."""
    places = {
        "incident": f"incidents/{REF}/",
        "feed": "events/?limit=200&topics=",
        "list": "incidents/?limit=200",
        "sent": "events/?limit=200&topics=incident.published,incident.withdrawn,"
        "crossref.suggested,crossref.accepted",
    }
    given = {places[name]: answer for name, answer in answers.items()}
    after: dict[str, tuple[int, Any]] = {
        f"{path}&after=c": (200, {"results": []}) for path in given
    }
    return Company(FACTS.members[0], StubClient({**after, **given}), StubReceiver(*alerts))


def results(*items: Mapping[str, Any]) -> tuple[int, Any]:
    return 200, {"results": items, "cursor": "c"}


def one_of(company: Company) -> Heard:
    return Heard(company, company.receiver.alerts()[0])


WHOLE = {"ref": REF, "title": "A cloned voice"}
GONE = {"ref": REF, "status": "withdrawn", "withdrawn_reason": "Parody."}
REDUCED = {"ref": REF, "tlp": "amber"}
FILED = Filed(company(), FACTS.incidents[0], REF, 0.04)


@pytest.mark.parametrize(
    ("check", "subject", "shown"),
    [
        (expect_whole, WHOLE, WHOLE),
        (expect_reduced, REDUCED, WHOLE),
        (expect_tombstone, GONE, GONE),
    ],
)
def test_an_alert_that_is_right_is_accepted(
    check: Callable[[Heard], None], subject: Mapping[str, Any], shown: Mapping[str, Any]
) -> None:
    check(one_of(company(alert(subject), incident=(200, shown))))


@pytest.mark.parametrize(
    ("check", "subject", "shown", "words"),
    [
        (expect_whole, WHOLE, REDUCED, "something else than GET"),
        (expect_reduced, WHOLE, WHOLE, "must carry no title"),
        (expect_reduced, REDUCED, REDUCED, "GET must show it"),
        (expect_tombstone, GONE, {**GONE, "withdrawn_reason": "Satire."}, "is not told why"),
        (expect_tombstone, GONE, {**GONE, **WHOLE}, "still sees what"),
    ],
)
def test_an_alert_that_is_wrong_is_noticed(
    check: Callable[[Heard], None],
    subject: Mapping[str, Any],
    shown: Mapping[str, Any],
    words: str,
) -> None:
    with pytest.raises(Deviation, match=words):
        check(one_of(company(alert(subject), incident=(200, shown))))


def test_an_incident_that_may_not_be_read_is_an_error_of_the_demonstration() -> None:
    with pytest.raises(Deviation, match="was answered 404"):
        expect_whole(one_of(company(alert(WHOLE))))


def test_a_company_that_knows_nothing_is_accepted() -> None:
    expect_no_trace(company(alert({"ref": "DF-22222222"})), FILED)


@pytest.mark.parametrize(
    ("outsider", "words"),
    [
        (company(incident=(200, WHOLE)), "GET of DF-7K3Q9MXA tells Quillfeed something: 200"),
        (company(incident=(404, {"code": "hidden"})), "tells Quillfeed something: 404"),
        (company(alert(REDUCED)), "Quillfeed was alerted of"),
        (company(feed=results({"ref": REF})), "The feed of Quillfeed shows"),
        (company(list=results({"ref": REF})), "The list of Quillfeed shows"),
    ],
)
def test_every_trace_of_a_hidden_incident_is_noticed(outsider: Company, words: str) -> None:
    with pytest.raises(Deviation, match=words):
        expect_no_trace(outsider, FILED)


def test_alerts_are_compared_with_all_that_were_expected() -> None:
    told = company(alert(WHOLE, n=1), alert(GONE, topic="incident.withdrawn", n=2))

    expect_nothing_else(told, {("incident.published", REF), ("incident.withdrawn", REF)})

    with pytest.raises(Deviation, match="instead of"):
        expect_nothing_else(told, {("incident.published", REF)})


def test_a_gap_in_the_sequence_is_noticed() -> None:
    with pytest.raises(Deviation, match=r"without a gap: \[2\]"):
        expect_nothing_else(company(alert(WHOLE, n=2)), {("incident.published", REF)})


def test_an_alert_that_came_twice_is_noticed() -> None:
    told = company(alert(WHOLE))
    told.receiver.repeated = 1

    with pytest.raises(Deviation, match="Quillfeed got 1 alerts again"):
        expect_nothing_else(told, {("incident.published", REF)})


def test_an_alert_that_did_not_verify_is_noticed() -> None:
    told = company(alert(WHOLE))
    told.receiver.refused.append("No matching signature found")

    with pytest.raises(Deviation, match="No matching signature found"):
        expect_nothing_else(told, {("incident.published", REF)})


def test_the_feed_must_hold_what_was_sent() -> None:
    sent = alert(WHOLE)
    equal = company(sent, sent=results({"data": {"event_id": sent.id}}))
    lacking = company(sent, sent=results())

    expect_feed_equal(equal)

    assert (is_feed_equal(equal), is_feed_equal(lacking)) == (True, False)
    with pytest.raises(Deviation, match="but its feed holds"):
        expect_feed_equal(lacking)


def test_who_has_an_alert_is_told_in_the_order_of_arrival() -> None:
    late = company(Alert("evt_1", alert(WHOLE).body, 2.0))
    early = company(Alert("evt_1", alert(WHOLE).body, 1.0))

    told = heard([late, company(), early], "incident.published", REF)

    assert [one.company for one in told] == [early, late]
    assert alert(WHOLE).seconds == 0.25


@pytest.fixture
def teapot() -> Iterator[int]:
    """The port of a server that answers 418 to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(418)
            self.end_headers()
            self.wfile.write(b"short and stout")

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_unexpected_answer_is_told_with_what_it_says(teapot: int) -> None:
    with pytest.raises(Deviation, match=r"^POST /api/v1/incidents/ was answered 418: short and s"):
        Client(teapot, "dfh_x").post("incidents/", {}, status=201)


def test_a_hub_that_does_not_answer_is_told() -> None:
    with pytest.raises(Deviation, match=r"^GET /api/v1/me/ got no answer: ConnectionRefused"):
        Client(free_port(), "dfh_x").get("me/")
