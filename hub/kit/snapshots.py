"""Several statements that see the same rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection, transaction


@contextlib.contextmanager
def one_snapshot() -> Iterator[None]:
    """All that is read within is as it stood at the first statement; nothing can be written.

    PostgreSQL sets this at the beginning of a transaction only, so there may be none around it.
    Tests that run in one of their own read within that, as it is.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
