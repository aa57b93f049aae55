import django.db.models.deletion
from django.db import migrations, models

OUTCOMES = [
    ('', 'On its way'), ('accepted', 'Accepted'), ('no_change', 'No change'), ('rejected', 'Rejected'),
    ('version_conflict', 'Version conflict'), ('not_authorized', 'Not authorized'), ('our_fault', 'Our fault'),
    ('not_yet', 'Not yet'), ('pasi_fault', "PASI's fault"), ('unavailable', 'Unavailable'), ('unknown', 'Unknown'),
]


class Migration(migrations.Migration):
    """Calls that carry several records, and records that go by themselves."""

    dependencies = [
        ('pasi_connect', '0029_relation_by_kind'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='alone',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='ExchangePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60)),
                ('outcome', models.CharField(blank=True, choices=OUTCOMES, default='', max_length=16)),
                ('code', models.CharField(blank=True, max_length=10)),
                ('exchange', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='pasi_connect.exchange')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pasi_connect.submission')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['key'], name='exchange_part_key')],
                'constraints': [models.UniqueConstraint(fields=('exchange', 'submission'), name='part_of_a_call_once')],
            },
        ),
    ]
