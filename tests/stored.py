"""What the database holds, in whatever table and column, for tests of what must be gone."""

from __future__ import annotations

import json

from django.db import connection

from hub.api.models import IdempotentAnswer
from hub.kit import crypto
from hub.outbox.models import Chore
from incidents.core.unsaved import UnsavedWork


def places_of(word: str) -> list[str]:
    """Names of the tables in which a word stands: in any case, in bytes in the usual ones.

    What is encrypted is read with the hub's keys.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
        )
        tables = [table for (table,) in cursor.fetchall()]
        found, cases = [], {word.lower(), word.upper(), word.title()}
        for table in sorted(tables):
            # A row as text has its bytes in hexadecimal.
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} AS t"  # noqa: S608 - a name of our own
                " WHERE t::text ILIKE %s OR t::text LIKE ANY(%s))",
                [f"%{word}%", [f"%{written.encode().hex()}%" for written in cases]],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    encrypted = {
        "answers": decrypted_answers(),
        "notes": decrypted_notes(),
        "unsaved work": decrypted_work(),
    }
    return found + [name for name, texts in encrypted.items() if word.lower() in texts.lower()]


def decrypted_answers() -> str:
    return "\n".join(
        crypto.decrypt(bytes(row.answer), context=row.encryption_context).decode()
        for row in IdempotentAnswer.objects.all()
    )


def decrypted_notes() -> str:
    return "\n".join(
        json.dumps(json.loads(crypto.decrypt(bytes(row.note), context=row.encryption_context)))
        for row in Chore.objects.exclude(note=None)
        if row.note is not None
    )


def decrypted_work() -> str:
    rows = UnsavedWork.objects.all()
    return "\n".join(text for row in rows for values in row.fields.values() for text in values)
