"""The column that text search looks through, and what keeps it: functions, triggers, tables."""

import django.db.models.deletion
import incidents.core.search_column
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models

FOLDED = r"""
-- Words without case, accents and punctuation, as both sides of a search are compared.
CREATE FUNCTION search_folded(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN regexp_replace(
        lower(unaccent('unaccent', given)), '[!-/:-@\[-`{-~“”‘’„‚«»‹›–—…·¿¡،؛؟।、。「」『』]', ' ', 'g');
END $$;
"""

SEARCH = """
-- Only the names have the weight A: these are the words that `incidents_searchword` holds. What a
-- text is cut to leaves room below the 1 MiB that a tsvector may have, whatever its letters.
CREATE FUNCTION incident_search(
    title text, summary text, narrative text, script text, targets jsonb, tags text[], cited jsonb
) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    names CONSTANT text := left(search_folded(concat_ws(' ', title,
        jsonb_path_query_array(targets, '$[*].name'),
        jsonb_path_query_array(targets, '$[*].aliases[*]'))), 40000);
    summary CONSTANT text := left(search_folded(
        concat_ws(' ', summary, array_to_string(tags, ' '))), 40000);
    said CONSTANT text := left(search_folded(concat_ws(' ', narrative, script)), 30000);
    sources CONSTANT text := left(search_folded(concat_ws(' ',
        jsonb_path_query_array(cited, '$[*].title'),
        jsonb_path_query_array(cited, '$[*].publisher.*'),
        jsonb_path_query_array(cited, '$[*].url'))), 50000);
BEGIN
    RETURN setweight(to_tsvector('simple', names), 'A')
        || setweight(to_tsvector('simple', summary) || to_tsvector('english', names), 'B')
        || setweight(to_tsvector('simple', said) || to_tsvector('english', summary), 'C')
        || setweight(to_tsvector('simple', sources) || to_tsvector('english', said), 'D');
END $$;
"""

ASKED = """
-- The words of a question, in its order; with each its English stem, empty for a word that English
-- texts are full of, and the known names that look like it.
CREATE FUNCTION search_asked(question text)
RETURNS TABLE (word text, stems text[], alike text[])
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY
    SELECT parsed.token, ts_lexize('english_stem', parsed.token), CASE
        WHEN length(parsed.token) BETWEEN 5 AND 60 AND parsed.token !~ '[0-9]' THEN ARRAY(
            SELECT known.word::text FROM incidents_searchword AS known
            WHERE known.word % parsed.token AND known.word <> parsed.token
                AND abs(length(known.word) - length(parsed.token)) <= 2
            ORDER BY known.word)
        ELSE '{}' END
    FROM ts_parse('default', search_folded(question))
        WITH ORDINALITY AS parsed (tokid, token, place)
    WHERE parsed.tokid <> 12  -- blank
    ORDER BY parsed.place;
END $$;
"""

WORDS = """
CREATE FUNCTION search_names(search tsvector) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(word ORDER BY word COLLATE "C"), '{}')
    FROM unnest(tsvector_to_array(ts_filter(search, '{a}'))) AS word
    WHERE length(word) BETWEEN 4 AND 60 AND word !~ '[0-9]'
$$;

-- Planned anew for each word: of a common one the table's first rows tell, of a rare one the index.
CREATE FUNCTION is_search_word_used(word text) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM incidents_incident WHERE search @@ %L::tsquery)',
        quote_literal(word) || ':A') INTO found;
    RETURN found;
END $$;

-- Whoever adds words holds the lock with others who do, whoever deletes them holds it alone: else a
-- word might be deleted that somebody has just begun to use.
CREATE FUNCTION keep_search_words(old_search tsvector, new_search tsvector) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    lock_key CONSTANT bigint := hashtext('incidents_searchword');
    old_words CONSTANT text[] := search_names(old_search);
    new_words CONSTANT text[] := search_names(new_search);
    gone text[] := ARRAY(SELECT unnest(old_words) EXCEPT SELECT unnest(new_words));
    added CONSTANT text[] := ARRAY(
        SELECT unnest(new_words) AS word EXCEPT SELECT unnest(old_words)
        ORDER BY word);
BEGIN
    gone := ARRAY(SELECT word FROM unnest(gone) AS word WHERE NOT is_search_word_used(word));
    IF gone <> '{}' THEN
        PERFORM pg_advisory_xact_lock(lock_key);
        DELETE FROM incidents_searchword
        WHERE word = ANY(gone) AND NOT is_search_word_used(word);
    END IF;
    IF added <> '{}' THEN
        PERFORM pg_advisory_xact_lock_shared(lock_key);
        INSERT INTO incidents_searchword (word) SELECT unnest(added) ON CONFLICT DO NOTHING;
    END IF;
END $$;
"""

