from django.db import migrations


class Migration(migrations.Migration):
    """The model has the name of what a row is."""

    dependencies = [("alerts", "0003_text_keys")]

    operations = [migrations.RenameModel("Told", "MailedItem")]
