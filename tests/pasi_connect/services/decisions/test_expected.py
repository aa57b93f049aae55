"""What is gathered for PASI's rules: the student's other stays, here and as PASI told them, with everything as planned."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import clock
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import AuthorityCopy, CodeValue, EnrolmentCopy, SchoolCopy, StudentCopy
from pasi_connect.services.decisions import expected
from pasi_connect.services.pull import copies
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear
from tests.factories import (
    CalendarFactory,
    EnrolmentFactory,
    SchoolFactory,
    StudentFactory,
    link_and_copy,
    synchronizing,
)
from tests.factories import documents as mapping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_a_fixed_day")]

YEAR = SchoolYear(2027)
NEW = {
    **mapping.EMPTY,
    "grade": "08",
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 26),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
}


def numbers(found):
    return [[row.number for row in rows] for rows in found]


def only_in_pasi(asn: str, school_code: str, year: SchoolYear = YEAR, **given) -> EnrolmentCopy:
    """A record that only PASI has."""
    ref_id = str(uuid4())
    document = mapping.lay_on(mapping.new_document(ref_id, asn, school_code, year), {**NEW, **given}, mapping.NAMES)
    document["PASICoreVersion"] = 5
    copies.store(EnrolmentCopy, [copies.Received(document, copies.to_xml(document, ENTITY))])
    return EnrolmentCopy.objects.get(key=ref_id)


def copy_of_school(code: str, authority: str) -> None:
    received = {"SchoolCode": code, "SchoolAuthorityCode": authority, "IsActive": True, "PASICoreVersion": 1}
    copies.store(SchoolCopy, [copies.Received(received, b"<x/>")])


@pytest.fixture
def student():
    synchronizing(current_school_year=YEAR)
    return StudentFactory(birth_date=dt.date(2013, 3, 4))


@pytest.fixture
def stay(student):
    return EnrolmentFactory(student=student, school_year=YEAR)


def planned(student, school, **given):
    return {
        **NEW,
        "student_id": student.pk,
        "school_code": school.code,
        "school_year": YEAR,
        "enrolment_id": None,
        **given,
    }


def test_a_plain_stay_expects_nothing(stay):
    assert expected.of_enrolments([stay]) == [[]]


def test_a_plan_is_looked_at_as_a_whole(student, stay):
    """A withdrawal and a return that follows it: as they stand now they would overlap, as planned they do not."""
    last = dt.date(2026, 11, 13)
    back = planned(student, stay.school, start_date=dt.date(2026, 11, 16))
    assert numbers(expected.of_plan([back])) == [["10069"]]
    gone = expected.as_planned(stay, exit_date=last, exit_date_type="WithdrawalDate")
    assert expected.of_plan([gone, back]) == [[], []]
    too_early = {**back, "start_date": last}
    assert numbers(expected.of_plan([gone, too_early])) == [["10069"], ["10069"]]


def test_deleted_stays_and_other_students_count_for_nothing(student, stay):
    SchoolEnrolment.objects.filter(pk=stay.pk).update(deleted=True)
    EnrolmentFactory(school=stay.school, school_year=YEAR)
    again = planned(student, stay.school)
    assert expected.of_plan([again]) == [[]]
    assert numbers(expected.of_plan([again, {**again, "deleted": True}])) == [[], []]


def test_a_stay_at_another_authority_is_known_from_the_local_copy(student, stay):
    copy_of_school("4901", "1751")
    only_in_pasi(student.asn, "4901", exit_date=dt.date(2026, 12, 18))
    assert numbers(expected.of_enrolments([stay])) == [["10085"]]
    later = expected.as_planned(stay, start_date=dt.date(2026, 12, 21))
    assert expected.of_plan([later]) == [[]]


def test_a_school_that_pasi_has_not_named_is_another_authoritys_unless_it_is_ours(student, stay):
    other = only_in_pasi(student.asn, "4977")
    assert numbers(expected.of_enrolments([stay])) == [["10085"]]
    EnrolmentCopy.objects.filter(pk=other.pk).update(school_code=SchoolFactory().code)
    assert [one.code for one in expected.of_enrolments([stay])[0]] == ["second_main_stay"]


def test_the_copy_of_a_record_of_ours_is_not_counted_beside_it(student, stay):
    link_and_copy(stay)
    assert expected.of_enrolments([stay]) == [[]]


def test_what_vanished_from_pasi_is_not_counted(student, stay):
    other = only_in_pasi(student.asn, "4901")
    EnrolmentCopy.objects.filter(pk=other.pk).update(vanished_at=clock.now())
    assert expected.of_enrolments([stay]) == [[]]


def test_pasis_own_birth_date_decides(student, stay):
    identity = {"BirthDate": dt.date(2005, 1, 1)}
    document = {"StateProvinceId": student.asn, "IdentificationRecord": identity, "PASICoreVersion": 3}
    copies.store(StudentCopy, [copies.Received(document, b"<x/>")])
    assert numbers(expected.of_enrolments([stay])) == [["10017"]]
    StudentCopy.objects.update(is_deactivated=True, primary_asn="411111111")
    assert numbers(expected.of_enrolments([stay])) == [["9009", "9011", "10017"]]


def test_the_calendar_of_the_school_and_year_is_laid_beside(stay):
    calendar = CalendarFactory(school=stay.school, school_year=YEAR, first_day=dt.date(2026, 9, 2))
    assert numbers(expected.of_enrolments([stay])) == [["10003", "10035"]]
    calendar.first_day = dt.date(2026, 8, 31)
    calendar.save()
    assert expected.of_enrolments([stay]) == [[]]


def test_last_years_grade_comes_from_here_or_from_pasi(student, stay):
    only_in_pasi(
        student.asn, "4901", YEAR - 1, grade="06", start_date=dt.date(2025, 9, 1), exit_date=dt.date(2026, 6, 26)
    )
    assert numbers(expected.of_enrolments([stay])) == [["10018"]]
    SchoolEnrolment.objects.filter(pk=stay.pk).update(grade="05")
    stay.refresh_from_db()
    assert numbers(expected.of_enrolments([stay])) == [["10017", "10019"]]


def test_pasis_lists_say_which_programs_and_boards_there_are(stay):
    coded = expected.as_planned(stay, grants_program_codes="550", resident_board="2222")
    assert expected.of_plan([coded]) == [[]]  # nothing has been read yet
    CodeValue.objects.create(class_name="GrantsProgramCode", code="550", last_school_year=YEAR - 1)
    document = {"SchoolAuthorityCode": "1750", "IsActive": True, "PASICoreVersion": 1}
    copies.store(AuthorityCopy, [copies.Received(document, b"<x/>")])
    assert numbers(expected.of_plan([coded])) == [["10029", "10068"]]


def test_a_school_that_pasi_gives_to_another_authority_is_refused(stay):
    copy_of_school(stay.school.code, "1751")
    assert numbers(expected.of_enrolments([stay])) == [["10058"]]


def test_the_queries_do_not_grow_with_the_plan(django_assert_max_num_queries):
    synchronizing(current_school_year=YEAR)
    school = SchoolFactory()

    def plan(count: int) -> list[dict]:
        return [expected.as_planned(EnrolmentFactory(school=school, school_year=YEAR)) for _ in range(count)]

    few, many = plan(2), plan(30)
    with CaptureQueriesContext(connection) as small:
        expected.of_plan(few)
    with CaptureQueriesContext(connection) as large:
        expected.of_plan(many)
    assert len(large) == len(small) <= 12
