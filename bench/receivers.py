"""The receivers of all sides: one sink that listens at an address for each of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from bench.conversation import Side, python_side
from bench.place import Place
from hub.cli.ports import free_port


@dataclass(frozen=True)
class Receivers:
    """Loopback has a whole network of addresses: each receiver has its own, as in life."""

    sink: Side
    urls: list[str]

    def count(self) -> int:
        """Requests taken so far."""
        return int(self.sink.ask("count"))


@contextlib.contextmanager
def receivers(place: Place, number: int) -> Iterator[Receivers]:
    """As many receivers, until the block ends."""
    port = free_port()
    addresses = [f"127.0.{1 + index // 200}.{1 + index % 200}" for index in range(number)]
    environment = place.environment(place.database_url, "")
    with python_side("bench.sink", env=environment, log=place.folder, with_django=False) as sink:
        sink.ask("listen", addresses=addresses, port=port)
        yield Receivers(sink, [f"http://{address}:{port}/hook" for address in addresses])
