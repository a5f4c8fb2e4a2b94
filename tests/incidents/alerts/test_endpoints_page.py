"""The pages of endpoints: who sees them, what they make, and what becomes of the first event."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Member
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.kit import crypto, signing
from incidents.alerts.forms import EndpointForm
from incidents.alerts.models import Delivery, DeliveryState, Endpoint
from incidents.alerts.services import endpoints
from incidents.alerts.services.endpoints import secret_context
from incidents.alerts.topics import CHOOSABLE
from incidents.alerts.words import TOPICS
from tests import alerting, make
from tests.accounts.signing_in import person, signed_in
from tests.alerting import send_all

pytestmark = pytest.mark.django_db

PAGE = "/endpoints/"
NEW = "/endpoints/new/"
URL = "https://hooks.example.org/deepfakes"
HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/endpoints/"}


def page_of(endpoint: Endpoint, part: str = "") -> str:
    return f"{PAGE}{endpoint.pk}/{part}"


def as_admin(of: Member) -> Client:
    return signed_in(person(of, role=Role.ADMIN))


def text(answer: Any) -> str:
    """What stands in a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def told(lead: Reader, *, status: int | None = 200) -> None:
    """An incident of somebody else is published, and the receivers answer this to its alert."""
    make.incident(by=lead)
    alerting.fan_out_all()
    send_all(status=status)


# Who may ------------------------------------------------------------------------------------
@pytest.mark.parametrize("part", ["", "edit/", "delete/", "enable/", "first-event/"])
@pytest.mark.parametrize("role", list(Role))
def test_endpoints_are_for_administrators(birch: Member, role: Role, part: str) -> None:
    endpoint = alerting.endpoint(birch)
    actor = person(birch, role=role)
    client = signed_in(actor)

    listed, asked = client.get(PAGE), client.get(page_of(endpoint, part), headers=HTMX)
    denied = AuditEntry.objects.filter(user_id=actor.pk, decision="denied")

    is_admin = role is Role.ADMIN
    assert (listed.status_code == 200, asked.status_code != 403) == (is_admin, is_admin)
    assert denied.exists() is not is_admin
    assert ('href="/endpoints/"' in client.get("/feed/").content.decode()) is is_admin


def test_who_may_not_is_told_who_may(birch: Member) -> None:
    answer = signed_in(person(birch, role=Role.ANALYST)).get(PAGE)

    assert answer.status_code == 403
    assert "To manage users, tokens and endpoints you must be admin" in text(answer)


@pytest.mark.parametrize("part", ["", "edit/", "delete/", "enable/", "deliveries/1/"])
def test_another_organisations_endpoint_is_as_one_that_never_was(
    acme: Member, birch: Member, lead: Reader, part: str
) -> None:
    endpoint = alerting.endpoint(birch)
    told(lead)
    client = as_admin(acme)

    hidden = client.get(page_of(endpoint, part))
    absent = client.get(f"{PAGE}{uuid4()}/{part}")
    posted = client.post(page_of(endpoint, part), {"url": URL, "waiting": "send"})

    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert posted.status_code in {404, 405}
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.url == URL) == ("active", False)
    assert URL not in text(client.get(PAGE))


# The list -----------------------------------------------------------------------------------
def test_the_list_tells_how_each_endpoint_does(birch: Member, lead: Reader) -> None:
    endpoint = alerting.endpoint(birch, url=URL, topics=["incident.published"])
    told(lead)
    told(lead, status=500)
    told(lead, status=500)
    Delivery.objects.filter(endpoint=endpoint, sequence=3).update(
        state=DeliveryState.DEAD, finished_at=endpoint.created_at
    )

    row = as_admin(birch).get(PAGE).content.decode().partition("<tbody")[2]

    cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    assert URL in row
    assert "incident.published" in cells[0]
    assert "Active" in cells[1]
    assert "just now" in cells[2]
    assert [cell.strip() for cell in cells[3:5]] == ["1", "1"]


