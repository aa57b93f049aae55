"""Courses on the student's page, and the two pages on which a person finishes by hand what an action could not."""

import datetime as dt

import pytest

from operations.models import AuditEntry
from sis.models import CourseEnrolment, DataEvent
from tests import factories
from tests.factories.students import this_year

MIDDLE = dt.date(2026, 12, 18)


@pytest.fixture
def stay(here):
    return factories.EnrolmentFactory(school=here.school)


@pytest.fixture
def section(stay):
    return factories.SectionFactory(school=stay.school)


@pytest.fixture
def sitting(stay, section):
    return factories.CourseEnrolmentFactory(enrolment=stay, section=section)


def text(response):
    return response.content.decode()


def page_of(client, stay):
    return client.get(f"/students/{stay.student_id}/")


def test_the_students_page_shows_courses_and_marks_of_the_persons_schools(here, as_person, stay, sitting):
    factories.StoredGradeFactory(course_enrolment=sitting, mark="87")
    elsewhere = factories.EnrolmentFactory(student=stay.student, school=here.other, concurrent=True)
    foreign = factories.CourseEnrolmentFactory(enrolment=elsewhere)
    page = text(page_of(as_person(here.registrar), stay))
    assert sitting.section.course.name in page and "Y1: 87" in page
    assert "course data are not sent to PASI yet" in page
    assert foreign.section.course.name not in page
    assert foreign.section.course.name in text(page_of(as_person(here.district), stay))


def test_what_was_taken_out_is_not_shown_and_marks_from_elsewhere_are(here, as_person, stay, sitting):
    CourseEnrolment.objects.update(deleted=True)
    other = factories.CourseFactory(name="Lantern History")
    factories.StoredGradeFactory(
        course_enrolment=None, student=stay.student, course=other, school=here.school, school_year=this_year() - 1,
        term=None, store_code="S1", credits=5, mark="66",
    )  # fmt: skip
    page = text(page_of(as_person(here.registrar), stay))
    assert sitting.section.course.name not in page
    assert "Lantern History" in page and "S1: 66" in page and "no such term at the school" in page


def test_a_challenge_without_a_mark_is_pointed_out(here, as_person, stay, sitting):
    client = as_person(here.registrar)
    assert "mark missing" not in text(page_of(client, stay))
    CourseEnrolment.objects.update(challenge=True)
    assert "mark missing" in text(page_of(client, stay))
    factories.StoredGradeFactory(course_enrolment=sitting)
    assert "mark missing" not in text(page_of(client, stay))


def test_without_sections_there_is_no_panel(here, as_person, stay):
    assert "h-courses" not in text(page_of(as_person(here.registrar), stay))


def test_a_person_who_does_not_edit_sees_no_way_to(here, as_person, stay, sitting):
    page = text(page_of(as_person(here.admin), stay))
    assert sitting.section.course.name in page
    assert f"/course-enrolments/{sitting.pk}/" not in page and "courses/add" not in page


def test_the_page_asks_as_often_for_many_courses(here, as_person, stay, sitting, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_person(here.registrar)
    page_of(client, stay)
    with CaptureQueriesContext(connection) as one:
        page_of(client, stay)
    for _ in range(10):
        factories.StoredGradeFactory(course_enrolment__enrolment=stay)
    with django_assert_num_queries(len(one)):
        page_of(client, stay)


def test_adding_a_course(here, as_person, stay, section):
    client, address = as_person(here.registrar), f"/enrolments/{stay.pk}/courses/add/"
    form = client.get(address)
    assert form.context["form"].initial == {"entry_date": dt.date(2026, 11, 20)}
    assert section.course.code in text(form)
    sent = {"section": section.pk, "entry_date": "2026-11-20", "challenge": "on", "credits_attempted": "3"}
    answer = client.post(address, sent)
    assert (answer.status_code, answer.url) == (302, f"/students/{stay.student_id}/")
    made = CourseEnrolment.objects.get()
    assert (made.enrolment, made.entry_date, made.challenge, made.credits_attempted, made.status) == (
        stay,
        dt.date(2026, 11, 20),
        True,
        3,
        "Active",
    )
    again = client.post(address, sent)
    assert again.status_code == 422
    assert "is already in this section" in text(again)
    assert CourseEnrolment.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"section": ""}, "section"),
        ({"entry_date": ""}, "entry_date"),
        ({"entry_date": "05/11/2026"}, "entry_date"),
        ({"entry_date": "2026-08-01"}, "entry_date"),
        ({"credits_attempted": "-1"}, "credits_attempted"),
    ],
)
def test_a_faulty_form_comes_back(here, as_person, stay, section, given, field):
    sent = {"section": section.pk, "entry_date": "2026-11-20", **given}
    answer = as_person(here.registrar).post(f"/enrolments/{stay.pk}/courses/add/", sent)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not CourseEnrolment.objects.exists()


