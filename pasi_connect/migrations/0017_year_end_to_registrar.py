from django.db import migrations


class Migration(migrations.Migration):
    """The year end is `registrar`'s from here on; its tables stay as they are."""

    dependencies = [("pasi_connect", "0016_who_it_was_here")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="YearEndRow"),
                migrations.DeleteModel(name="YearEndRehearsal"),
            ]
        )
    ]