def test_what_was_never_sent_is_not_counted(birch: Member, lead: Reader) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()

    row = as_admin(birch).get(PAGE).content.decode().partition("<tbody")[2]

    assert re.findall(r'<td[^>]*class="number shrink"[^>]*>(\d+)</td>', row) == ["0", "0"]


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_as_many_queries_for_many(
    birch: Member, lead: Reader, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        alerting.endpoint(birch)
    told(lead)
    client = as_admin(birch)

    with django_assert_num_queries(4):
        client.get(PAGE)


def test_many_endpoints_are_shown_page_by_page(birch: Member) -> None:
    urls = [alerting.endpoint(birch, url=f"https://x.example/{n:02}").url for n in range(60)]
    client = as_admin(birch)

    shown, address = [], PAGE
    while address:
        page = client.get(address).content.decode()
        shown += re.findall(r"<bdi>(https://x\.example/\d+)</bdi>", page)
        following = re.search(r'href="(\?[^"#]*)#endpoints"[^>]*rel="next"', page)
        address = PAGE + unescape(following[1]) if following else ""

    assert shown == urls[::-1]


def test_without_endpoints_the_page_says_what_they_are(birch: Member) -> None:
    assert "No endpoints yet" in text(as_admin(birch).get(PAGE))


# Making -------------------------------------------------------------------------------------
def test_every_topic_has_its_sentence(birch: Member) -> None:
    page = text(as_admin(birch).get(NEW))

    assert list(TOPICS) == list(CHOOSABLE)
    assert [topic for topic in CHOOSABLE if f"{topic} {TOPICS[topic]}" not in page] == []


def test_the_secret_of_a_new_endpoint_is_shown_once(birch: Member) -> None:
    client = as_admin(birch)

    made = client.post(NEW, {"url": f" {URL} ", "topics": ["incident.published"]})

    endpoint = Endpoint.objects.get(member=birch)
    secret = crypto.decrypt(bytes(endpoint.secret), context=secret_context(endpoint.pk))
    shown = signing.encode_secret(secret)
    assert (endpoint.url, endpoint.topics) == (URL, ["incident.published"])
    assert made.status_code == 200
    assert made.content.decode().count(shown) == 1
    assert "no-store" in made["Cache-Control"]
    assert "Waiting for the first event." in text(made)
    for address in (PAGE, page_of(endpoint), page_of(endpoint, "edit/")):
        assert "whsec_" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "http://hooks.example.org/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://intranet/"}, "url"),
        ({"url": "https://user:password@hooks.example.org/"}, "url"),
        ({"url": "https://hooks.example.org/" + "x" * 2048}, "url"),
        ({"url": URL, "topics": ["incident.everything"]}, "topics"),
        ({"url": URL, "description": "x" * 201}, "description"),
        ({"url": URL, "description": "one\ntwo\x07"}, "description"),
        ({"url": URL, "description": "one\u202etwo"}, "description"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_keeps_what_was_typed(
    birch: Member, fields: dict[str, Any], field: str
) -> None:
    endpoint = alerting.endpoint(birch)
    client = as_admin(birch)

    for address in (NEW, page_of(endpoint, "edit/")):
        answer = client.post(address, {"description": "Queue", **fields})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert f'href="#id_{field}"' in page
        assert 'aria-invalid="true"' in page
        assert f"{fields['url'][:200]}" in unescape(page)

    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "https://intranet/", "x"])
def test_a_url_is_refused_in_the_words_of_the_api(birch: Member, url: str, as_token: Any) -> None:
    problem = as_token(birch).post("/api/v1/endpoints/", {"url": url}, format="json").json()

    page = text(as_admin(birch).post(NEW, {"url": url}))

    assert problem["errors"][0]["detail"] in page


def test_the_form_asks_what_the_api_asks() -> None:
    form = EndpointForm({"url": URL, "description": "  e\u0301  "})

    assert form.is_valid()
    assert form.cleaned_data == {"url": URL, "description": "é", "topics": []}


def test_one_endpoint_too_many_is_refused(birch: Member, monkeypatch: Any) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    alerting.endpoint(birch)

    answer = as_admin(birch).post(NEW, {"url": URL})

    assert answer.status_code == 200
    assert "has at most 1 endpoints" in text(answer)
    assert Endpoint.objects.count() == 1


# Changing -----------------------------------------------------------------------------------
def test_an_endpoint_is_changed(birch: Member) -> None:
    endpoint = alerting.endpoint(birch, topics=["member.joined"])
    client = as_admin(birch)

    asked = client.get(page_of(endpoint, "edit/")).content.decode()
    saved = client.post(page_of(endpoint, "edit/"), {"url": URL, "description": "Queue"})

    endpoint.refresh_from_db()
    assert re.search(r'value="member.joined"[^>]*checked', asked)
    assert (saved.status_code, saved["Location"]) == (302, page_of(endpoint))
    assert (endpoint.url, endpoint.description, endpoint.topics) == (URL, "Queue", [])


def test_deleting_says_what_becomes_of_what_waits_and_does_it(birch: Member, lead: Reader) -> None:
    endpoint = alerting.endpoint(birch)
    told(lead, status=500)
    client = as_admin(birch)

    asked = client.get(page_of(endpoint, "delete/"))
    still = Endpoint.objects.get(pk=endpoint.pk).state
    deleted = client.post(page_of(endpoint, "delete/"))

    assert "What waits for it is cancelled, 1 alert that failed" in text(asked)
    assert still == "active"
    assert (deleted.status_code, deleted["Location"]) == (302, PAGE)
    assert alerting.states(endpoint) == [("incident.published", "cancelled")]
    assert client.get(page_of(endpoint)).status_code == 404


