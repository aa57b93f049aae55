from django.db import migrations


class Migration(migrations.Migration):
    """The relation to the records of a kind has the kind's name. It has no column: the database stays as it is."""

    dependencies = [("pasi_connect", "0028_kind_of_record")]

    operations = [
        migrations.RenameField("action", "given", "inputs"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("link", "enrolment", "school_enrolment"),
                migrations.RenameField("discrepancy", "enrolment", "school_enrolment"),
            ],
        ),
    ]
