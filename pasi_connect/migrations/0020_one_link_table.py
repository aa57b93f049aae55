import pasi_connect.models.relations
from django.db import migrations, models

OF = {"entity": "school_enrolment", "to": "sis.schoolenrolment"}


class Migration(migrations.Migration):
    """One table of links for all kinds of records; links and items name their SIS record by its kind and id."""

    dependencies = [
        ("pasi_connect", "0019_text_keys"),
        ("sis", "0007_canadian_spelling"),
    ]

    operations = [
        migrations.RenameModel("EnrolmentLink", "Link"),
        migrations.AlterField("link", "enrolment", models.BigIntegerField(db_column="enrolment_id")),
        migrations.RenameField("link", "enrolment", "subject_id"),
        migrations.AlterField("link", "subject_id", models.BigIntegerField()),
        migrations.AddField("link", "enrolment", pasi_connect.models.relations.SubjectOf(related_name="links", **OF)),
        migrations.AddConstraint(
            "link", models.UniqueConstraint(fields=["subject_id", "entity"], name="link_of_a_subject")
        ),
        migrations.AlterField("discrepancy", "enrolment", models.BigIntegerField(db_column="enrolment_id", null=True)),
        migrations.RenameField("discrepancy", "enrolment", "subject_id"),
        migrations.AlterField("discrepancy", "subject_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "discrepancy", "enrolment", pasi_connect.models.relations.SubjectOf(related_name="+", **OF)
        ),
        migrations.AddIndex("discrepancy", models.Index(fields=["subject_id"], name="discrepancy_subject")),
    ]
