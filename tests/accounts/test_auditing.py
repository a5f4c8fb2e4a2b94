"""What is kept of attempts that were refused."""

from __future__ import annotations

import pytest
from rest_framework.test import APIRequestFactory

from accounts.auditing import audit_refusal
from accounts.authentication import ReaderCaller
from accounts.readers import Reader
from hub.api.requests import HubRequest
from hub.audit.models import AuditEntry
from hub.kit.errors import NotAllowed
from tests import make


def request_of(reader: Reader | None) -> HubRequest:
    """A request of a reader, or of nobody who is known."""
    request = HubRequest(APIRequestFactory().get("/api/v1/me/"))
    request.caller = ReaderCaller(reader) if reader else None
    return request


@pytest.mark.parametrize(("error", "code"), [(NotAllowed(), "not_allowed"), (Exception(), "")])
def test_an_attempt_is_kept_with_who_made_it_and_why_it_was_refused(
    db: None, error: Exception, code: str
) -> None:
    by = make.person(make.member())

    audit_refusal(request_of(by), action="group.update", objects=iter(["a"]), error=error)

    entry = AuditEntry.objects.get()
    assert (entry.member_id, entry.user_id) == (by.actor.member_id, by.actor.user_id)
    assert (entry.action, entry.objects_named, entry.decision) == ("group.update", ["a"], "denied")
    assert entry.detail == {"code": code}


def test_of_a_request_by_nobody_known_nothing_is_kept(db: None) -> None:
    audit_refusal(request_of(None), action="group.update", objects=["a"], error=NotAllowed())

    assert AuditEntry.objects.exists() is False
