"""The log of deliveries and the page of one: what is told, and what of it to whom."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Member
from accounts.readers import Reader
from hub.audit.models import AuditEntry
from hub.kit.ids import event_id
from hub.outbox.models import Event
from incidents.alerts.delivery_log import as_text
from incidents.alerts.engine.record import record_results
from incidents.alerts.models import Attempt, Delivery, Endpoint
from incidents.core.models import Incident
from incidents.core.services.filing import withdraw_incident
from tests import alerting, make
from tests.alerting import RUN, answer, claim_all, result, send_all
from tests.incidents.alerts.test_endpoints_page import as_admin, page_of, text

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀"


@pytest.fixture
def endpoint(birch: Member) -> Endpoint:
    return alerting.endpoint(birch)


@pytest.fixture
def client(birch: Member) -> Client:
    return as_admin(birch)


def rows(client: Client, endpoint: Endpoint, query: str = "") -> list[str]:
    """The rows of the log, as text."""
    page = client.get(page_of(endpoint) + query).content.decode()
    found = page.partition('id="delivery-rows"')[2].partition("<tbody")[2].partition("</tbody>")[0]
    cells = [re.sub(r"<[^>]+>", " ", row) for row in found.partition(">")[2].split("</tr>")]
    return [" ".join(unescape(one).split()) for one in cells if one.strip()]


def told(lead: Reader, *, status: int = 200, body: bytes = b"", **fields: Any) -> Incident:
    """An incident is published, and its alert answered."""
    incident = make.incident(by=lead, **fields)
    alerting.fan_out_all()
    sendings = claim_all()
    record_results([result(one, answer(status, body=body)) for one in sendings], run_id=RUN)
    return incident


def lose(incident: Incident, lead: Reader) -> None:
    """Narrow an incident to nobody else, without sending what that gives cause for."""
    alerting.change(incident, lead, tlp="amber", audiences=make.audience(make.member()))


# The log ------------------------------------------------------------------------------------
def test_the_log_tells_how_each_alert_went_the_newest_first(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    first, second = told(lead), told(lead, status=500)

    newest, oldest = rows(client, endpoint)

    events = [event_id(UUID(str(key))) for key in Event.objects.values_list("pk", flat=True)]
    assert newest.startswith("2 incident.published evt_")
    assert f"{second.ref} Waiting just now 1 just now 12 ms" in newest
    assert f"{first.ref} Delivered just now 1 12 ms" in oldest
    assert all(any(event in row for event in events) for row in (newest, oldest))


def test_what_was_never_sent_is_not_in_the_log(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    incident = make.incident(by=lead)
    alerting.fan_out_all()

    page = client.get(page_of(endpoint)).content.decode()

    assert rows(client, endpoint) == []
    assert incident.ref not in page


def test_of_an_incident_that_was_lost_nothing_is_told(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    incident = told(lead, body=b"We keep A cloned voice", title="A cloned voice of somebody")
    lose(incident, lead)

    log = client.get(page_of(endpoint)).content.decode()
    page = client.get(page_of(endpoint, "deliveries/1/")).content.decode()

    assert "Not shown: your organisation may not have it today." in page
    assert "What your server answered is not shown" in page
    for said in (log, page):
        assert incident.ref not in said
        assert "cloned" not in said


def test_what_takes_an_incident_back_does_not_name_it(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    incident = told(lead)
    lose(incident, lead)
    alerting.fan_out_all()
    send_all()

    log = client.get(page_of(endpoint)).content.decode()
    page = client.get(page_of(endpoint, "deliveries/2/")).content.decode()

    assert rows(client, endpoint)[0].startswith("2 incident.revoked evt_")
    assert incident.ref not in log + page


def test_of_a_withdrawn_incident_the_ref_stays_and_the_words_go(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    incident = told(lead, title="A cloned voice of somebody")
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=lead)

    page = client.get(page_of(endpoint, "deliveries/1/")).content.decode()

    assert incident.ref in rows(client, endpoint)[-1]
    assert incident.ref in page
    assert "cloned" not in page


def test_of_what_was_cancelled_only_that_is_told(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    incident = told(lead, status=500, body=b"We keep it")
    lose(incident, lead)
    alerting.let_pass(minutes=1)
    send_all()

    page = text(client.get(page_of(endpoint, "deliveries/1/")))

    assert rows(client, endpoint) == ["1 Cancelled"]
    assert "Cancelled" in page
    assert [
        word for word in (incident.ref, "evt_", "500", "We keep", "published") if word in page
    ] == []


def test_a_filter_by_topic_tells_nothing_of_what_was_cancelled(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    told(lead, status=500)
    Delivery.objects.update(state="cancelled", finished_at=endpoint.created_at)
    told(lead)

    assert len(rows(client, endpoint)) == 2
    assert [row[0] for row in rows(client, endpoint, "?topic=incident.published")] == ["2"]
    assert rows(client, endpoint, "?state=cancelled") == ["1 Cancelled"]
    assert rows(client, endpoint, "?state=cancelled&topic=incident.published") == []


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("", ["3", "2", "1"]),
        ("?state=ok", ["3", "1"]),
        ("?state=pending", ["2"]),
        ("?topic=incident.updated", ["3"]),
        ("?topic=incident.published&state=ok", ["1"]),
        ("?state=nothing", ["3", "2", "1"]),
        ("?topic=%00", ["3", "2", "1"]),
    ],
)
def test_the_log_is_filtered(
    client: Client, endpoint: Endpoint, lead: Reader, query: str, sequences: list[str]
) -> None:
    incident = told(lead)
    told(lead, status=500)
    alerting.change(incident, lead, title="Another")
    alerting.fan_out_all()
    send_all()

    found = [row.split()[0] for row in rows(client, endpoint, query)]
    part = client.get(page_of(endpoint) + query, headers={"HX-Request": "true"})

    assert found == sequences
    assert re.findall(r"/deliveries/(\d+)/", part.content.decode()) == sequences
    assert b"<html" not in part.content


def test_a_long_log_is_turned_page_by_page(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    told(lead)
    row, event = Delivery.objects.get(), Event.objects.get()
    for sequence in range(2, 121):
        event.pk = UUID(int=sequence)
        event.position = None
        event.save(force_insert=True)
        row.pk, row.sequence, row.event_id = None, sequence, event.pk
        row.save(force_insert=True)

    seen, address = [], page_of(endpoint)
    while address:
        page = client.get(address).content.decode()
        seen.append([int(found) for found in re.findall(r'/deliveries/(\d+)/"', page)])
        following = re.search(r'href="(\?[^"#]*)#deliveries"[^>]*rel="next"', page)
        address = page_of(endpoint) + unescape(following[1]) if following else ""

    assert [len(page) for page in seen] == [50, 50, 20]
    assert [one for page in seen for one in page] == list(range(120, 0, -1))


@pytest.mark.parametrize("number", [1, 12])
def test_the_log_takes_as_many_queries_for_many(
    client: Client,
    endpoint: Endpoint,
    lead: Reader,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        told(lead)

    with django_assert_num_queries(9):
        client.get(page_of(endpoint))


# One delivery -------------------------------------------------------------------------------
def test_a_delivery_tells_all_its_attempts_and_what_was_sent(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    incident = told(lead, status=500, body=b"Out of paper", title="A cloned voice")
    alerting.let_pass(minutes=1)
    send_all(status=204)

    page = text(client.get(page_of(endpoint, "deliveries/1/")))

    assert "1." in page
    assert "HTTP 500 · 12 ms · 192.0.2.1" in page
    assert "Your server answered 500." in page
    assert "Out of paper" in page
    assert "HTTP 204" in page
    assert '"title": "A cloned voice"' in page
    assert incident.ref in page
    assert AuditEntry.objects.filter(action="incident.read").exists() is False


def test_reading_what_was_sent_of_an_amber_incident_is_kept_on_record(
    client: Client, endpoint: Endpoint, birch: Member, lead: Reader
) -> None:
    incident = told(lead, tlp="amber", shared_with=[birch])

    page = text(client.get(page_of(endpoint, "deliveries/1/")))

    entry = AuditEntry.objects.get(action="incident.read")
    assert "TLP:AMBER" in page
    assert (entry.member_id, entry.objects_named) == (birch.pk, [incident.ref])


def test_what_a_receiver_answers_is_text(client: Client, endpoint: Endpoint, lead: Reader) -> None:
    told(lead, status=500, body=f"{HOSTILE}\r\nbell\x07\x00 \xff".encode("latin-1", "replace"))
    Attempt.objects.update(answer=HOSTILE.encode() + b"\r\n\x07\x00\xff", address="<b>")

    page = client.get(page_of(endpoint, "deliveries/1/")).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\u202e{{ 7*7 }}😀\n␇␀\ufffd</pre>" in page
    assert re.search(r'<pre class="hostile"[^>]*>&lt;script', page)


def test_control_characters_become_visible() -> None:
    assert as_text(b"a\tb\r\nc\x1b[31m\x7f\xc2\x85") == "a\tb\nc␛[31m␡\ufffd"


@pytest.mark.parametrize("sequence", ["2", "0", "9" * 40])
def test_a_delivery_that_is_not_there_is_absent(
    client: Client, endpoint: Endpoint, lead: Reader, sequence: str
) -> None:
    told(lead)

    assert client.get(page_of(endpoint, f"deliveries/{sequence}/")).status_code == 404


def test_a_link_is_told_with_both_its_ends(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    one, other = told(lead), told(lead)
    make.link(one, other, lead)
    alerting.fan_out_all()
    send_all()

    row = rows(client, endpoint)[0]

    assert "crossref.accepted" in row
    assert one.ref in row
    assert other.ref in row


def test_of_what_was_redacted_the_body_is_not_kept(
    client: Client, endpoint: Endpoint, lead: Reader
) -> None:
    told(lead)
    Delivery.objects.update(body="")

    assert "Not kept any more" in text(client.get(page_of(endpoint, "deliveries/1/")))
