import pasi_connect.models.relations
import sis.models.fields
from django.db import migrations, models
from django.db.models.functions import Now


def take_up_what_came_before(apps, schema_editor):
    """Nobody collected the events of sections so far: what is sent first is computed from the state, not from them."""
    events = apps.get_model("sis", "DataEvent").objects.filter(subject_type="section", collected_at=None)
    events.update(collected_at=Now())


class Migration(migrations.Migration):
    """Sections as PASI keeps them, and the way from links and items to the section."""

    dependencies = [
        ('pasi_connect', '0022_identification_of_copies'),
        ('sis', '0012_help_of_sections'),
    ]

    operations = [
        migrations.AddField(
            model_name='discrepancy',
            name='section',
            field=pasi_connect.models.relations.SubjectOf(entity='section', related_name='+', to='sis.section'),
        ),
        migrations.AddField(
            model_name='link',
            name='section',
            field=pasi_connect.models.relations.SubjectOf(entity='section', related_name='links', to='sis.section'),
        ),
        migrations.CreateModel(
            name='SectionCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('core_version', models.BigIntegerField()),
                ('stored_at', models.DateTimeField()),
                ('digest', models.CharField(max_length=32)),
                ('document', models.BinaryField()),
                ('provisional', models.BooleanField(default=False)),
                ('vanished_at', models.DateTimeField(blank=True, null=True)),
                ('columns_version', models.BigIntegerField(db_index=True, default=0)),
                ('key', models.CharField(max_length=60, unique=True)),
                ('school_code', models.CharField(blank=True, max_length=4)),
                ('school_year', sis.models.fields.SchoolYearField(null=True)),
                ('updated_by', models.CharField(blank=True, max_length=160)),
                ('updated_by_organization', models.CharField(blank=True, max_length=6)),
                ('effective_at', models.DateTimeField(null=True)),
                ('course_codes', models.CharField(blank=True, max_length=255)),
                ('start_date', models.DateField(null=True)),
                ('end_date', models.DateField(null=True)),
                ('term_code', models.CharField(blank=True, max_length=50)),
                ('delivery', models.CharField(blank=True, max_length=50)),
                ('schedule', models.CharField(blank=True, max_length=50)),
                ('language', models.CharField(blank=True, max_length=50)),
                ('credits_offered', models.IntegerField(default=0)),
                ('minutes_offered', models.IntegerField(null=True)),
                ('local_section_id', models.CharField(blank=True, max_length=8)),
                ('description', models.CharField(blank=True, max_length=255)),
                ('deleted', models.BooleanField(default=False)),
                ('odd', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['school_code', 'school_year', 'id'], name='section_copy_school')],
            },
        ),
        migrations.RunPython(take_up_what_came_before, migrations.RunPython.noop),
    ]
