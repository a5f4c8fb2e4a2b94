"""No page is forgotten by the tests that hold of every page."""

from __future__ import annotations

import pytest

from tests.every_page.addresses import NO_PAGES, PAGES_OF_THE_API, addresses
from tests.every_page.looks import SHOWN, unnamed

pytestmark = pytest.mark.django_db


def test_of_every_page_it_is_said_what_it_is_shown_of_and_who_opens_it() -> None:
    # Named in `SHOWN` of tests/every_page/looks.py, or in `NO_PAGES` beside it with a reason.
    assert unnamed() == []


def test_what_is_said_of_addresses_is_said_of_some_that_are_there() -> None:
    served = addresses()

    names = {one.name for one in served}
    routes = [one.route for one in served]

    assert {*SHOWN, *PAGES_OF_THE_API} - names == set()
    assert [key for key in NO_PAGES if key not in names and not any(key in r for r in routes)] == []
