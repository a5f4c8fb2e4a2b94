"""Errors carry what every border needs to answer with."""

from __future__ import annotations

import pickle

import pytest

from hub.kit import errors
from hub.kit.errors import FieldError, HubError, InvalidInput


class AudienceRequired(InvalidInput):
    """Name at least one audience.

    The second paragraph is the default message too.
    """

    code = "audience_required"
    pointer = "/audiences"


class Undocumented(errors.Conflict):
    code = "undocumented"


def test_the_docstring_is_the_default_message() -> None:
    error = errors.Absent()

    assert str(error) == "There is nothing here that you may read."
    assert error.detail == str(error)
    assert (error.code, error.status, error.title) == ("not_found", 404, "Not found")
    assert (error.pointer, error.retry_after) == (None, None)


def test_a_docstring_of_several_lines_becomes_one_line() -> None:
    assert AudienceRequired().detail == (
        "Name at least one audience. The second paragraph is the default message too."
    )


def test_a_class_without_a_docstring_speaks_as_its_parent() -> None:
    assert Undocumented().detail == "The state it is in does not allow this."


def test_what_is_given_replaces_what_the_class_says() -> None:
    error = HubError("Wait a little.", pointer="/x", code="busy", retry_after=7)

    assert str(error) == "Wait a little."
    assert (error.pointer, error.code, error.retry_after) == ("/x", "busy", 7)
    assert HubError.code == "error"


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.InvalidInput, "invalid", 400),
        (errors.NotAllowed, "not_allowed", 403),
        (errors.ScopeMissing, "scope_missing", 403),
        (errors.ReauthenticationRequired, "reauthentication_required", 403),
        (errors.Absent, "not_found", 404),
        (errors.Conflict, "conflict", 409),
        (errors.PreconditionFailed, "precondition_failed", 412),
        (errors.BodyTooLarge, "body_too_large", 413),
        (errors.KeyReused, "idempotency_key_reused", 422),
        (errors.PreconditionRequired, "precondition_required", 428),
        (errors.TooManyRequests, "too_many_requests", 429),
        (errors.Unavailable, "unavailable", 503),
    ],
)
def test_each_error_has_its_code_and_status(error: type[HubError], code: str, status: int) -> None:
    raised = error()

    assert (raised.code, raised.status) == (code, status)
    assert raised.title
    assert raised.detail.endswith(".")


def test_invalid_input_without_a_list_has_one_error_of_its_own() -> None:
    error = InvalidInput("No such country.", pointer="/countries/0", code="unknown")

    assert error.errors == [FieldError("/countries/0", "unknown", "No such country.")]


def test_invalid_input_without_a_pointer_speaks_of_the_whole() -> None:
    assert InvalidInput().errors == [FieldError("", "invalid", "The input is not valid.")]


def test_a_subclass_may_know_its_place() -> None:
    assert AudienceRequired("x").errors == [FieldError("/audiences", "audience_required", "x")]


def test_invalid_input_keeps_the_errors_it_is_given() -> None:
    found = [FieldError("/a", "required", "Missing."), FieldError("/b", "unknown", "No.")]

    error = InvalidInput(errors=found)

    assert error.errors == found
    assert error.pointer is None


def test_a_caller_that_knows_the_place_puts_it_in_front() -> None:
    error = InvalidInput(errors=[FieldError("", "a", "A"), FieldError("/b", "c", "C")])

    moved = error.at("/endpoints/0")

    assert moved is error
    assert moved.pointer == "/endpoints/0"
    assert [e.pointer for e in moved.errors] == ["/endpoints/0", "/endpoints/0/b"]


def test_a_pointer_of_its_own_is_moved_too() -> None:
    assert InvalidInput("x", pointer="/url").at("/data").pointer == "/data/url"


def test_errors_survive_the_way_between_processes() -> None:
    error = InvalidInput("No.", pointer="/a", code="c")

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here

    assert (str(copy), copy.code, copy.pointer, copy.errors) == ("No.", "c", "/a", error.errors)


def test_a_pointer_into_a_part_is_one_into_the_whole_for_whoever_gave_the_part() -> None:
    found = [FieldError("/distributed", "a", "A"), FieldError("/distributed/at", "b", "B")]

    error = InvalidInput(errors=found, pointer="/distributed").within("/distributed")

    assert error.pointer == ""
    assert [e.pointer for e in error.errors] == ["", "/at"]
