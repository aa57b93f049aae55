import sis.models.fields
from django.db import migrations, models


REFUSED, YEAR = ("not_authorised", "not_authorized"), ("year_not_synchronised", "year_not_synchronized")
PLACES = (
    ("pasi_connect", "LinkState", "state", (REFUSED,)),
    ("pasi_connect", "Exchange", "outcome", (REFUSED,)),
    ("pasi_connect", "Submission", "reason", (REFUSED, YEAR)),
    ("operations", "AuditEntry", "reason", (REFUSED, YEAR)),
)


def respell(apps, schema_editor):
    for app, model, field, words in PLACES:
        rows = apps.get_model(app, model)._default_manager
        for old, new in words:
            rows.filter(**{field: old}).update(**{field: new})


def back(apps, schema_editor):
    for app, model, field, words in PLACES:
        rows = apps.get_model(app, model)._default_manager
        for old, new in words:
            rows.filter(**{field: new}).update(**{field: old})


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0012_who_it_was_here'),
        ('pasi_connect', '0017_year_end_to_registrar'),
    ]

    operations = [
        migrations.RenameField(
            model_name='enrolmentcopy',
            old_name='updated_by_organisation',
            new_name='updated_by_organization',
        ),
        migrations.RenameField(
            model_name='exchange',
            old_name='organisation',
            new_name='organization',
        ),
        migrations.AlterField(
            model_name='exchange',
            name='outcome',
            field=models.CharField(blank=True, choices=[('', 'On its way'), ('accepted', 'Accepted'), ('no_change', 'No change'), ('rejected', 'Rejected'), ('version_conflict', 'Version conflict'), ('not_authorized', 'Not authorized'), ('our_fault', 'Our fault'), ('not_yet', 'Not yet'), ('pasi_fault', "PASI's fault"), ('unavailable', 'Unavailable'), ('unknown', 'Unknown')], default='', max_length=16),
        ),
        migrations.AlterField(
            model_name='linkstate',
            name='state',
            field=models.CharField(choices=[('up', 'reachable'), ('down', 'unavailable'), ('not_authorized', 'refusing our connection'), ('unknown', 'not checked yet')], default='unknown', max_length=16),
        ),
        migrations.AlterField(
            model_name='syncsettings',
            name='current_school_year',
            field=sis.models.fields.SchoolYearField(blank=True, editable=False, null=True, verbose_name='current school year for synchronization'),
        ),
        migrations.AlterField(
            model_name='syncsettings',
            name='regular_synchronization',
            field=models.BooleanField(default=False, help_text='When this is off, changes are stored and counted, and sent as soon as it is switched on.', verbose_name='regular synchronization'),
        ),
        migrations.RunPython(respell, back),
    ]
