from django.db import migrations, models

from pasi_connect.rules.alike import likeness

CHUNK = 500


def fill(apps, schema_editor):
    """Items that are open already; a settled one is compared with none."""
    items = apps.get_model("pasi_connect", "Discrepancy").objects
    after = 0
    while found := list(items.filter(status="open", pk__gt=after).order_by("pk")[:CHUNK]):
        after = found[-1].pk
        for item in found:
            item.alike = likeness(item.kind, item.changed_by, item.fields)
        items.bulk_update(found, ["alike"])


class Migration(migrations.Migration):
    dependencies = [
        ("pasi_connect", "0006_settings_help"),
    ]

    operations = [
        migrations.AddField("discrepancy", "alike", models.CharField(blank=True, editable=False, max_length=16, default="")),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("discrepancy", "alike", models.CharField(blank=True, editable=False, max_length=16)),
        migrations.AddIndex(
            "discrepancy",
            models.Index(
                condition=models.Q(("status", "open"), ("undecided__gt", 0)), fields=["alike", "id"], name="discrepancy_alike"
            ),
        ),
    ]
