"""The filters and orders of the incident list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.readers import Reader
from incidents.core.filters import ASKED, WORDS, IncidentFilter, split_values
from incidents.core.models import Incident, Severity
from incidents.core.orderings import SEVERITIES
from incidents.core.services.filing import update_incident, withdraw_incident
from incidents.taxonomy.models import Election, TagAlias
from tests import make
from tests.conftest import Login

INCIDENTS = "/api/v1/incidents/"


@pytest.fixture
def lead(db: None) -> Reader:
    return make.person(make.member("acme"))


@pytest.fixture
def reader(as_token: Login) -> Any:
    return as_token(make.member("reader"))


def listed(client: Any, **parameters: str) -> list[str]:
    answer = client.get(INCIDENTS, parameters)
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


def refused(client: Any, **parameters: str) -> list[tuple[str, str, str]]:
    answer = client.get(INCIDENTS, parameters)
    assert answer.status_code == 400, answer.content
    return [(one["pointer"], one["code"], one["detail"]) for one in answer.json()["errors"]]


def election(key: str) -> Election:
    day = "2026-11-03"
    return Election.objects.create(
        key=key, name=key, kind="national", country="US",
        polling_from=day, polling_to=day, watch_from="2026-09-04",
    )  # fmt: skip


FIRST: dict[str, Any] = {
    "severity": "high",
    "media_kinds": ["audio", "call"],
    "harms": ["war_or_crisis"],
    "goals": ["false_information"],
    "manipulation": ["voice_clone"],
    "countries": ["US", "SK"],
    "languages": ["en-US", "sk"],
    "elections": ["us-2026"],
    "tags": ['tag:"a, b"', 'tag:"robocall"'],
    "distributed": {"platform": "Telegram, the App"},
}
SECOND: dict[str, Any] = {
    "severity": "low",
    "media_kinds": ["video"],
    "harms": ["health"],
    "goals": ["mockery"],
    "manipulation": ["face_swap"],
    "countries": ["DE"],
    "languages": ["de"],
    "elections": ["de-2025"],
    "tags": ['tag:"other"'],
    "distributed": {"platform": "X"},
}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("severity", "high"), ("severity", "critical,high"), ("media_kind", "call"),
        ("media_kind", "image, audio"), ("harm", "war_or_crisis"), ("goal", "false_information"),
        ("manipulation", "voice_clone"), ("country", "SK"), ("country", "us"),
        ("language", "EN-us"), ("language", "fr,sk"), ("election", "us-2026"),
        ("tag", 'tag:"a, b"'), ("tag", 'tag:"nobody\'s",tag:"robocall"'), ("tag", 'tag:"old"'),
        ("platform", '"telegram, THE app"'), ("owner", "acme"), ("owner", "acme,nobody"),
        ("tlp", "clear"), ("authenticity", "disputed,undetermined"),
    ],
)  # fmt: skip
def test_a_filter_keeps_what_has_one_of_its_values(
    reader: Any, lead: Reader, parameter: str, value: str
) -> None:
    election("us-2026"), election("de-2025")
    TagAlias.objects.create(tag='tag:"old"', into='tag:"robocall"')
    make.incident(by=lead, title="first", tlp="clear", **FIRST)
    other = make.incident(make.member(), title="second", **SECOND)
    Incident.objects.filter(pk=other.pk).update(authenticity="authentic")

    assert listed(reader, **{parameter: value}) == ["first"]


@pytest.mark.parametrize(
    ("parameter", "value", "code", "words"),
    [
        ("status", "published,drafft", "unknown_value", "Did you mean “draft”?"),
        ("tlp", "white", "unknown_value", "clear, green"),
        ("severity", "severe", "unknown_value", "critical"),
        ("media_kind", "audios", "unknown_value", "Did you mean “audio”?"),
        ("harm", "harm", "unknown_value", "is no harm"),
        ("goal", "goal", "unknown_value", "is no goal"),
        ("manipulation", "voice_clon", "unknown_value", "“voice_clone”"),
        ("authenticity", "fake", "unknown_value", "is no authenticity"),
        ("country", "USA", "unknown_value", "is no country"),
        ("country", "US,,SK", "unknown_value", "is no country"),
        ("language", "english", "invalid", "BCP 47"),
        ("election", "us-2025", "unknown_value", "“us-2026”"),
        ("tag", "robocall", "invalid", "A tag is written"),
        ("tag", 'tag:"a",likelihood:certainly', "invalid", "likelihood"),
        ("published_after", "yesterday", "invalid_moment", "2026-11-22"),
        ("published_before", "2026-02-30", "invalid_moment", "is no moment"),
        ("updated_after", "2026-01-01T00:00:00 01:00", "invalid_moment", "%2B"),
    ],
)
def test_a_value_that_is_not_known_is_refused_with_what_would_be_right(
    reader: Any, parameter: str, value: str, code: str, words: str
) -> None:
    election("us-2026")

    ((pointer, given_code, detail),) = refused(reader, **{parameter: value})

    assert (pointer, given_code) == (f"/{parameter}", code)
    assert words in detail


def test_all_that_is_wrong_is_told_at_once(reader: Any) -> None:
    errors = refused(reader, q="?", country="xx", severity="worst", platform="anything")

    assert [pointer for pointer, _, _ in errors] == ["/q", "/severity", "/country"]


def test_a_parameter_that_is_not_known_is_refused(reader: Any) -> None:
    ((pointer, code, detail),) = refused(reader, countries="US")

    assert (pointer, code) == ("/countries", "unknown_parameter")
    assert "“country”" in detail


def test_times_part_what_came_before_from_what_came_after(reader: Any, lead: Reader) -> None:
    first = make.incident(by=lead, title="first")
    make.incident(by=lead, title="second")
    make.draft(lead.member, title="draft")
    first.refresh_from_db()
    published = str(first.published_at).replace("+00:00", "Z").replace(" ", "T")
    updated = str(first.updated_at).replace("+00:00", "Z").replace(" ", "T")

    assert listed(reader, published_after=published) == ["second"]
    assert listed(reader, published_before=published) == []
    assert listed(reader, published_before="2099-01-01") == ["second", "first"]
    assert listed(reader, updated_after=updated) == ["second"]
    assert listed(reader, updated_after="2026-01-01", published_after="2026-01-01") == [
        "second",
        "first",
    ]


def test_an_observation_shows_its_platform_to_those_who_may_read_it(
    as_token: Login, lead: Reader
) -> None:
    member, other = make.member(), make.member()
    incident = make.incident(by=lead, title="seen", distributed={"platform": "YouTube"})
    make.observation(incident, lead, platform="TikTok")
    make.observation(
        incident, lead, platform="Rumble", tlp="amber", audiences=make.audience(member)
    )

    def see(client: Any, *platforms: str) -> list[bool]:
        return [bool(listed(client, platform=platform)) for platform in platforms]

    asked = ("youtube", "tiktok", "RUMBLE", "you", "tiktok,x")
    assert see(as_token(member), *asked) == [True, True, True, False, True]
    assert see(as_token(other), *asked) == [True, True, False, False, True]


def test_a_platform_that_is_changed_is_found_by_its_new_name(reader: Any, lead: Reader) -> None:
    incident = make.incident(by=lead, title="seen", distributed={"platform": "YouTube"})
    for revision, platform in ((1, "X"), (2, None)):
        update_incident(
            incident_id=incident.pk,
            changes={"distributed": {"platform": platform}},
            by=lead,
            expected_revision=revision,
        )
        assert listed(reader, platform="youtube") == []
        assert listed(reader, platform="x") == (["seen"] if platform else [])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"owner": "acme", "tlp": "green", "published_after": "2026-01-01"}, ["gone"]),
        ({"country": "US"}, []), ({"q": "gone"}, []), ({"harm": "health"}, []),
        ({"platform": "x"}, []), ({"tag": 'tag:"robocall"'}, []),
        ({"updated_after": "2026-01-01"}, []), ({"ordering": "-severity"}, []),
        ({"ordering": "published_at"}, ["gone"]),
    ],
)  # fmt: skip
def test_filters_and_orders_tell_nothing_of_what_was_withdrawn(
    as_token: Login, lead: Reader, parameters: dict[str, str], expected: list[str]
) -> None:
    incident = make.incident(
        by=lead, title="gone", countries=["US"], harms=["health"], tags=['tag:"robocall"'],
        distributed={"platform": "X"},
    )  # fmt: skip
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=lead)

    def refs(client: Any) -> list[str]:
        answer = client.get(INCIDENTS, {"status": "withdrawn", **parameters})
        return [row["ref"] for row in answer.json()["results"]]

    assert refs(as_token(make.member())) == ([incident.ref] if expected else [])
    assert refs(as_token(lead.member)) == [incident.ref]


# Orders ---------------------------------------------------------------------------------------


def walk(client: Any, **parameters: str) -> list[list[str]]:
    pages, path = [], INCIDENTS
    answer = client.get(path, parameters).json()
    while True:
        pages.append([row["title"] for row in answer["results"]])
        if not answer["next"]:
            return pages
        parts = urlsplit(answer["next"])
        answer = client.get(f"{parts.path}?{parts.query}").json()


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("severity", ["info", "low", "low too", "medium draft", "critical"]),
        ("-severity", ["critical", "medium draft", "low too", "low", "info"]),
        ("published_at", ["medium draft", "low", "critical", "info", "low too"]),
        ("-published_at", ["low too", "info", "critical", "low", "medium draft"]),
        ("updated_at", ["low", "critical", "info", "low too", "medium draft"]),
        ("-updated_at", ["medium draft", "low too", "info", "critical", "low"]),
    ],
)
@pytest.mark.parametrize("limit", ["1", "2", "50"])
def test_pages_follow_the_order_asked_for(
    as_token: Login, lead: Reader, ordering: str, expected: list[str], limit: str
) -> None:
    for title in ("low", "critical", "info", "low too", "medium draft"):
        publish = not title.endswith("draft")
        make.incident(by=lead, title=title, severity=title.split()[0], publish=publish)

    pages = walk(as_token(lead.member), ordering=ordering, limit=limit)

    assert [title for page in pages for title in page] == expected


def test_a_cursor_of_another_order_is_refused(reader: Any, lead: Reader) -> None:
    for _ in range(2):
        make.incident(by=lead)
    query = urlsplit(reader.get(INCIDENTS, {"limit": "1", "ordering": "severity"}).json()["next"])

    answer = reader.get(f"{INCIDENTS}?{query.query.replace('severity', '-severity')}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_cursor"


def test_an_order_that_is_not_known_is_refused(reader: Any) -> None:
    ((pointer, code, detail),) = refused(reader, ordering="-title")

    assert (pointer, code) == ("/ordering", "invalid_ordering")
    assert "published_at, severity, updated_at" in detail


def test_severities_are_ranked_as_they_are_defined() -> None:
    assert list(Severity.values) == list(SEVERITIES)


def test_every_filter_is_explained_and_can_be_saved() -> None:
    assert set(IncidentFilter.base_filters) == set(WORDS) == set(ASKED) - {"ordering"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", [""]), ("a", ["a"]), ("a,b,", ["a", "b", ""]), ('tag:"a,b",c', ['tag:"a,b"', "c"]),
        ('"a,b', ['"a,b']),
    ],
)  # fmt: skip
def test_commas_between_quotation_marks_part_nothing(text: str, values: list[str]) -> None:
    assert split_values(text) == values


def test_the_list_takes_the_same_queries_for_few_rows_and_for_many(
    reader: Any, lead: Reader, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    election("us-2026")
    asked = {
        "q": "zelensky voice", "severity": "high", "media_kind": "audio", "country": "US",
        "election": "us-2026", "tag": 'tag:"robocall"', "platform": "x", "owner": "acme",
        "ordering": "-severity", "published_after": "2026-01-01",
    }  # fmt: skip
    listed(reader, **asked)
    with CaptureQueriesContext(connection) as captured:
        assert listed(reader, **asked) == []
    for _ in range(5):
        make.incident(
            by=lead, title="Zelensky's voice",
            **(FIRST | {"distributed": {"platform": "X"}, "elections": ["us-2026"]}),
        )  # fmt: skip

    with django_assert_num_queries(len(captured)):
        assert len(listed(reader, **asked)) == 5
