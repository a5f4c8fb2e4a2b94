"""Statements that write or read many rows at once, as psycopg runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg.rows import TupleRow


def run(statement: LiteralString, parameters: Mapping[str, Any]) -> psycopg.Cursor[TupleRow]:
    """Execute on Django's connection, in its transaction, with parameters bound by the server.

    Django's own cursor would write hundreds of bodies into the text of the statement. Write lists
    as `%(name)b`: psycopg then sends them in binary, where a list of bodies takes it 0.6 us each
    instead of 400 us for escaping them.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor: psycopg.Cursor[TupleRow] = psycopg.Cursor(connection.connection)
        return cursor.execute(statement, parameters, binary=True)
