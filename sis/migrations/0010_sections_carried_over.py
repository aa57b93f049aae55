from django.db import migrations
from django.db.models import OuterRef, Subquery

CHUNK = 500
# What stood there as words, and PASI's codes for it. Other words stay as they are: a person chooses the code.
LANGUAGES = {"English": "EN", "French": "FR"}
DELIVERIES = {"Classroom": "REG", "Distance": "DSL", "Online": "VTL", "Off campus": "OFC"}


def carry_over(apps, schema_editor):
    """Sections get PASI's codes, the credits of their course, and the names by which PASI tells them apart."""
    Section, SectionCourse, Course = (apps.get_model("sis", name) for name in ("Section", "SectionCourse", "Course"))
    for column, words in (("language", LANGUAGES), ("delivery", DELIVERIES)):
        for word, code in words.items():
            Section.objects.filter(**{f"{column}__iexact": word}).update(**{column: code})
    Section.objects.filter(term__is_summer=True).update(schedule="SUM")
    course = Course.objects.filter(pk=OuterRef("course_id"))
    Section.objects.update(
        credits_offered=Subquery(course.values("credits_offered")[:1]), course_codes=Subquery(course.values("code")[:1])
    )
    after = 0
    while rows := list(Section.objects.filter(pk__gt=after).select_related("course").order_by("pk")[:CHUNK]):
        after = rows[-1].pk
        for row in rows:
            row.local_section_id = str(row.pk)[-8:]
            named = f"{row.course.code}.{row.number} - {row.course.name}"
            row.description = " ".join(named.split())[:255].rstrip()
        Section.objects.bulk_update(rows, ["local_section_id", "description"], batch_size=200)
        SectionCourse.objects.bulk_create(
            [SectionCourse(section_id=row.pk, course_id=row.course_id) for row in rows], ignore_conflicts=True
        )


def put_back(apps, schema_editor):
    Section = apps.get_model("sis", "Section")
    for column, words in (("language", LANGUAGES), ("delivery", DELIVERIES)):
        for word, code in words.items():
            Section.objects.filter(**{column: code}).update(**{column: word})


class Migration(migrations.Migration):
    dependencies = [("sis", "0009_sections_as_pasi_keeps_them")]
    operations = [migrations.RunPython(carry_over, put_back, elidable=True)]
