import datetime as dt

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def end_in_a_year(apps, schema_editor):
    tokens = apps.get_model("operations", "ApiToken").objects.filter(expires_at=None)
    tokens.update(expires_at=timezone.now() + dt.timedelta(days=365))


class Migration(migrations.Migration):
    """Tokens that are there keep what they could do, and end a year from now; new ones read unless they are made to write."""

    dependencies = [("operations", "0008_keeping")]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[("read", "Read"), ("write", "Read and write")], default="write", max_length=5, verbose_name="scope"
            ),
        ),
        migrations.AddField(model_name="apitoken", name="schools", field=models.JSONField(default=list)),
        migrations.RunPython(end_in_a_year, migrations.RunPython.noop),
    ]
