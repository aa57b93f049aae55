from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the rows that it needs filled: PostgreSQL changes no table in the transaction that has changed its rows."""

    dependencies = [("operations", "0009_tokens_end_and_reach")]

    operations = [
        migrations.AlterField(
            model_name="apitoken", name="expires_at", field=models.DateTimeField(verbose_name="expires")
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[("read", "Read"), ("write", "Read and write")], default="read", max_length=5, verbose_name="scope"
            ),
        ),
    ]
