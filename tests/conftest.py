"""Fixtures for every test."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Member, User
from tests import make
from tests.distributing import Together

pytest_plugins = ["tests.system.fixtures"]

Login = Callable[..., APIClient]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="run experiments at full size")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--chaos"):
        return
    for item in items:
        if (mark := item.get_closest_marker("chaos")) is not None:
            item.add_marker(pytest.mark.skip(reason=f"only with --chaos: {mark.args[0]}"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import stay: nobody need look for garbage there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def chaos(pytestconfig: pytest.Config) -> bool:
    """Whether the experiments run at full size."""
    return bool(pytestconfig.getoption("--chaos"))


@pytest.fixture
def as_token(db: None) -> Login:
    """Gives a client that acts with a new token of an organisation."""

    def login(member: Member, *scopes: str) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(member, *scopes).text}")
        return client

    return login


@pytest.fixture
def as_person(db: None) -> Login:
    """Gives a client that acts in the session of a person."""

    def login(user: User, **options: Any) -> APIClient:
        client = APIClient(raise_request_exception=False, **options)
        client.force_login(user)
        return client

    return login
