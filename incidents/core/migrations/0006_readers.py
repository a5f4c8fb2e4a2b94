"""Who may read an incident, as keys on its row that a trigger makes."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0005_search_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='incident',
            name='readers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], editable=False, size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='readers', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW."readers" = CASE\n    WHEN NEW."tlp" = \'red\' THEN ARRAY[\'leads:\' || NEW."owner_id"] || ARRAY(\n        SELECT \'person:\' || person FROM (\n            SELECT NEW."author_id"::text\n            UNION\n            SELECT named ->> \'user\' FROM jsonb_array_elements(NEW."audiences") AS named\n            WHERE NEW."status" <> \'draft\'\n        ) AS people (person)\n        WHERE person IS NOT NULL ORDER BY person\n    )\n    WHEN NEW."status" = \'draft\' THEN ARRAY[\'owner:\' || NEW."owner_id"]\n    WHEN NEW."tlp" = \'clear\' AND NEW."audiences" = \'[]\' THEN\n        ARRAY[\'owner:\' || NEW."owner_id", \'everybody\']\n    WHEN NEW."tlp" = \'green\' AND NEW."audiences" = \'[]\' THEN\n        ARRAY[\'owner:\' || NEW."owner_id", \'community\']\n    ELSE ARRAY[\'owner:\' || NEW."owner_id"] || ARRAY(\n        SELECT CASE WHEN NEW."tlp" IN (\'clear\', \'amber\') THEN \'\' ELSE \'inside-\' END\n            || kind || \':\' || name\n        FROM jsonb_array_elements(NEW."audiences") AS named\n        CROSS JOIN LATERAL jsonb_each_text(named) AS entry (kind, name)\n        WHERE kind IN (\'member\', \'group\')\n    )\nEND;\nRETURN NEW;', hash='b9eb3b4ccc3ae84b3c11760d49b466e445f7a623', operation='INSERT OR UPDATE OF "status", "tlp", "owner_id", "author_id", "audiences", "readers"', pgid='pgtrigger_readers_38520', table='incidents_incident', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('readers__contains', ['everybody']), _negated=True), models.Q(models.Q(('status', 'draft'), _negated=True), ('audiences', []), ('tlp', 'clear')), _connector='OR'), name='incident_open_to_everybody_if_clear'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('readers__contains', ['community']), _negated=True), models.Q(models.Q(('status', 'draft'), _negated=True), ('audiences', []), ('tlp', 'green')), _connector='OR'), name='incident_open_to_the_community_if_green'),
        ),
    ]
