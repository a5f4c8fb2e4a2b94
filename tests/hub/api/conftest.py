"""The notes resource, its table, and callers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from hub.api.schema_view import openapi_document
from tests.hub.api.notes import Note

As = Callable[[str], Client]


@pytest.fixture(autouse=True)
def document_of_these_routes() -> Iterator[None]:
    """The API's document is made once a process, and here of other routes than elsewhere."""
    openapi_document.cache_clear()
    yield
    openapi_document.cache_clear()


@pytest.fixture(scope="session")
def notes_table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Note)


@pytest.fixture
def as_(notes_table: None, db: None) -> As:
    """A client that says who it is, within a transaction that is rolled back."""
    return _client


@pytest.fixture
def writer(as_: As) -> Client:
    return as_("writer")


@pytest.fixture
def committing(notes_table: None, transactional_db: None) -> Iterator[As]:
    """As `as_`, for tests whose requests must see each other from several connections."""
    yield _client
    Note.objects.all().delete()


def _client(name: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {name}"}, raise_request_exception=False)
