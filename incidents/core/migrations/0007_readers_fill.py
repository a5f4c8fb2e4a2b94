"""Incidents from before get their keys, a thousand in a transaction, and the indexes of them."""

from uuid import UUID

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations

BATCH = 1000
FIRST = UUID(int=0)

NEXT = "SELECT id FROM incidents_incident WHERE id > %s ORDER BY id LIMIT %s"
# The trigger does what is to be done: whatever is written to `readers`, it computes it.
FILL = "UPDATE incidents_incident SET readers = '{}' WHERE id = ANY(%s) AND readers = '{}'"


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        # A rare statement that may take long: this is no request that somebody waits for.
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(NEXT, [FIRST, BATCH])
        while ids := [row[0] for row in cursor.fetchall()]:
            cursor.execute(FILL, [ids])
            cursor.execute(NEXT, [ids[-1], BATCH])
        cursor.execute("RESET statement_timeout")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('incidents', '0006_readers'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        RemoveIndexConcurrently(
            model_name='incident',
            name='incident_values',
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=django.contrib.postgres.indexes.GinIndex(fields=['readers', 'media_kinds', 'manipulation', 'goals', 'harms', 'countries', 'languages', 'elections'], name='incident_values'),
        ),
        RemoveIndexConcurrently(
            model_name='incident',
            name='incident_search',
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search', 'readers'], gin_pending_list_limit=512, name='incident_search'),
        ),
    ]
