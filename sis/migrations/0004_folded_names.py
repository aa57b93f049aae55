from django.db import migrations

from sis.rules import names

CHUNK = 1000
COLUMNS = (
    "legal_last_name", "legal_first_name", "preferred_last_name", "preferred_first_name", "legal_middle_name",
)  # fmt: skip


def fold(apps, schema_editor):
    """Names are found without accents and apostrophes."""
    Student = apps.get_model("sis", "Student")
    after = 0
    while rows := list(Student.objects.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        after = rows[-1].pk
        for row in rows:
            parts = dict.fromkeys(names.fold(part) for name in COLUMNS if (part := getattr(row, name)))
            row.search_name = " ".join(parts)[:220]
        Student.objects.bulk_update(rows, ["search_name"], batch_size=300)


class Migration(migrations.Migration):
    dependencies = [("sis", "0003_concurrent_of_a_year")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop, elidable=True)]
