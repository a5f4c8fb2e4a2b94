"""Rows made before there was a search are indexed, a thousand in a transaction."""

from uuid import UUID

from django.db import migrations

BATCH = 1000
FIRST = UUID(int=0)

NEXT = "SELECT id FROM incidents_incident WHERE id > %s ORDER BY id LIMIT %s"
# The triggers do what is to be done: whatever is written to `search`, they compute it.
FILL = "UPDATE incidents_incident SET search = '' WHERE id = ANY(%s) AND search IS NULL"
DISTRIBUTED = """
INSERT INTO incidents_appearance (incident_id, platform)
SELECT id, lower(distributed ->> 'platform') FROM incidents_incident
WHERE distributed ->> 'platform' IS NOT NULL
ON CONFLICT DO NOTHING
"""
OBSERVED = """
INSERT INTO incidents_appearance (incident_id, observation_id, platform)
SELECT incident_id, id, lower(platform) FROM incidents_observation
ON CONFLICT DO NOTHING
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        # A rare statement that may take long: this is no request that somebody waits for.
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(NEXT, [FIRST, BATCH])
        while ids := [row[0] for row in cursor.fetchall()]:
            cursor.execute(FILL, [ids])
            cursor.execute(NEXT, [ids[-1], BATCH])
        cursor.execute(DISTRIBUTED)
        cursor.execute(OBSERVED)
        cursor.execute("RESET statement_timeout")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('incidents', '0003_search'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
