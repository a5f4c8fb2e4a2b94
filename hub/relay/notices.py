"""Waiting until PostgreSQL says that something was committed, or until it is time to look."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from typing import Final

import psycopg
from django.db import connection as pooled
from psycopg import sql

from hub.kit.presence import RELAY

logger = logging.getLogger(__name__)

NOTIFY: Final = "SELECT pg_notify(%s, %s)"

PROBE_SECONDS: Final = 1.0
"""How long a notice of our own may take to come back."""

RETRY_SECONDS: Final = 10.0
"""When listening is tried again after it did not work."""


class Notices:
    """Listens on a connection of its own, and knows whether it hears anything.

    A transaction pooler takes LISTEN and delivers nothing; a notice sent to ourselves tells.
    """

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = url
        self._channels = channels
        self._connection: psycopg.Connection | None = None
        self._retry_at = 0.0

    @property
    def are_heard(self) -> bool:
        """Whether notices come; without, the caller looks more often."""
        return self._connection is not None

    def wait(self, seconds: float) -> None:
        """Return when a notice comes, or after this time; notices that came meanwhile are one."""
        if self._connection is None and time.monotonic() >= self._retry_at:
            self._listen()
            return  # something may have been committed while nobody listened
        if self._connection is None:
            time.sleep(seconds)
            return
        try:
            for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error:
            logger.warning("Notices of the database have ceased")
            self.close()

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
        self._connection = None

    def _listen(self) -> None:
        self._retry_at = time.monotonic() + RETRY_SECONDS
        try:
            self._connection = psycopg.connect(
                self._url, autocommit=True, connect_timeout=5, application_name=RELAY
            )
            for channel in self._channels:
                self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            if not self._hears_itself(self._connection):
                logger.warning("No notices come by DATABASE_DIRECT_URL: looking every 0.2 s")
                self.close()
        except psycopg.Error:
            logger.warning("Cannot listen by DATABASE_DIRECT_URL: looking every 0.2 s")
            self.close()

    def _hears_itself(self, listening: psycopg.Connection) -> bool:
        probe = f"probe {secrets.token_hex(8)}"
        with pooled.cursor() as cursor:
            cursor.execute(NOTIFY, [self._channels[0], probe])
        until = time.monotonic() + PROBE_SECONDS
        while (left := until - time.monotonic()) > 0:
            for notice in listening.notifies(timeout=left, stop_after=1):
                if notice.payload == probe:
                    return True
        return False
