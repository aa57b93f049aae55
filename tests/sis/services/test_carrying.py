"""All course enrolments of a stay at once: what the plan says is what is done, and it can be taken back whole."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from operations.models import AuditEntry
from sis.models import CourseEnrolment, DataEvent
from sis.rules.school_year import SchoolYear
from sis.services import carrying, course_enrolments
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_a_fixed_day")]

YEAR = SchoolYear(2027)
SEPTEMBER, JANUARY, FEBRUARY, JUNE = (
    dt.date(2026, 9, 1),
    dt.date(2027, 1, 29),
    dt.date(2027, 2, 1),
    dt.date(2027, 6, 26),
)
LAST, NEXT = dt.date(2026, 11, 20), dt.date(2026, 11, 23)


@pytest.fixture
def actor():
    return of_user(factories.UserFactory())


def terms(school):
    calendar = factories.CalendarFactory(school=school, school_year=YEAR)
    first = factories.TermFactory(
        calendar=calendar, name="Semester 1", portion="1/2", store_code="S1", last_day=JANUARY
    )
    second = factories.TermFactory(
        calendar=calendar, name="Semester 2", portion="1/2", store_code="S2", first_day=FEBRUARY
    )
    return first, second


def sit(stay, term, **more):
    made = more.pop("section", None) or factories.SectionFactory(
        school=stay.school, school_year=YEAR, term=term, **more.pop("of", {})
    )
    return factories.CourseEnrolmentFactory(enrolment=stay, section=made, **more)


@pytest.fixture
def home():
    """A stay at a main school with a course of each kind: running, not begun, over, completed, dropped."""
    stay = factories.EnrolmentFactory(school_year=YEAR)
    first, second = terms(stay.school)
    stay.running = sit(stay, first)
    stay.later = sit(stay, second, status="Registered")
    stay.over = sit(stay, first, of={"end_date": dt.date(2026, 10, 30)})
    stay.completed = sit(stay, first, exit_date=dt.date(2026, 11, 6), status="Completed")
    stay.dropped = sit(stay, first, exit_date=dt.date(2026, 10, 2), status="Withdrawn")
    return stay


@pytest.fixture
def concurrent(home):
    """The same student's stay at the concurrent school: one course running, one not begun, one dropped."""
    stay = factories.EnrolmentFactory(school_year=YEAR, student=home.student, concurrent=True)
    first, second = terms(stay.school)
    stay.running = sit(stay, first, challenge=True, credits_attempted=3)
    stay.later = sit(stay, second, status="Registered")
    stay.dropped = sit(stay, first, exit_date=dt.date(2026, 10, 2), status="Withdrawn")
    return stay


def state():
    columns = ("pk", "enrolment_id", "section_id", "entry_date", "exit_date", "status", "deleted")
    return {row[0]: row[1:] for row in CourseEnrolment.objects.values_list(*columns)}


def test_the_end_of_a_stay(home, actor):
    before = state()
    changed = carrying.end_all(actor, home.student, home.school, LAST, "Moved")
    assert [(one.kind, one.id, one.revision_after) for one in changed] == [
        ("ended", home.running.pk, 2),
        ("removed", home.later.pk, 2),
    ]
    after = state()
    assert after[home.running.pk][3:] == (LAST, "Withdrawn", False)
    assert after[home.later.pk][3:] == (None, "Registered", True)
    assert {pk: after[pk] for pk in before if pk not in (home.running.pk, home.later.pk)} == {
        pk: before[pk] for pk in before if pk not in (home.running.pk, home.later.pk)
    }
    assert set(AuditEntry.objects.values_list("action", "reason")) == {
        ("course enrolment ended", "Moved"),
        ("course enrolment removed", "Moved"),
    }
    assert sorted(DataEvent.objects.values_list("subject_id", flat=True)) == [home.running.pk, home.later.pk]
    assert carrying.end_all(actor, home.student, home.school, LAST) == []


def test_the_other_school_next_year_and_other_students_are_left_alone(home, concurrent, actor):
    ahead = factories.EnrolmentFactory(student=home.student, school=home.school, school_year=YEAR + 1)
    factories.CourseEnrolmentFactory(enrolment=ahead, status="Registered")
    factories.CourseEnrolmentFactory(enrolment__school=home.school, enrolment__school_year=YEAR)
    changed = carrying.end_all(actor, home.student, home.school, LAST)
    assert {one.id for one in changed} == {home.running.pk, home.later.pk}


def test_one_stay_of_two_at_a_school(home, actor):
    other = factories.EnrolmentFactory(
        student=home.student, school=home.school, school_year=YEAR, programming_timeframe="Evening"
    )
    evening = sit(other, home.running.section.term)
    assert [one.id for one in carrying.end_all(actor, home.student, home.school, LAST, enrolment=other)] == [evening.pk]


