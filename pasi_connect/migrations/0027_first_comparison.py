from django.db import migrations, models

WAITS = models.Q(("first_comparison", False), ("status", "open"), ("undecided__gt", 0))
FIRST = models.Q(("first_comparison", True), ("status", "open"), ("undecided__gt", 0))
WAITING = {
    "discrepancy_waits": ["kind", "id"],
    "discrepancy_waits_school": ["school_code", "kind", "id"],
    "discrepancy_alike": ["alike", "id"],
}
UNDECIDED = ("identity_changed_in_pasi", "changed_on_both", "never_agreed", "changed_in_pasi")


def find(apps, schema_editor):
    """Of the open items those of which nothing was ever compared before."""
    items = apps.get_model("pasi_connect", "Discrepancy").objects.filter(status="open", kind="never_agreed", undecided__gt=0)
    after = 0
    while rows := list(items.filter(pk__gt=after).order_by("pk").values_list("pk", "fields")[:500]):
        after = rows[-1][0]
        first = [
            pk
            for pk, fields in rows
            if all(
                row["state"] == "never_agreed" and row["name"] != "deleted" for row in fields if row["state"] in UNDECIDED
            )
        ]
        items.filter(pk__in=first).update(first_comparison=True)


class Migration(migrations.Migration):
    """First comparisons wait in a view of their own, and count nowhere else."""

    dependencies = [
        ("pasi_connect", "0024_students_both_ways"),
    ]

    operations = [
        migrations.AddField("discrepancy", "first_comparison", models.BooleanField(default=False)),
        migrations.RunPython(find, migrations.RunPython.noop),
        *(migrations.RemoveIndex("discrepancy", name) for name in WAITING),
        *(
            migrations.AddIndex("discrepancy", models.Index(fields=fields, name=name, condition=WAITS))
            for name, fields in WAITING.items()
        ),
        migrations.AddIndex(
            "discrepancy",
            models.Index(fields=["school_code", "entity", "id"], name="discrepancy_first", condition=FIRST),
        ),
    ]
