from django.db import migrations, models

OUTCOMES = [
    ("", "On its way"), ("accepted", "Accepted"), ("no_change", "No change"), ("rejected", "Rejected"),
    ("version_conflict", "Version conflict"), ("not_authorized", "Not authorized"), ("our_fault", "Error in our message"),
    ("not_yet", "Not ready yet"), ("pasi_fault", "Error in PASI"), ("unavailable", "Unavailable"), ("unknown", "Unknown"),
]  # fmt: skip


def renamed(before, after):
    def run(apps, schema_editor):
        decisions = apps.get_model("pasi_connect", "Decision").objects
        for pk, kept in decisions.filter(created_record=True).exclude(before={}).values_list("pk", "before"):
            if before in kept:
                decisions.filter(pk=pk).update(before={after if name == before else name: kept[name] for name in kept})

    return run


class Migration(migrations.Migration):
    """A decision that made a record here names it alike for every kind. The words of an exchange's outcome."""

    dependencies = [("pasi_connect", "0028_wording_of_settings"), ("pasi_connect", "0029_relation_by_kind")]

    operations = [
        migrations.RenameField("decision", "created_enrolment", "created_record"),
        migrations.RunPython(renamed("enrolment", "record"), renamed("record", "enrolment")),
        *(
            migrations.AlterField(
                model, "outcome", models.CharField(blank=True, choices=OUTCOMES, default="", max_length=16)
            )
            for model in ("exchange", "exchangepart")
        ),
    ]