def test_sections_of_elsewhere_are_no_choice(here, as_person, stay, section):
    foreign = factories.SectionFactory(school=here.other)
    gone = factories.SectionFactory(school=here.school, deleted=True)
    last_year = factories.SectionFactory(school=here.school, school_year=this_year() - 1)
    client, address = as_person(here.registrar), f"/enrolments/{stay.pk}/courses/add/"
    for wrong in (foreign, gone, last_year):
        answer = client.post(address, {"section": wrong.pk, "entry_date": "2026-11-20"})
        assert list(answer.context["form"].errors) == ["section"]


def test_ending_a_course(here, as_person, stay, sitting):
    client, address = as_person(here.registrar), f"/course-enrolments/{sitting.pk}/"
    assert client.get(address).context["form"].initial["outcome"] == "open"
    sent = {"outcome": "Withdrawn", "exit_date": "2026-12-18", "reason": "Timetable", "revision": "1"}
    assert client.post(address, sent).url == f"/students/{stay.student_id}/"
    sitting.refresh_from_db()
    assert (sitting.exit_date, sitting.status) == (MIDDLE, "Withdrawn")
    assert AuditEntry.objects.get().reason == "Timetable"
    assert DataEvent.objects.get().collected_at is None
    client.post(address, {"outcome": "open", "exit_date": "", "revision": "2"})
    sitting.refresh_from_db()
    assert (sitting.exit_date, sitting.status) == (None, "Active")
    client.post(address, {"outcome": "removed", "revision": "3"})
    sitting.refresh_from_db()
    assert sitting.deleted
    assert client.get(address).status_code == 404


def test_saving_what_stands_there_writes_nothing(here, as_person, sitting):
    answer = as_person(here.registrar).post(f"/course-enrolments/{sitting.pk}/", {"outcome": "open", "revision": "1"})
    assert answer.status_code == 302
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "Withdrawn", "exit_date": ""}, "exit_date"),
        ({"outcome": "Withdrawn", "exit_date": "2026-08-30"}, "exit_date"),
        ({"outcome": "Completed", "exit_date": "2027-12-01"}, "exit_date"),
        ({"outcome": ""}, "outcome"),
    ],
)
def test_a_faulty_end_comes_back(here, as_person, sitting, given, field):
    sent = {"revision": "1", **given}
    answer = as_person(here.registrar).post(f"/course-enrolments/{sitting.pk}/", sent)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    sitting.refresh_from_db()
    assert sitting.revision == 1


def test_who_was_overtaken_sees_it_and_can_save_again(here, as_person, sitting):
    client, address = as_person(here.registrar), f"/course-enrolments/{sitting.pk}/"
    client.post(address, {"outcome": "Withdrawn", "exit_date": "2026-10-30", "revision": "1"})
    late = {"outcome": "Completed", "exit_date": "2026-12-18", "revision": "1"}
    answer = client.post(address, late)
    assert answer.status_code == 409
    assert "the record changed" in text(answer)
    assert answer.context["form"]["revision"].value() == "2"
    assert client.post(address, {**late, "revision": "2"}).status_code == 302
    sitting.refresh_from_db()
    assert (sitting.status, sitting.exit_date) == ("Completed", MIDDLE)


def test_a_foreign_course_enrolment_does_not_exist(here, as_person, stay, sitting):
    for address in (f"/course-enrolments/{sitting.pk}/", f"/enrolments/{stay.pk}/courses/add/"):
        assert as_person(here.stranger).get(address).status_code == 404
        assert as_person(here.admin).get(address).status_code == 403
