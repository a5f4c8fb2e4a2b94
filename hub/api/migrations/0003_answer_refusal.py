"""Whose stored refusals are whose, so that an organisation can have its own forgotten."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('api', '0002_answer_object'),
    ]

    operations = [
        migrations.AddField(
            model_name='idempotentanswer',
            name='organisation',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='idempotentanswer',
            name='is_refusal',
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            model_name='idempotentanswer',
            index=models.Index(condition=models.Q(('is_refusal', True)), fields=['organisation'], name='answer_refused'),
        ),
    ]
