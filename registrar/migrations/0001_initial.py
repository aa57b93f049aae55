import django.db.models.deletion
import sis.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('operations', '0012_who_it_was_here'),
        ('pasi_connect', '0017_year_end_to_registrar'),
        ('sis', '0006_external_id_of_a_school'),
    ]

    # The tables are those that pasi_connect 0002 made.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='YearEndRehearsal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('school_year', sis.models.fields.SchoolYearField()),
                        ('school_code', models.CharField(blank=True, max_length=4)),
                        ('early', models.BooleanField(default=False)),
                        ('exit_code', models.CharField(max_length=10)),
                        ('at', models.DateTimeField()),
                        ('actor_name', models.CharField(max_length=200)),
                        ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='operations.job')),
                        ('run', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rehearsal', to='pasi_connect.action')),
                    ],
                    options={
                        'db_table': 'pasi_connect_yearendrehearsal',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='YearEndRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('school_code', models.CharField(max_length=4)),
                        ('revision', models.PositiveIntegerField()),
                        ('closing_date', models.DateField(null=True)),
                        ('exit_date_before', models.DateField()),
                        ('exit_date_after', models.DateField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=40)),
                        ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sis.schoolenrolment')),
                        ('rehearsal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='registrar.yearendrehearsal')),
                    ],
                    options={
                        'db_table': 'pasi_connect_yearendrow',
                        'ordering': ['id'],
                        'indexes': [models.Index(fields=['rehearsal', 'reason', 'id'], name='year_end_row_reason')],
                        'constraints': [models.UniqueConstraint(fields=('rehearsal', 'enrolment'), name='year_end_row_once')],
                    },
                ),
            ]
        )
    ]
