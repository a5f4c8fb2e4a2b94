"""The request id belongs to one request at a time."""

from __future__ import annotations

from contextvars import copy_context

from hub.kit.requests import request_id


def test_outside_a_request_there_is_no_id() -> None:
    assert request_id.get() == ""


def test_an_id_is_seen_in_its_own_context_only() -> None:
    other = copy_context()

    other.run(request_id.set, "abc")

    assert other.run(request_id.get) == "abc"
    assert request_id.get() == ""
