from django.db import migrations, models

KINDS = {
    "SchoolAuthority": "school_authority",
    "School": "school",
    "Student": "student",
    "StudentSchoolEnrolment": "school_enrolment",
    "Section": "section",
    "CodeValue": "code_value",
}


def our_names(apps, schema_editor):
    """Failures and rows of jobs named some kinds as PASI does."""
    for model in (apps.get_model("pasi_connect", "Failure"), apps.get_model("operations", "JobRow")):
        for before, after in KINDS.items():
            model.objects.filter(entity=before).update(entity=after)


class Migration(migrations.Migration):
    """A row says by `entity` what kind of record it is about. The database renames the columns inside the indexes itself."""

    dependencies = [
        ("operations", "0015_kind_of_record"),
        ("sis", "0016_kind_of_record"),
        ("pasi_connect", "0023_sections"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RenameField("actionrecord", "subject_type", "entity"),
                migrations.RenameField("submission", "subject_type", "entity"),
                migrations.RenameField("failure", "subject_type", "entity"),
                migrations.RenameField("failure", "subject_key", "key"),
            ],
            state_operations=[
                migrations.RemoveIndex("actionrecord", "action_record_subject"),
                migrations.RemoveIndex("submission", "submission_subject"),
                migrations.RemoveConstraint("submission", "one_queued_a_subject"),
                migrations.RemoveConstraint("failure", "failure_once"),
                migrations.RenameField("actionrecord", "subject_type", "entity"),
                migrations.RenameField("submission", "subject_type", "entity"),
                migrations.RenameField("failure", "subject_type", "entity"),
                migrations.RenameField("failure", "subject_key", "key"),
                migrations.AddIndex(
                    "actionrecord", models.Index(fields=["entity", "subject_id", "id"], name="action_record_subject")
                ),
                migrations.AddIndex(
                    "submission", models.Index(fields=["entity", "subject_id", "id"], name="submission_subject")
                ),
                migrations.AddConstraint(
                    "submission",
                    models.UniqueConstraint(
                        fields=["entity", "subject_id"],
                        name="one_queued_a_subject",
                        condition=models.Q(status__in=["waiting", "held"]),
                    ),
                ),
                migrations.AddConstraint(
                    "failure", models.UniqueConstraint(fields=["step", "entity", "key"], name="failure_once")
                ),
            ],
        ),
        migrations.RunPython(our_names, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("failure", "entity", models.CharField(max_length=40)),
    ]