@pytest.mark.parametrize(("chosen", "state"), [("send", "pending"), ("skip", "cancelled")])
def test_a_disabled_endpoint_is_switched_on_and_what_waited_sent_or_skipped(
    birch: Member, lead: Reader, chosen: str, state: str
) -> None:
    endpoint = alerting.endpoint(birch)
    told(lead, status=410)
    client = as_admin(birch)

    shown = text(client.get(page_of(endpoint)))
    client.post(page_of(endpoint, "enable/"), {"waiting": chosen})

    endpoint.refresh_from_db()
    assert "It answered 410 Gone." in shown
    assert endpoint.state == "active"
    assert alerting.states(endpoint) == [("incident.published", state)]


# The first event ----------------------------------------------------------------------------
def look(client: Client, endpoint: Endpoint, **query: Any) -> Any:
    return client.get(page_of(endpoint, "first-event/"), query, headers=HTMX)


def asks_again(answer: Any) -> bool:
    return "hx-get" in answer.content.decode()


def test_the_first_look_gives_a_lasting_address_and_then_nothing_is_said_twice(
    birch: Member,
) -> None:
    endpoint = alerting.endpoint(birch)
    client = as_admin(birch)

    first = look(client, endpoint, seen="", opened=int(time.time()))
    stage = re.search(r"seen=([^&]*)&", first.content.decode())
    assert stage is not None
    again = look(client, endpoint, seen=stage[1], opened=int(time.time()))

    assert (first.status_code, first["HX-Replace-Url"]) == (200, page_of(endpoint))
    assert asks_again(first)
    assert "data-announce" not in first.content.decode()
    assert (again.status_code, again.content) == (204, b"")


def test_a_delivered_event_ends_the_asking(birch: Member, lead: Reader) -> None:
    endpoint = alerting.endpoint(birch)
    client = as_admin(birch)
    told(lead, status=204)

    answer = look(client, endpoint, seen="none", opened=int(time.time()))

    assert "your server answered 204" in text(answer)
    assert "Delivered at" in text(answer)
    assert "data-announce" in answer.content.decode()
    assert asks_again(answer) is False


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Your server answered 400. Receivers answer 400 to a wrong signature"),
        (301, "Your server answered 301. The hub follows no redirects"),
        (500, "Your server answered 500. Look into the receiver's log"),
        (418, "Your server answered 418. The hub takes 200 to 299 for delivered"),
    ],
)
def test_a_failure_is_told_in_words_with_what_to_do(
    birch: Member, lead: Reader, status: int, words: str
) -> None:
    endpoint = alerting.endpoint(birch)
    client = as_admin(birch)
    told(lead, status=status)

    answer = look(client, endpoint, seen="none", opened=int(time.time()))

    assert words in text(answer)
    assert "That was attempt 1 of 12." in text(answer)
    assert asks_again(answer)


def test_the_asking_ends_by_itself(birch: Member) -> None:
    endpoint = alerting.endpoint(birch)
    client = as_admin(birch)

    answer = look(client, endpoint, seen="none", opened=int(time.time()) - 3600)

    assert answer.status_code == 200
    assert asks_again(answer) is False
    assert "This page does not look by itself." in text(answer)


@pytest.mark.parametrize("opened", ["", "x", "-1", "9" * 30, "٣"])
def test_a_moment_that_is_made_up_does_no_harm(birch: Member, opened: str) -> None:
    endpoint = alerting.endpoint(birch)

    assert look(as_admin(birch), endpoint, seen="none", opened=opened).status_code in {200, 204}


def test_without_htmx_the_page_of_the_endpoint_tells_it(birch: Member, lead: Reader) -> None:
    endpoint = alerting.endpoint(birch)
    client = as_admin(birch)

    led = client.get(page_of(endpoint, "first-event/"))
    before = text(client.get(page_of(endpoint)))
    told(lead, status=503)
    failed = text(client.get(page_of(endpoint)))

    assert (led.status_code, led["Location"]) == (302, page_of(endpoint))
    assert "Waiting for the first event." in before
    assert "Your server answered 503." in failed


def test_a_look_from_an_ended_session_leads_to_sign_in_and_back(birch: Member) -> None:
    endpoint = alerting.endpoint(birch)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{page_of(endpoint)}?state=ok"}
    client = as_admin(birch)
    client.logout()

    answer = client.get(page_of(endpoint, "first-event/"), headers=headers)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["HX-Redirect"] == f"/sign-in/?next=%2Fendpoints%2F{endpoint.pk}%2F%3Fstate%3Dok"


# Text of others -----------------------------------------------------------------------------
def test_hostile_text_is_text_on_every_page(birch: Member, settings: Settings) -> None:
    endpoint = alerting.endpoint(birch, url=URL)
    endpoints.update_endpoint(
        endpoint_id=endpoint.pk,
        changes={"url": f"{URL}?<script>&{{{{x}}}}"},
        by=make.person(birch).actor,
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(
        description=HOSTILE, state="disabled", state_reason=HOSTILE
    )
    client = as_admin(birch)

    for part in ("", "edit/", "delete/", "enable/"):
        page = client.get(page_of(endpoint, part)).content.decode()
        assert "<script>alert" not in page
        assert "?&lt;script&gt;&amp;{{x}}" in page
    assert "<script>alert" not in client.get(PAGE).content.decode()
