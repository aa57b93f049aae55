"""What lies outside of a person's schools does not exist for them."""

import pytest

from pasi_connect import selectors as pasi_selectors
from pasi_connect.models import Exchange, Submission
from sis import selectors
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_schools():
    here, there = factories.SchoolFactory(), factories.SchoolFactory()
    return factories.EnrolmentFactory(school=here), factories.EnrolmentFactory(school=there)


@pytest.fixture
def registrar(two_schools):
    return factories.UserFactory(role="Registrar", schools=[two_schools[0].school])


def test_a_registrar_sees_their_schools_alone(two_schools, registrar):
    mine, foreign = two_schools
    assert list(selectors.schools(registrar)) == [mine.school]
    assert list(selectors.enrolments(registrar)) == [mine]
    assert list(selectors.students(registrar)) == [mine.student]
    assert list(selectors.find_students(registrar, foreign.student.asn)) == []
    assert list(selectors.find_students(registrar, mine.student.asn_shown)) == [mine.student]


@pytest.mark.parametrize("role", ["District officer", "Administrator"])
def test_those_of_the_authority_see_all(two_schools, role):
    user = factories.UserFactory(role=role)
    assert set(selectors.enrolments(user)) == set(two_schools)
    assert selectors.school_codes(user) is None


def test_a_person_without_a_school_sees_nothing(two_schools):
    user = factories.UserFactory(role="Registrar")
    assert list(selectors.enrolments(user)) == list(selectors.students(user)) == list(selectors.schools(user)) == []
    assert list(pasi_selectors.submissions(user)) == []


def test_a_student_of_two_schools_is_one_student(two_schools):
    mine, foreign = two_schools
    factories.EnrolmentFactory(school=foreign.school, student=mine.student)
    both = factories.UserFactory(role="Registrar", schools=[mine.school, foreign.school])
    assert sorted(student.pk for student in selectors.students(both)) == sorted({mine.student_id, foreign.student_id})


def test_submissions_differences_and_calls_follow_the_school(two_schools, registrar):
    factories.synchronizing()
    mine, foreign = two_schools
    items = []
    for enrolment in two_schools:
        factories.link_and_copy(enrolment)
        items.append(factories.changed_in_pasi(enrolment, grade="09"))
        factories.submission(enrolment, "rejected")
    assert list(pasi_selectors.submissions(registrar)) == list(Submission.objects.filter(subject_id=mine.pk))
    assert list(pasi_selectors.discrepancies(registrar)) == [items[0]]
    assert pasi_selectors.counts(registrar) == {"changes": 1, "stuck": 1}
    for number, code in enumerate((mine.school.code, foreign.school.code, "")):
        Exchange.objects.create(
            message_id=f"00000000-0000-4000-8000-00000000000{number}",
            operation="HelloWorld",
            school_code=code,
            organization="A.1750",
            person_name="Ana",
            person_local_id="ana",
            person_ip="10.0.0.1",
            sent_at="2026-11-20T10:00:00Z",
        )
    assert [row.school_code for row in pasi_selectors.exchanges(registrar)] == [mine.school.code]
    assert len(pasi_selectors.exchanges(factories.UserFactory(role="District officer"))) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [("varga ines", True), ("VARGA", True), ("arg", True), ("ines nobody", False), ("L-1", False), ("", True)],
)
def test_finding_by_any_part_of_the_names(registrar, two_schools, text, found):
    assert bool(selectors.find_students(registrar, text)) is found


def test_courses_follow_the_school_where_they_are_taken(two_schools, registrar):
    mine, foreign = two_schools
    grades = [factories.StoredGradeFactory(course_enrolment__enrolment=stay) for stay in two_schools]
    away = factories.EnrolmentFactory(student=mine.student, school=foreign.school, concurrent=True)
    factories.CourseEnrolmentFactory(enrolment=away)
    assert list(selectors.course_enrolments(registrar)) == [grades[0].course_enrolment]
    assert list(selectors.sections(registrar)) == [grades[0].course_enrolment.section]
    assert list(selectors.stored_grades(registrar)) == [grades[0]]
    assert len(selectors.course_enrolments(factories.UserFactory(role="District officer"))) == 3
