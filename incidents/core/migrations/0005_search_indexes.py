"""Indexes of the incident list's search, filters and orders, built while members go on writing."""

import datetime
import django.contrib.postgres.indexes
import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('incidents', '0004_search_fill'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='incident',
            index=models.Index(models.OrderBy(django.db.models.functions.comparison.Coalesce(models.F('published_at'), models.Value(datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), output_field=models.DateTimeField()), output_field=models.DateTimeField()), descending=True), models.OrderBy(models.F('id'), descending=True), name='incident_publication'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=models.Index(models.OrderBy(models.Case(models.When(severity='info', then=models.Value(0)), models.When(severity='low', then=models.Value(1)), models.When(severity='medium', then=models.Value(2)), models.When(severity='high', then=models.Value(3)), models.When(severity='critical', then=models.Value(4)), output_field=models.SmallIntegerField()), descending=True), models.OrderBy(models.F('id'), descending=True), name='incident_severity_rank'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=models.Index(fields=['severity', '-updated_at', '-id'], name='incident_severity'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=models.Index(condition=models.Q(('tlp', 'red')), fields=['-updated_at', '-id'], name='incident_red'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=models.Index(condition=models.Q(('status', 'published'), _negated=True), fields=['status', '-updated_at', '-id'], name='incident_not_published'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=models.Index(condition=models.Q(('authenticity', 'undetermined'), _negated=True), fields=['authenticity', '-updated_at', '-id'], name='incident_assessed'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=django.contrib.postgres.indexes.GinIndex(fields=['media_kinds', 'manipulation', 'goals', 'harms', 'countries', 'languages', 'elections'], name='incident_values'),
        ),
        AddIndexConcurrently(
            model_name='incident',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], gin_pending_list_limit=512, name='incident_search'),
        ),
    ]
