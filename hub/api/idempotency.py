"""Idempotency-Key: the same intent, sent several times, is carried out once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Protocol

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.exceptions import APIException

from hub.api.models import IdempotentAnswer
from hub.api.problems import problem_of
from hub.api.requests import HubRequest
from hub.kit import clock, crypto
from hub.kit.errors import Conflict, HubError, InvalidInput, KeyReused

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT: Final = timedelta(hours=24)

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_STORED_REFUSALS: Final = frozenset({400, 422})
_KEPT_HEADERS: Final = ("Content-Type", "Location", "ETag")


class IdempotentView(Protocol):
    """What a view must offer so that its POSTs can be answered again."""

    request: HubRequest
    answered_object_id: str

    def replay_allowed(self, stored: IdempotentAnswer) -> None:
        """Ask the rights again; raises Absent or NotAllowed."""
        ...


def answer_once(view: IdempotentView, handler: Callable[[], HttpResponse]) -> HttpResponse:
    """Run `handler`, or give its first answer again, for a request with an Idempotency-Key.

    The handler runs in a transaction that also stores its answer, so neither can exist without
    the other. 2xx, 400 and 422 are stored; any other refusal rolls everything back.

    Raises:
        InvalidInput: the key is not 1 to 255 visible ASCII characters.
        Conflict: the first request with this key is still running.
        KeyReused: the key came before with another body.
    """
    scope = _scope(view.request)
    digest = view.request.body_digest()
    with transaction.atomic():
        _lock(scope)
        stored = IdempotentAnswer.objects.filter(scope=scope).first()
        if stored is not None and not stored.is_expired:
            if bytes(stored.body_digest) != digest:
                raise KeyReused
            view.replay_allowed(stored)
            return _replayed(stored)
        if stored is not None:
            stored.delete()
        response = _first_answer(handler)
        row = IdempotentAnswer(scope=scope, body_digest=digest, object_id=view.answered_object_id)
        row.organisation = view.request.caller.organisation if view.request.caller else ""
        _store(response, row)
        return response


def _scope(request: HubRequest) -> bytes:
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            f"{HEADER} must be 1 to 255 visible ASCII characters.", code="invalid_idempotency_key"
        )
    caller = request.caller
    asking = ["", ""] if caller is None else [caller.organisation, caller.key]
    named = json.dumps([*asking, request.method, request.path, key])
    return hashlib.sha256(named.encode()).digest()


def _lock(scope: bytes) -> None:
    # Held to the end of the transaction, so whoever has it sees what the one before committed.
    number = int.from_bytes(scope[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (acquired,) = cursor.fetchone()
    if not acquired:
        raise Conflict(
            f"The first request with this {HEADER} is still running.",
            code="request_running",
            retry_after=1,
        )


def _first_answer(handler: Callable[[], HttpResponse]) -> HttpResponse:
    """What the handler answers; its refusals that are stored become answers, its change undone."""
    try:
        with transaction.atomic():
            return handler()
    except (HubError, APIException) as error:
        problem = problem_of(error)
        if problem is None or problem.status not in _STORED_REFUSALS:
            raise
        return problem.answer()


def _store(response: HttpResponse, row: IdempotentAnswer) -> None:
    head: dict[str, Any] = {
        "status": response.status_code,
        "headers": {name: response[name] for name in _KEPT_HEADERS if name in response},
    }
    plaintext = json.dumps(head).encode() + b"\n" + response.content
    row.answer = crypto.encrypt(plaintext, context=row.encryption_context)
    row.is_refusal = response.status_code in _STORED_REFUSALS
    row.expires_at = clock.now() + KEPT
    row.save(force_insert=True)


def _replayed(stored: IdempotentAnswer) -> HttpResponse:
    plaintext = crypto.decrypt(bytes(stored.answer), context=stored.encryption_context)
    head, _, body = plaintext.partition(b"\n")
    kept = json.loads(head)
    return HttpResponse(body, status=kept["status"], headers={**kept["headers"], REPLAYED: "true"})