DROP = """
DROP FUNCTION keep_search_words(tsvector, tsvector);
DROP FUNCTION is_search_word_used(text);
DROP FUNCTION search_names(tsvector);
DROP FUNCTION search_asked(text);
DROP FUNCTION incident_search(text, text, text, text, jsonb, text[], jsonb);
DROP FUNCTION search_folded(text);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0002_corrections_and_tags'),
    ]

    operations = [
        # Both are trusted: the owner of the database may create them.
        CreateExtension('pg_trgm'),
        CreateExtension('unaccent'),
        migrations.RunSQL(FOLDED + SEARCH + ASKED + WORDS, DROP),
        migrations.CreateModel(
            name='Appearance',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('platform', models.CharField(max_length=240)),
            ],
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.CharField(db_collation='C', max_length=60, primary_key=True, serialize=False)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='incident',
            name='update_update',
        ),
        migrations.AddField(
            model_name='incident',
            name='search',
            field=incidents.core.search_column.SearchColumn(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='appearance',
            name='incident',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='appearances', to='incidents.incident'),
        ),
        migrations.AddField(
            model_name='appearance',
            name='observation',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='appearance', to='incidents.observation'),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=django.contrib.postgres.indexes.GinIndex(fields=['word'], name='search_word_trigrams', opclasses=['gin_trgm_ops']),
        ),
        migrations.AddIndex(
            model_name='appearance',
            index=models.Index(fields=['incident', 'platform'], name='appearance_incident'),
        ),
        migrations.AddIndex(
            model_name='appearance',
            index=models.Index(fields=['platform', 'incident'], name='appearance_platform'),
        ),
        migrations.AddConstraint(
            model_name='appearance',
            constraint=models.UniqueConstraint(condition=models.Q(('observation', None)), fields=('incident',), name='appearance_of_distribution_once'),
        ),
        # How often each of so many words occurs tells whether to go by the index or by the order.
        migrations.RunSQL(
            'ALTER TABLE incidents_incident ALTER search SET STATISTICS 1000',
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='search', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW."search" = incident_search(NEW."title", NEW."summary", NEW."narrative", NEW."script", NEW."targets", NEW."tags"::text[], NEW."references"); RETURN NEW;', hash='9190f2bf9e5fe278945c946662a9af9c11a92d14', operation='INSERT OR UPDATE OF "title", "summary", "narrative", "script", "targets", "tags", "references", "search"', pgid='pgtrigger_search_3788d', table='incidents_incident', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='search_words_added', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM keep_search_words(NULL, NEW."search"); RETURN NULL;', hash='5ccafd16f1344c68a871b7a69621fcb3cb306041', operation='INSERT', pgid='pgtrigger_search_words_added_a8189', table='incidents_incident', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='search_words_changed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."search" IS DISTINCT FROM NEW."search")', func='PERFORM keep_search_words(OLD."search", NEW."search"); RETURN NULL;', hash='75fbcfce968dcbae0f7f373e51fa200a99f4e354', operation='UPDATE OF "title", "summary", "narrative", "script", "targets", "tags", "references", "search"', pgid='pgtrigger_search_words_changed_1bf93', table='incidents_incident', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='search_words_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM keep_search_words(OLD."search", NULL); RETURN NULL;', hash='b4eab73ad7780d04e57b0cb839907655c357db9b', operation='DELETE', pgid='pgtrigger_search_words_removed_1e650', table='incidents_incident', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='appearance_added', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."distributed" ->> \'platform\' IS NOT NULL)', func='INSERT INTO incidents_appearance (incident_id, platform)\n            VALUES (NEW."id", lower(NEW."distributed" ->> \'platform\')); RETURN NULL;', hash='c3041b24532c69760f6f2ebc0def7f3e13cebbff', operation='INSERT', pgid='pgtrigger_appearance_added_f3993', table='incidents_incident', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='appearance_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            DELETE FROM incidents_appearance\n                WHERE incident_id = NEW."id" AND observation_id IS NULL;\n            INSERT INTO incidents_appearance (incident_id, platform)\n                SELECT NEW."id", lower(NEW."distributed" ->> \'platform\')\n                WHERE NEW."distributed" ->> \'platform\' IS NOT NULL;\n            RETURN NULL;', hash='b7f5a549b47bb1ff3abae466c402127f3aaa62a6', operation='UPDATE OF "distributed"', pgid='pgtrigger_appearance_changed_a92ff', table='incidents_incident', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='incident',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."audiences" IS DISTINCT FROM (NEW."audiences") OR OLD."authenticity" IS DISTINCT FROM (NEW."authenticity") OR OLD."author_id" IS DISTINCT FROM (NEW."author_id") OR OLD."change" IS DISTINCT FROM (NEW."change") OR OLD."change_note" IS DISTINCT FROM (NEW."change_note") OR OLD."changed_by_id" IS DISTINCT FROM (NEW."changed_by_id") OR OLD."changed_fields" IS DISTINCT FROM (NEW."changed_fields") OR OLD."countries" IS DISTINCT FROM (NEW."countries") OR OLD."created" IS DISTINCT FROM (NEW."created") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."distributed" IS DISTINCT FROM (NEW."distributed") OR OLD."elections" IS DISTINCT FROM (NEW."elections") OR OLD."fingerprints" IS DISTINCT FROM (NEW."fingerprints") OR OLD."goals" IS DISTINCT FROM (NEW."goals") OR OLD."harms" IS DISTINCT FROM (NEW."harms") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."languages" IS DISTINCT FROM (NEW."languages") OR OLD."manipulation" IS DISTINCT FROM (NEW."manipulation") OR OLD."media_kinds" IS DISTINCT FROM (NEW."media_kinds") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."narrative" IS DISTINCT FROM (NEW."narrative") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id") OR OLD."pap" IS DISTINCT FROM (NEW."pap") OR OLD."published_at" IS DISTINCT FROM (NEW."published_at") OR OLD."ref" IS DISTINCT FROM (NEW."ref") OR OLD."references" IS DISTINCT FROM (NEW."references") OR OLD."revision" IS DISTINCT FROM (NEW."revision") OR OLD."script" IS DISTINCT FROM (NEW."script") OR OLD."severity" IS DISTINCT FROM (NEW."severity") OR OLD."stage" IS DISTINCT FROM (NEW."stage") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."summary" IS DISTINCT FROM (NEW."summary") OR OLD."tags" IS DISTINCT FROM (NEW."tags") OR OLD."targets" IS DISTINCT FROM (NEW."targets") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."tlp" IS DISTINCT FROM (NEW."tlp") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."urgency" IS DISTINCT FROM (NEW."urgency") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."withdrawn_at" IS DISTINCT FROM (NEW."withdrawn_at") OR OLD."withdrawn_reason" IS DISTINCT FROM (NEW."withdrawn_reason"))', func='INSERT INTO "incidents_incidentversion" ("audiences", "authenticity", "author_id", "change", "change_note", "changed_by_id", "changed_fields", "countries", "created", "created_at", "distributed", "elections", "fingerprints", "goals", "harms", "id", "languages", "manipulation", "media_kinds", "merged_into_id", "narrative", "owner_id", "pap", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "ref", "references", "revision", "script", "severity", "stage", "status", "summary", "tags", "targets", "title", "tlp", "updated_at", "urgency", "version", "withdrawn_at", "withdrawn_reason") VALUES (NEW."audiences", NEW."authenticity", NEW."author_id", NEW."change", NEW."change_note", NEW."changed_by_id", NEW."changed_fields", NEW."countries", NEW."created", NEW."created_at", NEW."distributed", NEW."elections", NEW."fingerprints", NEW."goals", NEW."harms", NEW."id", NEW."languages", NEW."manipulation", NEW."media_kinds", NEW."merged_into_id", NEW."narrative", NEW."owner_id", NEW."pap", NOW(), \'update\', NEW."id", NEW."published_at", NEW."ref", NEW."references", NEW."revision", NEW."script", NEW."severity", NEW."stage", NEW."status", NEW."summary", NEW."tags", NEW."targets", NEW."title", NEW."tlp", NEW."updated_at", NEW."urgency", NEW."version", NEW."withdrawn_at", NEW."withdrawn_reason"); RETURN NULL;', hash='7658f971191b8f7eaeb6466bec208b54b96b9845', operation='UPDATE', pgid='pgtrigger_update_update_41444', table='incidents_incident', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='observation',
            trigger=pgtrigger.compiler.Trigger(name='appearance', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO incidents_appearance (incident_id, observation_id, platform)\n                VALUES (NEW."incident_id", NEW."id", lower(NEW."platform"))\n                ON CONFLICT (observation_id) DO UPDATE SET platform = excluded.platform;\n            RETURN NULL;', hash='1ac781eb6b7e4f395c3e5cb2591bfbb71a584cb8', operation='INSERT OR UPDATE OF "platform"', pgid='pgtrigger_appearance_2ffe7', table='incidents_observation', when='AFTER')),
        ),
    ]
