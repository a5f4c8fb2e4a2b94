"""Hubs of real processes, on the configured servers and with everything of their own."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from hub.cli.home import Home
from hub.cli.scratch import scratch_home
from hub.cli.services import Service, embedded
from hub.settings.env import running_services
from tests.system.background import Background
from tests.system.brokers import Broker, OwnBroker, ProxiedBroker, own_broker
from tests.system.harness import Hub
from tests.system.places import (
    BrokerSpace,
    Template,
    broker_space,
    database,
    dump,
    provision,
    restore,
)
from tests.system.sinks import Sink

SLUGS = ["filer", *(f"member-{number}" for number in range(1, 6))]
PEOPLE = ["lead@filer", "analyst@filer", "analyst@member-1", "admin@member-1"]
"""By role and organisation; their addresses end in `.example`, their password is `PASSWORD`."""

StartHub = Callable[..., Hub]


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """A migrated database with organisations and people, on the configured server."""
    environment = {
        "HUB_SECRET_KEY": secrets.token_urlsafe(48),
        "HUB_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    with database(settings.DATABASE_URL) as url:
        yield provision(url, environment, [*SLUGS, *PEOPLE])


@pytest.fixture(scope="session")
def space() -> Iterator[BrokerSpace]:
    """A part of the configured broker; of an embedded one when none is."""
    with contextlib.ExitStack() as running:
        url = settings.CELERY_BROKER_URL
        if not url:
            home = running.enter_context(scratch_home(Home.of(os.environ)))
            services = embedded(home, durable=False, postgres=False)
            url = running.enter_context(services).broker_url
        yield running.enter_context(broker_space(url))


@pytest.fixture
def home() -> Iterator[Home]:
    """A throw-away home."""
    with scratch_home(Home.of(os.environ)) as made:
        home = Home(made)
        home.make()
        yield home


@pytest.fixture
def background() -> Iterator[Background]:
    with Background() as running:
        yield running


@pytest.fixture
def sink(background: Background) -> Sink:
    return Sink(background)


@pytest.fixture
def proxied_broker(space: BrokerSpace, background: Background) -> ProxiedBroker:
    """The configured broker, behind a proxy."""
    space.empty()
    return ProxiedBroker(space, background)


@pytest.fixture
def embedded_broker(home: Home) -> Iterator[OwnBroker]:
    with own_broker(home) as broker:
        yield broker


@pytest.fixture
def killable_broker(request: pytest.FixtureRequest) -> Broker:
    """A real process where the configured broker is an embedded one, else behind a proxy."""
    is_embedded = running_services().get("celery_broker_url") == settings.CELERY_BROKER_URL
    name = "embedded_broker" if is_embedded else "proxied_broker"
    broker: Broker = request.getfixturevalue(name)
    return broker


@pytest.fixture
def embedded_postgres() -> Iterator[Service]:
    """A PostgreSQL server that only this test uses."""
    with (
        scratch_home(Home.of(os.environ)) as home,
        embedded(home, durable=False, broker=False) as services,
    ):
        assert services.postgres is not None
        yield services.postgres


@pytest.fixture
def embedded_template(embedded_postgres: Service, template: Template, home: Home) -> Template:
    """A copy of `template` on the server that only this test uses."""
    copy = home.temporary / "template.sql"
    dump(template.database_url, copy)
    restore(copy, embedded_postgres.url)
    return replace(template, database_url=embedded_postgres.url)


@pytest.fixture
def calm_template(request: pytest.FixtureRequest, template: Template) -> Template:
    """A database on a server where no other test holds a transaction open, where that can be had.

    The embedded server has them all; so a test that measures what open transactions do gets one of
    its own. A configured server is taken as it is.
    """
    is_embedded = running_services().get("database_url") == settings.DATABASE_URL
    name = "embedded_template" if is_embedded else "template"
    chosen: Template = request.getfixturevalue(name)
    return chosen


@pytest.fixture
def start_hub(home: Home, template: Template, space: BrokerSpace) -> Iterator[StartHub]:
    """Makes a hub with a database of its own, and starts these of its processes."""
    with contextlib.ExitStack() as running:

        def start(
            *names: str,
            broker: Broker | None = None,
            database_url: str = "",
            like: Template = template,
            **variables: str,
        ) -> Hub:
            if broker is None:
                space.empty()
            if not database_url:
                copy = database(like.server_url, template=like.database_url)
                database_url = running.enter_context(copy)
            hub = Hub(
                home,
                like,
                database_url=database_url,
                broker_url=space.url if broker is None else broker.url,
                variables=variables,
            )
            running.callback(hub.end)
            hub.start(*names)
            if "web" in names:
                hub.await_ready()
            return hub

        yield start
