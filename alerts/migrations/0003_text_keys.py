from django.db import migrations, models

APP, MODELS = "alerts", ("Assignment", "AssignmentStep", "SeenRecord", "Snooze")


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
        ("alerts", "0002_mail_of_notices"),
        ("pasi_connect", "0019_text_keys"),
    ]

    operations = [
        migrations.RemoveConstraint("seenrecord", "seen_once"),
        migrations.RemoveIndex("assignment", "assignment_user"),
        migrations.RemoveIndex("assignmentstep", "assignment_step_ref"),
        migrations.AlterField("assignment", "ref_id", models.CharField(max_length=60)),
        migrations.RenameField("assignment", "ref_id", "key"),
        migrations.AlterField("assignmentstep", "ref_id", models.CharField(max_length=60)),
        migrations.RenameField("assignmentstep", "ref_id", "key"),
        migrations.AlterField("seenrecord", "ref_id", models.CharField(max_length=60)),
        migrations.RenameField("seenrecord", "ref_id", "key"),
        migrations.AlterField("snooze", "ref_id", models.CharField(max_length=60)),
        migrations.RenameField("snooze", "ref_id", "key"),
        migrations.AddField("assignment", "entity", models.CharField(default="school_enrolment", max_length=40)),
        migrations.AddField("assignmentstep", "entity", models.CharField(default="school_enrolment", max_length=40)),
        migrations.AddField("seenrecord", "entity", models.CharField(default="school_enrolment", max_length=40)),
        migrations.AddField("snooze", "entity", models.CharField(default="school_enrolment", max_length=40)),
        migrations.AddConstraint("assignment", models.UniqueConstraint(fields=["key", "entity"], name="assigned_once")),
        migrations.AddConstraint("snooze", models.UniqueConstraint(fields=["key", "entity"], name="snoozed_once")),
        migrations.AddConstraint(
            "seenrecord",
            models.UniqueConstraint(fields=["key", "entity", "school_code", "core_version"], name="seen_once"),
        ),
        migrations.AddIndex("assignment", models.Index(fields=["user", "key"], name="assignment_user")),
        migrations.AddIndex("assignmentstep", models.Index(fields=["key", "id"], name="assignment_step_ref")),
        migrations.RunPython(with_hyphens, migrations.RunPython.noop, elidable=True),
    ]
