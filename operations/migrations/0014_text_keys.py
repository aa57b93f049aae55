from django.db import migrations, models

APP, MODELS = "operations", ("JobRow",)


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
        ("operations", "0013_remembered_lists"),
    ]

    operations = [
        migrations.AlterField("jobrow", "ref_id", models.CharField(blank=True, max_length=60)),
        migrations.RenameField("jobrow", "ref_id", "key"),
        migrations.RunPython(with_hyphens, migrations.RunPython.noop, elidable=True),
    ]
