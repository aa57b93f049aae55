"""Courses, sections, course enrolments and stored grades: lists to read."""

import pytest

from operations.actor import of_user
from sis.services import sections
from tests import factories
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def grade():
    return factories.StoredGradeFactory(course_enrolment__external_id="seat-1")


@pytest.fixture
def foreign():
    return factories.StoredGradeFactory(mark="55")


@pytest.fixture
def api(grade, foreign):
    return client_of(factories.UserFactory(schools=[grade.school]))


def rows(api, path, **query):
    answer = api.get(path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_registrar_reads_what_belongs_to_their_schools(api, grade, foreign):
    sitting = grade.course_enrolment
    assert [row["id"] for row in rows(api, "sections/")] == [sitting.section_id]
    assert [row["id"] for row in rows(api, "course-enrolments/")] == [sitting.pk]
    assert [row["id"] for row in rows(api, "stored-grades/")] == [grade.pk]
    assert len(rows(api, "courses/")) == 2
    district = client_of(factories.UserFactory(role="District officer"))
    assert len(rows(district, "course-enrolments/")) == 2


def test_what_a_course_enrolment_says(api, grade):
    sitting = grade.course_enrolment
    [row] = rows(api, "course-enrolments/")
    assert row == {
        "id": sitting.pk,
        "external_id": "seat-1",
        "student": sitting.student_id,
        "asn": sitting.student.asn,
        "school": sitting.section.school.code,
        "school_year": str(sitting.section.school_year),
        "course": sitting.section.course.code,
        "section": sitting.section_id,
        "enrolment": sitting.enrolment_id,
        "entry_date": sitting.entry_date.isoformat(),
        "exit_date": None,
        "status": "Active",
        "credits_attempted": 5,
        "challenge": False,
        "deleted": False,
        "revision": 1,
    }


def test_the_filters(api, grade):
    sitting = grade.course_enrolment
    section = sitting.section
    fitting = {
        "courses/": {"code": section.course.code, "diploma": "false", "active": "true"},
        "sections/": {
            "school": section.school.code,
            "school_year": str(section.school_year),
            "course": section.course.code,
            "term": "Full year",
            "deleted": "false",
        },
        "course-enrolments/": {
            "asn": sitting.student.asn_shown,
            "student": sitting.student_id,
            "course": section.course.code,
            "section": section.pk,
            "enrolment": sitting.enrolment_id,
            "status": "Active",
            "challenge": "false",
            "external_id": "seat-1",
        },
        "stored-grades/": {"asn": sitting.student.asn, "store_code": "Y1", "course_enrolment": sitting.pk},
    }
    for path, query in fitting.items():
        assert len(rows(api, path, **query)) == 1, path
        for name, value in query.items():
            assert len(rows(api, path, **{name: value})) >= 1, (path, name)
    assert rows(api, "course-enrolments/", status="Withdrawn") == []
    assert rows(api, "sections/", term="Semester 1") == []


@pytest.mark.parametrize(
    "query",
    [
        "courses/?code=lantern",
        "courses/?diploma=maybe",
        "sections/?school_year=2027",
        "sections/?teacher=x",
        "course-enrolments/?section=1.5",
        "course-enrolments/?section=99999999999999999999",
        "course-enrolments/?status=Gone",
        "stored-grades/?asn=1",
    ],
)
def test_a_malformed_or_unknown_filter_is_refused(api, query):
    answer = api.get(query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_courses_and_grades_are_not_written_this_way(api, grade):
    for path in ("courses/", "course-enrolments/", "stored-grades/"):
        assert api.post(path, {}).status_code == 405


def test_a_section_says_what_pasi_is_told_and_is_found_by_any_of_its_courses(api, grade):
    section = grade.course_enrolment.section
    second = factories.CourseFactory(code="MAT3791")
    sections.change(
        of_user(factories.UserFactory()),
        section.pk,
        {"course_codes": f"{section.course.code} MAT3791", "minutes_offered": 7500},
    )
    for code in (section.course.code, second.code):
        [row] = rows(api, "sections/", course=code)
        assert row["id"] == section.pk
    assert (row["course"], row["course_codes"]) == (section.course.code, [section.course.code, "MAT3791"])
    wanted = {
        "term_code": "FY", "language": "EN", "delivery": "REG", "schedule": "REG", "credits_offered": 5,
        "minutes_offered": 7500, "local_section_id": section.local_section_id, "description": section.description,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    assert rows(api, "sections/", term_code="S1") == []
    assert len(rows(api, "sections/", term_code="FY", local_section_id=section.local_section_id)) == 1
