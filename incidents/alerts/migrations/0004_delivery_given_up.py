"""Finds the deliveries that were given up by when that was."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("alerts", "0003_receipt")]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["finished_at"], name="delivery_given_up", condition=Q(state="dead")
            ),
        ),
    ]
