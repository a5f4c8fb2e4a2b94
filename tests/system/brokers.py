"""Brokers that a test may stop: one behind a proxy, or an embedded one that is its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from hub.cli.home import Home
from hub.cli.services import Service, embedded
from hub.cli.valkey import Valkey
from tests.system.background import Background
from tests.system.places import BrokerSpace
from tests.system.proxy import Proxy


class Broker(Protocol):
    """What a test does to a broker."""

    url: str

    def freeze(self) -> None:
        """SIGSTOP: it accepts connections and answers nothing."""

    def thaw(self) -> None: ...

    def kill(self) -> None:
        """SIGKILL, and all it held is gone."""

    def revive(self) -> None: ...


class ProxiedBroker:
    """The configured broker, as far as this hub can see: nobody else loses anything."""

    def __init__(self, space: BrokerSpace, background: Background) -> None:
        self._space = space
        self._proxy = Proxy(background, space.url)
        self.url = self._proxy.url

    def freeze(self) -> None:
        self._proxy.stall()

    def thaw(self) -> None:
        self._proxy.resume()

    def kill(self) -> None:
        self._proxy.close()
        self._space.empty()

    def revive(self) -> None:
        self._proxy.listen()


class OwnBroker:
    """An embedded Valkey that nobody else uses."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.url = service.url

    def freeze(self) -> None:
        self._service.pause()

    def thaw(self) -> None:
        self._service.resume()

    def kill(self) -> None:
        self._service.kill()
        assert isinstance(self._service.server, Valkey)
        self._service.server.forget_data()

    def revive(self) -> None:
        self._service.start()


@contextlib.contextmanager
def own_broker(home: Home) -> Iterator[OwnBroker]:
    """Run one as long as the block."""
    with embedded(home.root, durable=False, postgres=False) as services:
        assert services.broker is not None
        yield OwnBroker(services.broker)
