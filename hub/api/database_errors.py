"""What an error of the database means for the one whose request met it."""

from __future__ import annotations

import logging
from typing import Final

import psycopg
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError

from hub.kit.errors import Conflict, HubError, InvalidInput, Unavailable

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 5
"""When to come back while the database is away: it restarts within seconds, or it takes long."""

# SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
_QUERY_CANCELED: Final = "57014"
_LOST_A_RACE: Final = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "55P03",  # lock_not_available
    }
)
_AWAY_CLASSES: Final = frozenset(
    {
        "08",  # connection exception
        "53",  # insufficient resources: connections, disk, memory
        "57",  # operator intervention: shutdown, crash, starting up
        "58",  # system error: the server's disk
    }
)
_AWAY: Final = frozenset(
    {
        "25006",  # read_only_sql_transaction: we reached a standby
        "25P03",  # idle_in_transaction_session_timeout: the server hung up
        "25P04",  # transaction_timeout, likewise
    }
)
_LIMIT_CLASS: Final = "54"  # program limit exceeded: what was sent is too large to be stored


def is_away(error: Error) -> bool:
    """True when the database did not answer, as against refusing a statement."""
    if not isinstance(error, InterfaceError | OperationalError):
        return False
    state = _sqlstate(error)
    return not state or state in _AWAY or (state[:2] in _AWAY_CLASSES and state != _QUERY_CANCELED)


def hub_error_of(error: Error, *, reading: bool) -> HubError | None:
    """What to answer; None for mistakes of ours, such as a statement that names no table.

    A constraint or a value that PostgreSQL refuses should have been met by a check before. Should
    one slip through, the caller is told, nothing was changed, and the log names the place.
    """
    state = _sqlstate(error)
    answer: HubError | None = None
    if is_away(error):
        answer = away()
    elif state in _LOST_A_RACE or (state == _QUERY_CANCELED and not reading):
        answer = Conflict(
            "Somebody else changes the same at this moment; nothing was changed. Try again.",
            code="try_again",
            retry_after=1,
        )
    elif state == _QUERY_CANCELED:
        answer = InvalidInput(
            "This takes the database too long; ask for less, or filter more narrowly.",
            code="too_expensive",
        )
    elif isinstance(error, IntegrityError):
        answer = Conflict("This contradicts what is stored; nothing was changed.")
    elif isinstance(error, DataError) or (state or "").startswith(_LIMIT_CLASS):
        answer = InvalidInput("A value is too large, or cannot be stored as it is.")
    _log(error, state)
    return answer


def away() -> Unavailable:
    """The answer while the database cannot be reached."""
    return Unavailable(
        # Not "nothing was changed": a commit may have been lost on its way back.
        "The database does not answer. Try again as Retry-After says; a POST that carries an "
        "Idempotency-Key is carried out once however often it is sent.",
        retry_after=RETRY_SECONDS,
    )


def _sqlstate(error: Error) -> str | None:
    """The server's code; None for what the driver itself raised, such as a lost connection."""
    cause = error.__cause__
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def _log(error: Error, state: str | None) -> None:
    # Not the message: PostgreSQL repeats the values of the row in it.
    cause = error.__cause__
    diagnosis = cause.diag if isinstance(cause, psycopg.Error) else None
    logger.warning(
        "Database error met a request",
        extra={
            "error": type(error).__name__,
            "sqlstate": state,
            "table": diagnosis.table_name if diagnosis else None,
            "constraint": diagnosis.constraint_name if diagnosis else None,
        },
    )
