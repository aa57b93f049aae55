from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sis', '0007_canadian_spelling'),
    ]

    operations = [
        migrations.AlterField(
            model_name='schoolenrolment',
            name='deleted',
            field=models.BooleanField(default=False, help_text='A deleted record is kept here and in PASI, marked as deleted.', verbose_name='deleted'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='enrolment_type_codes',
            field=models.CharField(blank=True, help_text='At most 3.', max_length=60, verbose_name='enrolment type codes'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='entry_code',
            field=models.CharField(blank=True, help_text='Saved here only. PASI no longer collects it.', max_length=10, verbose_name='entry code'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='exception_codes',
            field=models.CharField(blank=True, help_text='At most 2.', max_length=60, verbose_name='exception codes'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='exit_code',
            field=models.CharField(blank=True, help_text='Saved here only. PASI no longer collects it.', max_length=10, verbose_name='exit code'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='exit_date_type',
            field=models.CharField(choices=[('CompletionDate', 'Completion Date'), ('WithdrawalDate', 'Withdrawal Date')], default='CompletionDate', help_text='A completion date is planned; a withdrawal date is the last day attended.', max_length=20, verbose_name='exit date type'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='fnmi_declaration',
            field=models.CharField(blank=True, help_text='First Nations, Métis or Inuit, as declared by the student or a parent.', max_length=50, verbose_name='FNMI declaration'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='francophone_board',
            field=models.CharField(blank=True, help_text='Four digits.', max_length=4, verbose_name='francophone board'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='french_hours',
            field=models.CharField(blank=True, help_text='Hours in the year, 1 to 9999.', max_length=4, verbose_name='French hours of instruction'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='grade',
            field=models.CharField(blank=True, choices=[('EC', 'EC'), ('01', '01'), ('02', '02'), ('03', '03'), ('04', '04'), ('05', '05'), ('06', '06'), ('07', '07'), ('08', '08'), ('09', '09'), ('10', '10'), ('11', '11'), ('12', '12')], help_text='EC, or 01 to 12.', max_length=2, verbose_name='grade'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='grants_program_codes',
            field=models.CharField(blank=True, help_text='At most 3.', max_length=60, verbose_name='grants program codes'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='local_student_id',
            field=models.CharField(blank=True, help_text='At most 15 characters.', max_length=15, verbose_name='local student number'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='program_percentage',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Only with grants program code 610 or 612.', null=True, verbose_name='program percentage'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='programming_timeframe',
            field=models.CharField(default='Day', help_text='When classes are held, such as Day or Evening.', max_length=50, verbose_name='programming timeframe'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='programming_type',
            field=models.CharField(default='Regular', help_text='The kind of program, such as Regular or Summer School.', max_length=50, verbose_name='programming type'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='resident_board',
            field=models.CharField(blank=True, help_text='Four digits, where another board is responsible.', max_length=4, verbose_name='resident board'),
        ),
        migrations.AlterField(
            model_name='schoolenrolment',
            name='start_date',
            field=models.DateField(help_text='The first day of this stay.', verbose_name='start date'),
        ),
    ]
