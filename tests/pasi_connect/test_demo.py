"""The made-up district, on whatever day it is made: sound, the same on both sides, and with something to show."""

import datetime as dt
from collections import Counter

import pytest
from django.db.models import F, OuterRef, Subquery

from operations import clock
from pasi_connect.demo import district, making
from sis import selectors
from sis.models import Course, CourseEnrolment, DataEvent, School, SchoolCalendar, SchoolEnrolment, StoredGrade
from sis.rules.school_year import SchoolYear
from sis.services import course_enrolments

pytestmark = pytest.mark.django_db

NOVEMBER = dt.date(2026, 11, 22)


def made_on(day, folder):
    with clock.moved_to(dt.datetime(day.year, day.month, day.day, 18, tzinfo=dt.UTC)):
        assert making.prepare(7443, folder)


@pytest.mark.parametrize(
    "day", [dt.date(2026, 9, 1), NOVEMBER, dt.date(2027, 2, 10), dt.date(2027, 7, 20), dt.date(2027, 8, 31)]
)
def test_course_data_are_sound_on_any_day(day, tmp_path):
    made_on(day, tmp_path)
    found = CourseEnrolment.objects.select_related(
        "section__school", "section__course", "section__term__calendar", "enrolment"
    )
    assert len(found) > 600
    for one in found:
        course_enrolments.check(one)
        assert one.section.term.calendar.school_id == one.section.school_id == one.enrolment.school_id
        assert one.student_id == one.enrolment.student_id
    over = {one.pk for one in found if one.status == "Completed"}
    assert set(StoredGrade.objects.exclude(course_enrolment=None).values_list("course_enrolment_id", flat=True)) == over
    assert not DataEvent.objects.exists()


def test_there_is_something_to_show(tmp_path):
    made_on(NOVEMBER, tmp_path)
    year = SchoolYear(2027)
    statuses = Counter(CourseEnrolment.objects.values_list("status", flat=True))
    assert min(statuses[name] for name in ("Active", "Registered", "Withdrawn", "Completed")) >= 1
    assert Course.objects.filter(active=False).exists()
    challenges = CourseEnrolment.objects.filter(challenge=True, section__school__code=district.SCHOOL_D)
    lacks = [
        selectors.challenge_lacks(one.student, one.section.school, year, one.section.course.code) for one in challenges
    ]
    assert sorted(lacks) == [[], ["mark"]]
    a, b, c, d = School.objects.order_by("code")
    for home, other in ((a, c), (c, a), (c, d), (d, a)):
        assert selectors.term_mismatches(home, other, year) == []
    assert [one.what for one in selectors.term_mismatches(a, b, year)] == ["store_code"]
    summer = d.calendars.get(school_year=year).terms.get(is_summer=True)
    assert summer.last_day == dt.date(2027, 7, 31)


def test_each_concurrent_student_has_courses_at_both_schools(tmp_path):
    made_on(NOVEMBER, tmp_path)
    both = SchoolEnrolment.objects.filter(concurrent=True, school__code=district.SCHOOL_C)
    assert len(both) == 12
    for stay in both:
        schools = set(stay.student.course_enrolments.values_list("section__school__code", flat=True))
        assert schools == {district.SCHOOL_A, district.SCHOOL_C}


def test_open_concurrent_enrolments_run_past_the_closing_date(tmp_path):
    made_on(NOVEMBER, tmp_path)
    closing = SchoolCalendar.objects.filter(school=OuterRef("school"), school_year=OuterRef("school_year"))
    late = (
        SchoolEnrolment.objects.filter(concurrent=True, deleted=False, exit_date_type="CompletionDate")
        .annotate(closing=Subquery(closing.values("last_day")))
        .filter(exit_date__gt=F("closing"))
    )
    assert Counter(late.values_list("school__code", flat=True)) == {district.SCHOOL_C: 3, district.SCHOOL_D: 4}


def test_pasi_gets_the_same_records(tmp_path):
    made_on(NOVEMBER, tmp_path)
    documents = making.documents(district.Builder(NOVEMBER).build())["StudentSchoolEnrolment"]
    theirs = {str(one["RefId"]): one for one in documents}
    for stay in SchoolEnrolment.objects.select_related("link", "student", "school"):
        one = theirs[str(stay.link.ref_id)]
        assert (one["SchoolCode"], one["StateProvinceId"]) == (stay.school.code, stay.student.asn)
        assert (one["RegistrationStartDate"], one["RegistrationExitDate"]) == (stay.start_date, stay.exit_date)


def test_it_is_made_by_few_statements(tmp_path, django_assert_max_num_queries):
    with django_assert_max_num_queries(130):
        made_on(NOVEMBER, tmp_path)
