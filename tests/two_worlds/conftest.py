"""What every comparison of worlds needs of the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts import authentication, sessions
from hub.kit import clock


@pytest.fixture(autouse=True)
def clock_never_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two readings are equal, so that times are equal in one world if they are in the other."""
    last = timezone.now()

    def now() -> datetime:
        nonlocal last
        last = max(timezone.now(), last + timedelta(microseconds=1))
        return last

    monkeypatch.setattr(clock, "now", now)


@pytest.fixture(autouse=True)
def use_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes: that a token is still in use is a query more, once a minute."""
    monkeypatch.setattr(authentication, "USE_IS_NOTED_EVERY", timedelta(days=1))
    monkeypatch.setattr(sessions, "USE_IS_NOTED_EVERY", timedelta(days=1))
