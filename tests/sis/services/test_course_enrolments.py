"""The one door of course enrolments: record, audit entry and event in one transaction, and the way back."""

import datetime as dt
import json
from dataclasses import asdict

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from operations.actor import of_user
from operations.models import AuditEntry
from sis.models import CourseEnrolment, DataEvent
from sis.models.event import Origin
from sis.rules.school_year import SchoolYear
from sis.services import course_enrolments, events
from sis.services.course_enrolments import Changed, StaleCourseEnrolment
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_a_fixed_day")]

YEAR = SchoolYear(2027)
ENTRY, MIDDLE = dt.date(2026, 9, 1), dt.date(2026, 12, 18)


@pytest.fixture
def actor():
    return of_user(factories.UserFactory(first_name="Ana", last_name="Moreau", local_id="amoreau"), "10.0.0.9")


@pytest.fixture
def stay():
    return factories.EnrolmentFactory(school_year=YEAR)


@pytest.fixture
def section(stay):
    return factories.SectionFactory(school=stay.school, school_year=YEAR)


@pytest.fixture
def sitting(stay, section):
    return factories.CourseEnrolmentFactory(enrolment=stay, section=section)


def written():
    return AuditEntry.objects.count(), DataEvent.objects.count()


def test_a_new_course_enrolment(actor, stay, section):
    made = course_enrolments.create(actor, stay, section, {"entry_date": ENTRY}, reason="Timetable")
    assert (made.student, made.status, made.credits_attempted, made.revision) == (stay.student, "Active", 5, 1)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.entity, entry.subject_id) == (
        "course enrolment begun",
        "course_enrolment",
        str(made.pk),
    )
    assert (entry.school_code, entry.reason, entry.user_id) == (stay.school.code, "Timetable", actor.user_id)
    assert entry.changes["entry_date"] == [None, "2026-09-01"]
    event = DataEvent.objects.get()
    assert (event.entity, event.subject_id, event.student) == (events.COURSE_ENROLMENT, made.pk, stay.student)
    assert (event.school_code, event.origin, event.actor_local_id) == (stay.school.code, Origin.SIS, "amoreau")


def test_who_begins_later_is_registered(actor, stay, section):
    made = course_enrolments.create(actor, stay, section, {"entry_date": MIDDLE})
    assert made.status == "Registered"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"entry_date": None}, ["entry_date"]),
        ({"entry_date": dt.date(2026, 8, 31)}, ["entry_date"]),
        ({"entry_date": ENTRY, "exit_date": dt.date(2027, 6, 27)}, ["exit_date"]),
        ({"entry_date": ENTRY, "status": "Withdrawn"}, ["exit_date"]),
    ],
)
def test_a_broken_rule_is_told_at_its_field_and_nothing_is_written(actor, stay, section, given, fields):
    with pytest.raises(ValidationError) as refused:
        course_enrolments.create(actor, stay, section, given)
    assert sorted(refused.value.message_dict) == fields
    assert (written(), CourseEnrolment.objects.count()) == ((0, 0), 0)


def test_a_section_of_another_school_or_a_deleted_one_is_refused(actor, stay, section):
    foreign = factories.SectionFactory(school_year=YEAR)
    gone = factories.SectionFactory(school=stay.school, school_year=YEAR, deleted=True)
    for wrong in (foreign, gone):
        with pytest.raises(ValidationError) as refused:
            course_enrolments.create(actor, stay, wrong, {"entry_date": ENTRY})
        assert list(refused.value.message_dict) == ["section"]
    assert written() == (0, 0)


def test_nobody_sits_twice_in_a_section_at_one_time(actor, stay, sitting):
    with pytest.raises(ValidationError) as refused:
        course_enrolments.create(actor, stay, sitting.section, {"entry_date": MIDDLE})
    assert list(refused.value.message_dict) == ["section"]
    course_enrolments.end(actor, sitting.pk, dt.date(2026, 10, 30))
    again = course_enrolments.create(actor, stay, sitting.section, {"entry_date": MIDDLE})
    assert again.pk != sitting.pk
    with pytest.raises(ValidationError):
        course_enrolments.change(actor, sitting.pk, {"exit_date": MIDDLE})


def test_ending_one(actor, sitting):
    ended = course_enrolments.end(actor, sitting.pk, MIDDLE, expected_revision=1, reason="Dropped")
    assert (ended.exit_date, ended.status, ended.revision) == (MIDDLE, "Withdrawn", 2)
    stored = CourseEnrolment.objects.get(pk=sitting.pk)
    assert (stored.exit_date, stored.status, stored.revision) == (MIDDLE, "Withdrawn", 2)
    assert AuditEntry.objects.get().changes == {"exit_date": [None, "2026-12-18"], "status": ["Active", "Withdrawn"]}
    assert DataEvent.objects.get().fields == ["exit_date", "status"]


