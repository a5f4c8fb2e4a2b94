from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("api", "0001_initial"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="idempotentanswer",
            index=models.Index(fields=["object_id"], name="answer_object"),
        ),
    ]
