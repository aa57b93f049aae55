"""A list of a hundred asks the database as often as a list of one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import clock
from operations.actor import SYNC
from pasi_connect.models import Exchange, Link
from pasi_connect.services import decisions
from tests import factories
from tests.api.conftest import client_of

# Of each request two are the token's and the person's, and up to four the person's permissions and schools.
COUNTS = {
    "schools": 4,
    "students": 13,  # one more than of a section: the schools of the page
    "enrolments": 12,
    "submissions": 7,  # the line to PASI, once for a page: what waits says since when PASI is away
    "discrepancies": 5,
    "exchanges": 5,
    "failures": 5,
    "courses": 4,
    "sections": 12,
    "course-enrolments": 4,
    "stored-grades": 4,
    "decisions": 7,
}


def add(school, number):
    """`number` students, each linked, with a linked enrolment that differs, a stuck submission, an exchange and a stored grade."""
    for _ in range(number):
        enrolment = factories.EnrolmentFactory(school=school)
        factories.link_and_copy(enrolment)
        Link.objects.create(entity="student", subject_id=enrolment.student_id, key=enrolment.student.asn)
        item = factories.changed_in_pasi(enrolment, grade="09")
        decisions.accept(SYNC, item.pk)
        made = factories.submission(enrolment, "rejected", rejections=[{"code": "10016", "message": "x"}])
        Exchange.objects.create(
            message_id=made.key,
            operation="SubmitStudentSchoolEnrolment",
            submission=made,
            school_code=school.code,
            organization=school.organization_code,
            sent_at=clock.now(),
        )
        factories.StoredGradeFactory(course_enrolment__enrolment=enrolment)
        factories.failure(made.key, school.code)


@pytest.mark.django_db
def test_lists_ask_as_often_for_many_rows_as_for_one():
    factories.synchronizing()
    school = factories.SchoolFactory()
    api = client_of(factories.UserFactory(schools=[school]))

    def count_queries():
        found = {}
        for name in COUNTS:
            with CaptureQueriesContext(connection) as seen:
                rows = api.get(f"{name}/").json()["results"]
            found[name] = (len(seen), len(rows))
        return found

    add(school, 1)
    first = count_queries()  # the token's time of use is written once a minute, what was read once an hour
    one = count_queries()
    add(school, 99)
    many = count_queries()
    assert {name: rows for name, (_, rows) in many.items() if name != "schools"} == dict.fromkeys(
        (
            "students",
            "enrolments",
            "submissions",
            "discrepancies",
            "exchanges",
            "failures",
            "courses",
            "sections",
            "course-enrolments",
            "stored-grades",
            "decisions",
        ),
        100,
    )
    assert {name: count for name, (count, _) in one.items()} == {name: count for name, (count, _) in many.items()}
    assert all(first[name][0] <= one[name][0] + 1 for name in COUNTS if name != "schools")
    over = {name: count for name, (count, _) in many.items() if count > COUNTS[name]}
    assert not over
