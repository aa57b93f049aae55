from django.db import migrations, models


# The tables by which the columns of copies that are stored already were filled, and their versions.
FILLED = {
    "school_authority": {
        "name": "3d751430",
        "is_active": "44486694",
    },
    "school": {
        "name": "3d751430",
        "authority_code": "d623e207",
        "is_active": "44486694",
    },
    "student": {
        "primary_asn": "eb493f82",
        "is_deactivated": "f3b988df",
        "first_name": "a8cc16df",
        "middle_name": "e2ae96a7",
        "last_name": "3ef25c73",
        "preferred_first_name": "725e632d",
        "preferred_last_name": "4eeec141",
        "birth_date": "5aa4d504",
        "gender": "e2db5707",
    },
    "school_enrolment": {
        "asn": "383c6f76",
        "school_code": "951a8b19",
        "school_year": "9c15b1ef",
        "grade": "747bb427",
        "start_date": "7eb1c9e7",
        "exit_date": "aad88ca3",
        "exit_date_type": "db7a960f",
        "programming_type": "de2636a6",
        "programming_timeframe": "1ca419ce",
        "program_percentage": "c2c1e941",
        "local_student_id": "f210a36b",
        "resident_board": "dbf20994",
        "francophone_board": "52af8932",
        "fnmi_declaration": "a90c4898",
        "french_hours": "4bc7c60d",
        "enrolment_type_codes": "848caa2f",
        "exception_codes": "34563475",
        "grants_program_codes": "82a62268",
        "deleted": "7bd59f85",
        "updated_by": "78138a85",
        "updated_by_organization": "03076be7",
        "effective_at": "8a32da17",
    },
}


VERSIONS = {
    "school_authority": 173621169868411591,
    "school": 596995121948398550,
    "student": 619976260056533603,
    "school_enrolment": 948925513962888844,
}
COPIES = {
    "school_authority": "authoritycopy",
    "school": "schoolcopy",
    "student": "studentcopy",
    "school_enrolment": "enrolmentcopy",
}


def keep_tables(apps, schema_editor):
    """A field that is added later is younger than these copies, and one that is here is not."""
    for entity, columns in FILLED.items():
        apps.get_model("pasi_connect", "FieldTable").objects.create(
            entity=entity, version=VERSIONS[entity], columns=columns
        )


class Migration(migrations.Migration):
    """Each local copy says by which table of fields its columns were filled."""

    dependencies = [
        ("pasi_connect", "0020_one_link_table"),
    ]

    operations = [
        *(
            migrations.AddField(model, "columns_version", models.BigIntegerField(default=VERSIONS[entity]))
            for entity, model in COPIES.items()
        ),
        *(
            migrations.AlterField(model, "columns_version", models.BigIntegerField(db_index=True, default=0))
            for model in COPIES.values()
        ),
        migrations.CreateModel(
            name="FieldTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=40)),
                ("version", models.BigIntegerField()),
                ("columns", models.JSONField(default=dict)),
                ("first_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["entity", "version"], name="field_table_once")],
            },
        ),
        migrations.RunPython(keep_tables, migrations.RunPython.noop),
    ]
