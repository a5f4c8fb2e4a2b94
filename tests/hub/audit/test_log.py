"""The audit log: written with the change, never rewritten."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from hub.audit.models import AuditEntry
from hub.audit.services import THE_HUB, Actor, record
from hub.kit.ids import uuid7
from hub.kit.requests import request_id

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_what_and_in_which_request() -> None:
    member, user = uuid7(), uuid7()
    token = request_id.set("a-request")

    record("x.do", by=Actor(member, user, "tokenid1"), objects=["DF-0"], detail={"a": 1})

    request_id.reset(token)
    entry = AuditEntry.objects.get()
    assert (entry.member_id, entry.user_id, entry.token_id) == (member, user, "tokenid1")
    assert (entry.action, entry.objects_named, entry.decision) == ("x.do", ["DF-0"], "allowed")
    assert (entry.request_id, entry.detail) == ("a-request", {"a": 1})
    assert str(entry) == "x.do allowed DF-0"


def test_what_was_done_together_has_an_entry_for_each_action_in_order() -> None:
    record("x.create", "x.publish", by=THE_HUB, objects=["DF-0"])

    entries = AuditEntry.objects.order_by("id")
    assert [str(entry) for entry in entries] == [
        "x.create allowed DF-0",
        "x.publish allowed DF-0",
    ]
    assert {entry.member_id for entry in entries} == {None}


def test_entries_are_never_changed_or_deleted() -> None:
    record("x.do", by=THE_HUB)

    with pytest.raises(ProgrammingError), transaction.atomic():
        AuditEntry.objects.update(action="nothing")
    with pytest.raises(ProgrammingError), transaction.atomic():
        AuditEntry.objects.all().delete()

    assert AuditEntry.objects.get().action == "x.do"
