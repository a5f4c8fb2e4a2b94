"""An organisation that files, and one that is alerted."""

from __future__ import annotations

import pytest

from accounts.models import Member
from accounts.readers import Reader
from tests import make


@pytest.fixture
def acme() -> Member:
    return make.member("acme")


@pytest.fixture
def lead(acme: Member) -> Reader:
    return make.person(acme)


@pytest.fixture
def birch() -> Member:
    return make.member("birch")
