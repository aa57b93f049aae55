"""The courses on the student's page: present and past course enrolments, and stored marks."""

from typing import Any

from django.http import HttpRequest

from operations import offers, rights
from operations.actor import user_of
from sis import selectors
from sis.models import School, SchoolEnrolment, Section, Student
from sis.rules.school_year import SchoolYear
from sis.views.statuses import STATUS

Key = tuple[SchoolYear, str]


class Group:
    """The courses of one school in one school year."""

    def __init__(self, school: School, year: SchoolYear) -> None:
        self.school, self.year = school, year
        self.rows: list[Any] = []
        self.grades: list[Any] = []  # without a course enrolment
        self.stays: list[SchoolEnrolment] = []  # to which a course can be added


def courses(request: HttpRequest, student: Student) -> offers.Panel | None:
    """By school year, the newest first, and school; the person's schools only."""
    user = user_of(request)
    groups: dict[Key, Group] = {}

    def group(school: School, year: SchoolYear) -> Group:
        return groups.setdefault((year, school.code), Group(school, year))

    seats = selectors.course_enrolments(user).filter(student=student, deleted=False)
    for one in seats.prefetch_related("stored_grades").order_by("entry_date", "section__course__code", "pk"):
        group(one.section.school, one.section.school_year).rows.append(one)
    for grade in selectors.stored_grades(user).filter(student=student, course_enrolment=None).order_by("pk"):
        group(grade.school, grade.school_year).grades.append(grade)
    may_edit = rights.can(user, "edit", "course_enrolment")
    if may_edit:
        for stay in _stays_with_sections(user, student):
            group(stay.school, stay.school_year).stays.append(stay)
    if not groups:
        return None
    ordered = sorted(groups.values(), key=lambda one: (-one.year.ending, one.school.code))
    return offers.Panel(10, "sis/student_courses.html", {"groups": ordered, "statuses": STATUS, "may_edit": may_edit})


def _stays_with_sections(user: Any, student: Student) -> list[SchoolEnrolment]:
    """Live enrolments at the person's schools, where the school has sections in that year."""
    stays = list(selectors.enrolments(user).filter(student=student, deleted=False).order_by("start_date", "pk"))
    offered = set(
        Section.objects.filter(school_id__in={stay.school_id for stay in stays}, deleted=False)
        .order_by()
        .values_list("school_id", "school_year")
        .distinct()
    )
    return [stay for stay in stays if (stay.school_id, stay.school_year) in offered]


offers.panel_makers["sis.student"].append(courses)