def test_a_corrected_last_day_takes_the_courses_along(home, actor):
    carrying.end_all(actor, home.student, home.school, LAST)
    later, earlier = dt.date(2026, 12, 4), dt.date(2026, 11, 2)
    assert [one.id for one in carrying.move_end(actor, home, LAST, later)] == [home.running.pk]
    assert state()[home.running.pk][3] == later
    carrying.move_end(actor, home, later, earlier)
    assert state()[home.running.pk][3] == earlier
    assert state()[home.completed.pk][3:] == (dt.date(2026, 11, 6), "Completed", False)
    carrying.move_end(actor, home, earlier, dt.date(2027, 3, 1))
    assert state()[home.running.pk][3] == JANUARY  # the section ends before the student left


def test_a_stay_that_never_was(home, actor):
    changed = carrying.remove_all(actor, home, "Wrong student")
    assert len(changed) == 5
    assert all(row[-1] for row in state().values())
    course_enrolments.restore_all(actor, changed)
    assert not any(row[-1] for row in state().values())


def new_stay(concurrent, **more):
    return factories.EnrolmentFactory(
        school_year=YEAR, student=concurrent.student, school=concurrent.school, start_date=NEXT, **more
    )


def test_courses_of_the_concurrent_school_go_on_under_the_new_enrolment(concurrent, actor):
    before = state()
    new = new_stay(concurrent)
    done = carrying.carry_over(actor, concurrent.student, concurrent, new, NEXT, last_day=LAST, reason="Moved")
    assert sorted(one.kind for one in done.changed) == [
        "begun", "ended", "moved",
    ]  # fmt: skip
    assert [(one.record.pk, one.reason) for one in done.not_carried] == [(concurrent.dropped.pk, "withdrawn")]
    assert done.not_carried[0].words.next_step
    after = state()
    assert after[concurrent.running.pk] == (
        concurrent.pk, concurrent.running.section_id, SEPTEMBER, LAST, "Withdrawn", False,
    )  # fmt: skip
    assert after[concurrent.later.pk] == (
        new.pk, concurrent.later.section_id, FEBRUARY, None, "Registered", False,
    )  # fmt: skip
    [made] = [pk for pk in after if pk not in before]
    assert after[made] == (new.pk, concurrent.running.section_id, NEXT, None, "Registered", False)
    begun = CourseEnrolment.objects.get(pk=made)
    assert (begun.challenge, begun.credits_attempted, begun.student) == (True, 3, concurrent.student)
    assert AuditEntry.objects.filter(reason="Moved").count() == DataEvent.objects.count() == 3


def test_courses_of_the_old_school_find_their_sections_at_the_new_one(home, concurrent, actor):
    first, second = (concurrent.running.section.term, concurrent.later.section.term)
    there = factories.SectionFactory(
        school=concurrent.school, school_year=YEAR, term=first, course=home.running.section.course
    )
    for number in ("1", "2"):
        factories.SectionFactory(
            school=concurrent.school, school_year=YEAR, term=second, course=home.later.section.course, number=number
        )
    done = carrying.carry_over(actor, home.student, home, new_stay(concurrent), NEXT, last_day=LAST)
    assert [(one.kind, one.after["exit_date"]) for one in done.changed] == [
        ("ended", "2026-11-20"),
        ("removed", None),
        ("begun", None),
    ]
    assert CourseEnrolment.objects.get(pk=done.changed[-1].id).section == there
    assert {one.record.pk: one.reason for one in done.not_carried} == {
        home.later.pk: "several",
        home.over.pk: "section_ended",
        home.completed.pk: "completed",
        home.dropped.pk: "withdrawn",
    }


def test_a_transfer_is_taken_back_whole(home, concurrent, actor):
    before = state()
    ended = carrying.end_all(actor, home.student, home.school, LAST)
    done = carrying.carry_over(actor, concurrent.student, concurrent, new_stay(concurrent), NEXT, last_day=LAST)
    back = course_enrolments.restore_all(actor, [*ended, *done.changed], "Undo")
    assert {one.kind for one in back} == {"restored"}
    after = state()
    assert {pk: after[pk] for pk in before} == before
    assert all(after[pk][-1] for pk in after if pk not in before)
    with pytest.raises(course_enrolments.StaleCourseEnrolment):
        course_enrolments.restore_all(actor, ended)


def queries(number, actor):
    stay = factories.EnrolmentFactory(school_year=YEAR, concurrent=True)
    first, second = terms(stay.school)
    for _ in range(number):
        sit(stay, first)
        sit(stay, second, status="Registered")
    new = new_stay(stay)
    with CaptureQueriesContext(connection) as seen:
        done = carrying.carry_over(actor, stay.student, stay, new, NEXT, last_day=LAST)
    assert len(done.changed) == 3 * number
    return len(seen)


def test_many_courses_ask_the_database_little_more_often_than_one(actor):
    one, many = queries(1, actor), queries(20, actor)
    assert one <= 12
    # What has not begun goes over with an entry date of its own only where the section begins later: alike here.
    assert many <= one + 2  # many rows go into PostgreSQL by COPY, which asks otherwise than an INSERT
