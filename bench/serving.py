"""Django projects served by gunicorn as the hub runs its own, and conversations with them."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator, Mapping
from typing import Final

from bench.conversation import Process
from bench.failure import BenchError
from bench.place import Place
from hub.cli.home import Home
from hub.cli.ports import LOOPBACK, free_port, is_free
from hub.cli.processes import hub_processes

HUB: Final = "hub.wsgi:application"
PLAIN: Final = "bench.plain.wsgi:application"
PLAIN_SETTINGS: Final = "bench.plain.settings"
READY_SECONDS: Final = 30
POLL_SECONDS: Final = 0.05


@contextlib.contextmanager
def served(
    place: Place, application: str, environment: Mapping[str, str], *, name: str = ""
) -> Iterator[int]:
    """The port at which gunicorn serves an application. `name` tells two of the same apart."""
    port = free_port()
    home = Home.of(environment)
    home.make()
    web = hub_processes(home, environment, port)[0]
    command = [application if word == HUB else word for word in web.command]
    with Process(name or application, command, env=environment, log=place.folder) as gunicorn:
        deadline = time.monotonic() + READY_SECONDS
        while is_free(port):
            gunicorn.require_running()
            if time.monotonic() > deadline:
                raise gunicorn.failed(f"was not ready in {READY_SECONDS} s.")
            time.sleep(POLL_SECONDS)
        yield port


@contextlib.contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    """An open connection. One that rests for 2 s gunicorn closes."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=READY_SECONDS)
    with contextlib.closing(connection):
        connection.connect()
        yield connection


def asked(
    connection: http.client.HTTPConnection,
    path: str,
    *,
    authorization: str = "",
    cookie: str = "",
    body: bytes | None = None,
    expected: int = 200,
) -> tuple[float, bytes]:
    """Seconds until the whole answer to a GET, or to a POST of a body, was there; and the answer.

    Raises BenchError when it has another status than was expected.
    """
    given = {"Authorization": authorization, "Cookie": cookie}
    headers = {name: value for name, value in given.items() if value}
    if body is not None:
        headers["Content-Type"] = "application/json"
    began = time.monotonic()
    connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
    answer = connection.getresponse()
    told = answer.read()
    seconds = time.monotonic() - began
    if answer.status != expected:
        raise BenchError(f"{path} answered {answer.status}: {told[:1000]!r}")
    return seconds, told
