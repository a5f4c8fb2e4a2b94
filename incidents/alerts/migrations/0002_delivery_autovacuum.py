"""Has PostgreSQL clear deliveries often: every one is written several times, and claims walk them."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE alerts_delivery SET (autovacuum_vacuum_scale_factor = 0.02)",
            "ALTER TABLE alerts_delivery RESET (autovacuum_vacuum_scale_factor)",
        ),
    ]
