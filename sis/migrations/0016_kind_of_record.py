from django.db import migrations, models


class Migration(migrations.Migration):
    """An event says by `entity` what kind of record it is about. The database renames the columns inside the indexes itself."""

    # What `pasi_connect` did to events before knows their former column.
    dependencies = [("sis", "0013_help_of_sections_here"), ("pasi_connect", "0023_sections")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RenameField("dataevent", "subject_type", "entity")],
            state_operations=[
                migrations.RemoveIndex("dataevent", "event_turn"),
                migrations.RemoveIndex("dataevent", "event_subject"),
                migrations.RenameField("dataevent", "subject_type", "entity"),
                migrations.AddIndex(
                    "dataevent",
                    models.Index(
                        fields=["entity", "bulk", "id"], name="event_turn", condition=models.Q(collected_at=None)
                    ),
                ),
                migrations.AddIndex(
                    "dataevent", models.Index(fields=["entity", "subject_id", "id"], name="event_subject")
                ),
            ],
        ),
    ]
