from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import F
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from hub.api.pagination import Listing, Ordering
from tests.hub.api.conftest import As
from tests.hub.api.notes import Note

pytestmark = pytest.mark.urls("tests.hub.api.notes")

NOTES = "/api/v1/notes/"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def notes(*ranks: int) -> list[Note]:
    made = [
        Note(organisation="acme", title=f"note {number}", rank=rank)
        for number, rank in enumerate(ranks)
    ]
    return Note.objects.bulk_create(made)


def titles(answer: Any) -> list[str]:
    return [item["title"] for item in answer.json()["results"]]


def follow(client: Client, address: str | None) -> Any:
    assert address is not None
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(
    ranks=st.lists(st.integers(0, 3), max_size=12),
    dated=st.lists(st.booleans(), min_size=12, max_size=12),
    limit=st.integers(1, 5),
    ordering=st.sampled_from(
        ["rank", "-rank", "pk", "-pk", "published_at", "-published_at", "title", "updated_at"]
    ),
)
def test_walking_there_covers_each_row_once_and_walking_back_finds_the_same_pages(
    notes_table: None, ranks: list[int], dated: list[bool], limit: int, ordering: str
) -> None:
    Note.objects.all().delete()
    rows = notes(*ranks)
    for row, has_date in zip(rows, dated, strict=False):
        row.published_at = START + dt.timedelta(days=row.rank) if has_date else None
        row.save()

    def page(parameters: QueryDict) -> Any:
        return Listing(
            queryset=Note.objects.all(),
            ordering=Ordering.parse(ordering),
            path=NOTES,
            parameters=parameters,
            organisation="acme",
        ).page()

    def walk(start: Any, way: str) -> list[Any]:
        pages = [start]
        while getattr(pages[-1], way) is not None:
            pages.append(page(QueryDict(urlsplit(getattr(pages[-1], way)).query)))
        return pages

    there = walk(page(QueryDict(f"limit={limit}")), "next")
    back = walk(there[-1], "previous")

    expected = list(Note.objects.order_by(ordering, "-pk" if ordering[0] == "-" else "pk"))
    assert [row for one in there for row in one.rows] == expected
    assert [one.rows for one in reversed(back)] == [one.rows for one in there]
    assert there[0].previous is None
    assert back[-1].previous is None
    assert back[-1].next == there[0].next


def test_a_page_has_50_rows_unless_asked_otherwise_and_200_at_most(writer: Client) -> None:
    notes(*range(201))

    assert len(titles(writer.get(NOTES))) == 50
    assert len(titles(writer.get(NOTES + "?limit=200"))) == 200
    assert len(titles(writer.get(NOTES + "?limit=1"))) == 1


@pytest.mark.parametrize("limit", ["0", "201", "-1", "", "x", "1.5", "1e1", "٣", "99999999999999"])
def test_a_limit_that_is_none_is_refused(writer: Client, limit: str) -> None:
    answer = writer.get(NOTES, {"limit": limit})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/limit"
    assert answer.json()["code"] == "invalid_limit"


def test_the_default_order_is_newest_change_first(writer: Client) -> None:
    first, second, third = notes(0, 0, 0)
    for row in (second, first, third):
        row.save()

    assert titles(writer.get(NOTES)) == [third.title, first.title, second.title]


def test_neighbours_keep_limit_filters_and_ordering(writer: Client, settings: Any) -> None:
    settings.HUB_BASE_URL = "https://hub.example"
    notes(3, 1, 2)

    first = writer.get(NOTES + "?colour=red&limit=2&ordering=-rank").json()

    parts = urlsplit(first["next"])
    query = parse_qs(parts.query)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://hub.example/api/v1/notes/"
    assert {name: query[name] for name in ("colour", "limit", "ordering")} == {
        "colour": ["red"],
        "limit": ["2"],
        "ordering": ["-rank"],
    }
    assert titles(follow(writer, first["next"])) == ["note 1"]


def test_the_same_request_over_the_same_rows_gives_the_same_bytes(writer: Client) -> None:
    notes(3, 1, 2)
    Note.objects.create(organisation="globex", title="hidden")

    before = writer.get(NOTES + "?limit=2").content
    Note.objects.create(organisation="globex", title="hidden too")

    assert writer.get(NOTES + "?limit=2").content == before


def test_rows_that_are_new_shift_no_page(writer: Client) -> None:
    notes(1, 2, 3, 4)
    first = writer.get(NOTES + "?limit=2&ordering=rank").json()
    Note.objects.create(organisation="acme", title="new", rank=0)

    second = follow(writer, first["next"])

    assert titles(second) == ["note 2", "note 3"]
    back = follow(writer, second.json()["previous"])
    assert titles(back) == ["note 0", "note 1"]
    assert titles(follow(writer, back.json()["previous"])) == ["new"]


def test_from_an_empty_page_there_is_a_way_back_that_skips_nothing(writer: Client) -> None:
    rows = notes(1, 2, 3)
    first = writer.get(NOTES + "?limit=2&ordering=rank").json()
    rows[2].delete()

    empty = follow(writer, first["next"])

    assert titles(empty) == []
    assert empty.json()["next"] is None
    back = follow(writer, empty.json()["previous"])
    assert titles(back) == ["note 0", "note 1"]
    rows[0].delete()
    rows[1].delete()
    nothing = follow(writer, empty.json()["previous"])
    assert titles(nothing) == []
    assert titles(follow(writer, nothing.json()["next"])) == []


@pytest.mark.django_db
def test_a_list_may_be_ordered_by_what_was_annotated(notes_table: None) -> None:
    rows = notes(1, 3, 2)

    def page(query: str) -> Any:
        return Listing(
            queryset=Note.objects.annotate(weight=F("rank") % 2),
            ordering=Ordering("weight", descending=True),
            path=NOTES,
            parameters=QueryDict(query),
            organisation="acme",
        ).page()

    first = page("limit=2")
    second = page(urlsplit(first.next).query)

    assert sorted(row.rank for row in first.rows) == [1, 3]
    assert second.rows == [rows[2]]


def test_a_page_is_one_query(
    writer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    notes(1, 2, 3)
    address = writer.get(NOTES + "?limit=1").json()["next"]

    with django_assert_num_queries(2):  # the limit of the caller, and the page
        follow(writer, address)


def test_a_cursor_serves_one_organisation_one_list_and_one_ordering(as_: As) -> None:
    notes(1, 2, 3)
    address = as_("writer").get(NOTES + "?limit=1&ordering=rank").json()["next"]
    cursor = parse_qs(urlsplit(address).query)["cursor"][0]

    def answer(name: str, **parameters: str) -> Any:
        return as_(name).get(NOTES, {"cursor": cursor, **parameters})

    assert answer("writer", ordering="rank").status_code == 200
    assert answer("reader", ordering="rank").status_code == 200
    for refused in (
        answer("stranger", ordering="rank"),
        answer("writer", ordering="-rank"),
        answer("writer"),
    ):
        assert refused.status_code == 400
        assert refused.json()["code"] == "invalid_cursor"
        assert refused.json()["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "%00", "a" * 5000, "=" * 8])
def test_a_cursor_that_nobody_gave_out_is_refused(writer: Client, cursor: str) -> None:
    answer = writer.get(f"{NOTES}?cursor={cursor}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


def test_a_cursor_tells_nothing(writer: Client) -> None:
    (row, _) = notes(1, 2)

    address = writer.get(NOTES + "?limit=1&ordering=rank").json()["next"]

    assert str(row.pk) not in address
    assert row.pk.hex not in address
