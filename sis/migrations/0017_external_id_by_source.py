from django.db import migrations, models
from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Concat

MODELS = (
    "authority",
    "course",
    "courseenrolment",
    "school",
    "schoolcalendar",
    "schoolenrolment",
    "section",
    "storedgrade",
    "student",
    "term",
)


def name_sources(apps, schema_editor):
    """Where two schools entered the same external ID, the later record counts it among its school's own."""
    SchoolEnrolment, School = apps.get_model("sis", "SchoolEnrolment"), apps.get_model("sis", "School")
    earlier = SchoolEnrolment.objects.filter(external_id=OuterRef("external_id"), pk__lt=OuterRef("pk"))
    later = SchoolEnrolment.objects.filter(Exists(earlier), external_id__isnull=False)
    code = School.objects.filter(pk=OuterRef("school_id")).values("code")[:1]
    SchoolEnrolment.objects.filter(pk__in=list(later.values_list("pk", flat=True))).update(
        source=Concat(Value("S."), Subquery(code))
    )


class Migration(migrations.Migration):
    dependencies = [("sis", "0014_help_of_students")]
    operations = [
        migrations.RemoveConstraint("schoolenrolment", "enrolment_external_once"),
        *(
            migrations.AddField(
                model, "source", models.CharField(blank=True, default="", editable=False, max_length=40)
            )
            for model in MODELS
        ),
        *(
            migrations.AlterField(model, "external_id", models.CharField(blank=True, max_length=64, null=True))
            for model in MODELS
            if model != "schoolenrolment"
        ),
        migrations.RunPython(name_sources, migrations.RunPython.noop, elidable=True),
        *(
            migrations.AddConstraint(
                model,
                models.UniqueConstraint(fields=("external_id", "source"), name=f"{model}_external_once"),
            )
            for model in MODELS
        ),
    ]