def test_nothing_is_written_when_nothing_differs(actor, sitting):
    same = course_enrolments.change(actor, sitting.pk, {"exit_date": None, "status": "Active"})
    assert (same.revision, written()) == (1, (0, 0))


def test_a_stale_form_is_refused_with_the_present_record(actor, sitting):
    course_enrolments.end(actor, sitting.pk, MIDDLE)
    with pytest.raises(StaleCourseEnrolment) as refused:
        course_enrolments.change(actor, sitting.pk, {"challenge": True}, expected_revision=1)
    assert refused.value.current.revision == 2


def test_student_and_section_are_not_changed(actor, sitting):
    with pytest.raises(ValidationError) as refused:
        course_enrolments.change(actor, sitting.pk, {"section": 5, "enrolment_id": 3})
    assert sorted(refused.value.message_dict) == ["enrolment_id", "section"]


def test_what_comes_from_pasi_is_taken_as_it_is(actor, sitting):
    late = dt.date(2027, 7, 15)
    changed = course_enrolments.change(actor, sitting.pk, {"exit_date": late}, origin=Origin.PASI)
    assert changed.exit_date == late
    assert DataEvent.objects.get().origin == Origin.PASI


def test_taking_a_change_back(actor, sitting):
    before = course_enrolments.values(sitting)
    ended = course_enrolments.end(actor, sitting.pk, MIDDLE)
    kept = json.loads(json.dumps(before))  # as a decision keeps it
    back = course_enrolments.restore(actor, sitting.pk, kept, ended.revision, "Undo")
    assert (back.kind, back.after, back.revision_after) == ("restored", before, 3)
    stored = CourseEnrolment.objects.get(pk=sitting.pk)
    assert (stored.exit_date, stored.status, stored.revision) == (None, "Active", 3)
    assert course_enrolments.restore(actor, sitting.pk, kept, 3) is None


def test_taking_back_is_refused_once_the_record_moved_on(actor, sitting):
    before = course_enrolments.values(sitting)
    ended = course_enrolments.end(actor, sitting.pk, MIDDLE)
    course_enrolments.change(actor, sitting.pk, {"challenge": True})
    seen = written()
    with pytest.raises(StaleCourseEnrolment):
        course_enrolments.restore(actor, sitting.pk, before, ended.revision)
    assert written() == seen


def test_taking_back_is_refused_where_the_student_sits_again(actor, stay, sitting):
    before = course_enrolments.values(sitting)
    ended = course_enrolments.end(actor, sitting.pk, dt.date(2026, 10, 30))
    course_enrolments.create(actor, stay, sitting.section, {"entry_date": MIDDLE})
    with pytest.raises(ValidationError):
        course_enrolments.restore(actor, sitting.pk, before, ended.revision)


def test_taking_a_new_record_back_takes_it_out(actor, stay, section):
    made = course_enrolments.create(actor, stay, section, {"entry_date": ENTRY})
    back = course_enrolments.restore(actor, made.pk, None, 1)
    assert CourseEnrolment.objects.get().deleted
    assert asdict(back)["before"]["deleted"] is False
    assert isinstance(back, Changed)


def test_the_database_itself_keeps_the_dates_in_order_and_one_open_seat(stay, sitting):
    rows = CourseEnrolment.objects.filter(pk=sitting.pk)
    for wrong in ({"exit_date": dt.date(2026, 8, 1)}, {"status": "Withdrawn"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        factories.CourseEnrolmentFactory(enrolment=stay, section=sitting.section)


def test_nobody_is_woken_for_course_data_and_its_events_are_kept(actor, sitting, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        course_enrolments.end(actor, sitting.pk, MIDDLE)
    assert callbacks == []
    assert not events.uncollected().exists()
    assert DataEvent.objects.filter(collected_at=None).count() == 1


def test_record_audit_and_event_stand_or_fall_together(actor, sitting):
    with transaction.atomic():
        course_enrolments.end(actor, sitting.pk, MIDDLE)
        assert written() == (1, 1)
        transaction.set_rollback(True)
    # The outer transaction of the test goes on from the savepoint.
    assert CourseEnrolment.objects.get(pk=sitting.pk).exit_date is None
    assert written() == (0, 0)
