"""The page of the feed: where it stands, without anything of what it tells."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import ApiToken, Member
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.kit import clock
from incidents.alerts.feed import feed_page, state_of_feed
from incidents.alerts.models import Receipt
from incidents.core.models import Disclosure
from tests import alerting, make
from tests.accounts.signing_in import person, signed_in
from tests.incidents.alerts.test_endpoints_page import text

pytestmark = pytest.mark.django_db

PAGE = "/feed/"


def published(lead: Reader, number: int, **fields: Any) -> None:
    for _ in range(number):
        make.incident(by=lead, **fields)
    alerting.place_all()


def test_the_cursor_is_where_the_feed_ends(birch: Member, lead: Reader) -> None:
    published(lead, 3)
    reader = Reader(birch, None)

    state = state_of_feed(reader, newest=2)
    items = feed_page(reader).items

    assert state.cursor == items[-1]["cursor"]
    assert feed_page(reader, after=state.cursor).items == []
    assert len(state.recorded) == 2
    assert state.recorded[-1] < state.recorded[0]


def test_all_that_comes_into_a_feed_counts(birch: Member, lead: Reader) -> None:
    incident = make.incident(by=lead)
    make.observation(incident, lead)
    lost = make.incident(by=lead)
    alerting.place_all()
    feed_page(Reader(birch, None))
    alerting.change(lost, lead, tlp="amber", audiences=make.audience(make.member()))
    make.incident(by=make.person(birch))
    alerting.place_all()
    reader = Reader(birch, None)

    state = state_of_feed(reader, newest=100)

    items = feed_page(reader).items
    assert len(state.recorded) == len(items) == 4
    assert state.cursor == items[-1]["cursor"]


def test_an_empty_feed_has_no_cursor(birch: Member) -> None:
    page = text(signed_in(person(birch, role=Role.VIEWER)).get(PAGE))

    assert "0 items" in page
    assert "none: nothing is in the feed yet" in page


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_the_state_and_administrators_the_tokens(
    birch: Member, lead: Reader, role: Role
) -> None:
    published(lead, 2)
    ApiToken.objects.filter(pk=make.token(birch, "feed:read").token.pk).update(name="Puller")
    ApiToken.objects.filter(pk=make.token(birch, "lookup").token.pk).update(name="Looker")
    ended = make.token(birch, "feed:read").token
    ApiToken.objects.filter(pk=ended.pk).update(name="Ended", revoked_at=clock.now())

    answer = signed_in(person(birch, role=role)).get(PAGE)
    page = text(answer)

    assert answer.status_code == 200
    assert "2 items" in page
    assert ("Puller" in page, "Looker" in page, "Ended" in page) == (
        role is Role.ADMIN,
        False,
        False,
    )


def test_many_items_are_not_counted_to_their_end(birch: Member, lead: Reader) -> None:
    published(lead, 101)

    page = text(signed_in(person(birch)).get(PAGE))

    assert "100 items or more" in page


def test_nothing_hidden_shows(acme: Member, birch: Member, lead: Reader) -> None:
    client = signed_in(person(birch))
    published(lead, 1, shared_with=[birch], tlp="amber")
    before = client.get(PAGE).content.decode()

    published(lead, 2, shared_with=[make.member()], tlp="amber")
    after = client.get(PAGE).content.decode()

    assert normal(after) == normal(before)


def normal(page: str) -> str:
    return re.sub(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"', "", page)


def test_looking_at_the_state_is_no_reading(birch: Member, lead: Reader) -> None:
    incident = make.incident(by=lead, tlp="amber", shared_with=[birch])
    make.observation(incident, lead)
    alerting.place_all()

    signed_in(person(birch)).get(PAGE)

    assert Disclosure.objects.filter(member=birch).exists() is False
    assert Receipt.objects.exists() is False
    assert AuditEntry.objects.filter(action="incident.read").exists() is False


def test_the_example_asks_this_hub_and_holds_no_secret(
    birch: Member, lead: Reader, as_token: Any, settings: Settings
) -> None:
    settings.HUB_BASE_URL = "https://hub.example"
    token = make.token(birch, "feed:read")
    published(lead, 1)
    page = signed_in(person(birch, role=Role.ADMIN)).get(PAGE).content.decode()

    example = unescape(page.partition('id="example-curl">')[2].partition("</code>")[0])
    address = urlsplit(re.findall(r'"(https?://[^"]+)"', example)[0])
    published(lead, 1)
    answer = as_token(birch, "feed:read").get(f"{address.path}?{address.query}")

    assert (address.scheme, address.netloc) == ("https", "hub.example")
    assert "$HUB_TOKEN" in example
    assert token.text[13:] not in page
    assert (answer.status_code, len(answer.json()["results"])) == (200, 1)


def test_the_example_in_python_is_python(birch: Member) -> None:
    page = signed_in(person(birch)).get(PAGE).content.decode()
    example = unescape(page.partition('id="example-python">')[2].partition("</code>")[0])

    compile(example, "example", "exec")

    assert "/api/v1/events/" in example


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_takes_as_many_queries_for_many(
    birch: Member, lead: Reader, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published(lead, number)
    client = signed_in(person(birch, role=Role.ADMIN))

    with django_assert_num_queries(8):
        client.get(PAGE)
