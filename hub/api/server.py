"""The web server's worker, which says in the API's words what it cannot read.

gunicorn loads it before Django: nothing of Django is imported here.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from gunicorn import util
from gunicorn.http import errors as parsing
from gunicorn.workers.gthread import ThreadWorker

from hub.kit.errors import AddressTooLong, HeadersTooLarge, HubError, Unreadable
from hub.kit.ids import uuid7

OURS: Final = (
    parsing.InvalidResponseHeader,
    parsing.InvalidResponseHeaderName,
    parsing.ConfigurationProblem,
)
"""Errors of parsing that are not the client's fault."""
UNKNOWN_CODING: Final = (
    "Send the body with a Content-Length: the hub knows no other Transfer-Encoding than chunked."
)


class HubWorker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """Threads that answer with problem details even to what is no request.

    gunicorn's own answers are pages, and 501 where a body is coded in a way that it does not know:
    of 5xx the hub promises that they are its own faults, and there are none.
    """

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        error = refusal_of(exc)
        if error is None:
            super().handle_error(req, client, addr, exc)
            return
        name = str(uuid7())
        # By its kind only: what is told of it repeats what was sent.
        self.log.warning("Unreadable request %s: %s", name, type(exc).__name__)
        try:
            util.write_nonblock(client, answer_of(error, request_id=name))
        except OSError:
            self.log.debug("Nobody is there to be told of an unreadable request.")


def refusal_of(exc: BaseException) -> HubError | None:
    """What to answer to what could not be parsed; None for errors of any other kind."""
    if isinstance(exc, OURS) or not isinstance(exc, parsing.ParseException):
        return None
    if isinstance(exc, parsing.LimitRequestLine):
        return AddressTooLong()
    if isinstance(exc, parsing.LimitRequestHeaders):
        return HeadersTooLarge()
    if isinstance(exc, parsing.UnsupportedTransferCoding):
        return Unreadable(UNKNOWN_CODING)
    return Unreadable()


def answer_of(error: HubError, *, request_id: str) -> bytes:
    """The whole answer, after which the connection ends."""
    document = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [],
    }
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    head = [
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        f"X-Request-Id: {request_id}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
