import django.db.models.deletion
from django.db import migrations, models


def move(apps, schema_editor):
    """The lists that wait for a person; each held the first 5,000 records until now."""
    missing = apps.get_model("pasi_connect", "MissingRecord")
    for cursor in apps.get_model("pasi_connect", "SyncCursor").objects.exclude(guard_stopped_at=None):
        rows = [missing(cursor=cursor, stopped_at=cursor.guard_stopped_at, key=key) for key in cursor.guard_missing]
        missing.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("pasi_connect", "0007_alike_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="MissingRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stopped_at", models.DateTimeField()),
                ("key", models.CharField(max_length=60)),
                (
                    "cursor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="missing", to="pasi_connect.synccursor"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["cursor", "stopped_at", "id"], name="missing_record_stop")],
            },
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.RemoveField(model_name="synccursor", name="guard_missing"),
    ]
