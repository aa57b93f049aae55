"""What the driver does with sections, of which several go in one call: imported once Django is set up."""

import datetime as dt

from django.db import transaction

from operations import actor as actors
from operations.models import User
from pasi_connect.models import Submission
from sis.models import Course, School, SchoolCalendar, Section, Term
from sis.models.organization import State
from sis.rules.school_year import SchoolYear
from sis.services import sections


def _registrar() -> actors.Actor:
    return actors.of_user(User.objects.get(username="registrar"))


@transaction.atomic
def teach(count: int, today: str) -> None:
    """So many sections of one course, all added at once."""
    School.objects.update(course_marks_integration=State.ACTIVE)
    year = SchoolYear.of(dt.date.fromisoformat(today))
    days = {"first_day": year.first_day, "last_day": dt.date(year.ending, 6, 26)}
    calendar = SchoolCalendar.objects.create(school=School.objects.get(), school_year=year, **days)
    term = Term.objects.create(calendar=calendar, name="Full year", portion="1", alternate_code="FY", **days)
    course = Course.objects.create(code="MAT3791", name="Mathematics 30-1", credits_offered=5)
    for number in range(1, count + 1):
        sections.create(_registrar(), term, course, {"number": str(number), "minutes_offered": 7500})


def change_sections(minutes: int) -> None:
    """All of them at once."""
    with transaction.atomic():
        ids = Section.objects.values_list("pk", flat=True)
        wanted = {pk: {"minutes_offered": minutes} for pk in ids}
        sections.change_many(_registrar(), wanted)


def of_sections() -> list[list[str]]:
    """[key, status, reason] of each submission of a section."""
    rows = Submission.objects.filter(entity="section").order_by("id")
    return [list(row) for row in rows.values_list("key", "status", "reason")]
