from django.db import migrations, models

APP, MODELS = "pasi_connect", ("EnrolmentLink", "EnrolmentCopy", "Submission", "Discrepancy", "ActionRecord")


def with_hyphens(apps, schema_editor):
    """PostgreSQL writes an UUID that becomes text so by itself; SQLite keeps 32 digits."""
    if schema_editor.connection.vendor != "sqlite":
        return
    parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
    written = " || '-' || ".join(f"substr(key, {start}, {length})" for start, length in parts)
    for model in MODELS:
        table = apps.get_model(APP, model)._meta.db_table
        schema_editor.execute(f"UPDATE {table} SET key = lower({written}) WHERE length(key) = 32")


class Migration(migrations.Migration):
    """A record of PASI's is named by its kind and its key, a text."""

    dependencies = [
        ("operations", "0014_text_keys"),
        ("pasi_connect", "0018_canadian_spelling"),
    ]

    operations = [
        migrations.RemoveConstraint("discrepancy", "one_open_a_record"),
        migrations.RemoveIndex("actionrecord", "action_record_ref"),
        migrations.RemoveIndex("discrepancy", "discrepancy_ref"),
        migrations.AlterField("enrolmentlink", "ref_id", models.CharField(max_length=60)),
        migrations.RenameField("enrolmentlink", "ref_id", "key"),
        migrations.AlterField("enrolmentcopy", "ref_id", models.CharField(max_length=60, unique=True)),
        migrations.RenameField("enrolmentcopy", "ref_id", "key"),
        migrations.AlterField("submission", "ref_id", models.CharField(db_index=True, max_length=60)),
        migrations.RenameField("submission", "ref_id", "key"),
        migrations.AlterField("discrepancy", "ref_id", models.CharField(max_length=60)),
        migrations.RenameField("discrepancy", "ref_id", "key"),
        migrations.AlterField("actionrecord", "ref_id", models.CharField(blank=True, max_length=60)),
        migrations.RenameField("actionrecord", "ref_id", "key"),
        migrations.AddField("enrolmentlink", "entity", models.CharField(default="school_enrolment", max_length=40)),
        migrations.AddField("discrepancy", "entity", models.CharField(default="school_enrolment", max_length=40)),
        migrations.AddConstraint("enrolmentlink", models.UniqueConstraint(fields=["key", "entity"], name="link_once")),
        migrations.AddConstraint(
            "discrepancy",
            models.UniqueConstraint(
                fields=["key", "entity"], condition=models.Q(status="open"), name="one_open_a_record"
            ),
        ),
        migrations.AddIndex("actionrecord", models.Index(fields=["key", "id"], name="action_record_ref")),
        migrations.AddIndex("discrepancy", models.Index(fields=["key", "id"], name="discrepancy_ref")),
        migrations.RunPython(with_hyphens, migrations.RunPython.noop, elidable=True),
    ]
