from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.test import Client, RequestFactory

from hub.api.answers import to_json
from hub.api.etags import check_if_match, etag_of
from hub.kit.errors import PreconditionRequired
from tests.hub.api.notes import Note

pytestmark = pytest.mark.urls("tests.hub.api.notes")


def test_equal_representations_have_one_etag_whatever_their_order() -> None:
    one = etag_of({"a": 1, "b": [{"c": 2, "d": None}]})

    assert one == etag_of({"b": [{"d": None, "c": 2}], "a": 1})
    assert one != etag_of({"a": 1, "b": [{"c": 3, "d": None}]})
    assert len(one) == 34
    assert one[0] == one[-1] == '"'


def test_times_days_and_ids_have_one_form() -> None:
    data = {
        "at": dt.datetime(2026, 11, 22, 20, 4, tzinfo=dt.UTC),
        "on": dt.date(2026, 11, 3),
        "id": UUID(int=7),
    }

    assert to_json(data) == (
        b'{"at":"2026-11-22T20:04:00Z","on":"2026-11-03",'
        b'"id":"00000000-0000-0000-0000-000000000007"}'
    )


def test_what_has_no_form_in_json_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        to_json({"a": object()})
    with pytest.raises(ValueError, match="Out of range"):
        to_json(float("nan"))


def test_where_no_etag_is_needed_none_is_missed() -> None:
    check_if_match(RequestFactory().delete("/"), '"a"', required=False)

    with pytest.raises(PreconditionRequired):
        check_if_match(RequestFactory().delete("/"), '"a"')


@pytest.mark.parametrize(
    ("template", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("nonsense", 200),
        ("", 200),
    ],
)
def test_get_is_not_repeated_for_what_is_known(writer: Client, template: str, status: int) -> None:
    row = Note.objects.create(organisation="acme", title="one")
    path = f"/api/v1/notes/{row.pk}/"
    etag = writer.get(path).headers["ETag"]

    answer = writer.get(path, headers={"If-None-Match": template.format(etag=etag)})

    assert answer.status_code == status
    assert answer.headers["ETag"] == etag
    assert bool(answer.content) is (status == 200)


@pytest.mark.parametrize(
    ("template", "status"),
    [
        (None, 428),
        ("{etag}", 200),
        ('"other", {etag}', 200),
        ("*", 200),
        ("W/{etag}", 412),
        ('"other"', 412),
        ("nonsense", 412),
        ("", 412),
    ],
)
def test_a_change_needs_the_etag_of_what_is_changed(
    writer: Client, template: str | None, status: int
) -> None:
    row = Note.objects.create(organisation="acme", title="one")
    path = f"/api/v1/notes/{row.pk}/"
    etag = writer.get(path).headers["ETag"]
    headers = {} if template is None else {"If-Match": template.format(etag=etag)}

    answer = writer.patch(path, {"title": "two"}, "application/json", headers=headers)

    assert answer.status_code == status
    row.refresh_from_db()
    assert row.title == ("two" if status == 200 else "one")


def test_an_etag_that_is_sent_counts_where_none_is_needed(writer: Client) -> None:
    row = Note.objects.create(organisation="acme", title="one")
    path = f"/api/v1/notes/{row.pk}/"

    assert writer.delete(path, headers={"If-Match": '"other"'}).status_code == 412
    assert writer.delete(path, headers={"If-Match": "*"}).status_code == 204
