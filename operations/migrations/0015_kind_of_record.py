from django.db import migrations, models


class Migration(migrations.Migration):
    """A row says by `entity` what kind of record it is about. The database renames the columns inside the indexes itself."""

    dependencies = [("operations", "0014_text_keys")]

    operations = [
        migrations.RenameField("job", "given", "inputs"),
        migrations.RenameField("notice", "given", "values"),
        migrations.RenameField("jobrow", "subject_type", "entity"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RenameField("auditentry", "subject_type", "entity")],
            state_operations=[
                migrations.RemoveIndex("auditentry", "audit_subject"),
                migrations.RenameField("auditentry", "subject_type", "entity"),
                migrations.AddIndex(
                    "auditentry", models.Index(fields=["entity", "subject_id", "id"], name="audit_subject")
                ),
            ],
        ),
    ]
