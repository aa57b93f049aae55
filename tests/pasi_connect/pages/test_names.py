"""Lists say whose records they are about, to those who may see the student; the exchange log shows its polls on demand."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import clock
from operations.actor import of_user
from operations.services import notices
from pasi_connect.models import Exchange
from pasi_connect.services import decisions
from pasi_connect.services.decisions import notices as notifying
from tests.factories import EnrolmentFactory, changed_in_pasi, link_and_copy, link_of, submission

pytestmark = pytest.mark.django_db


def call(school, operation="SubmitStudentSchoolEnrolment", **more):
    return Exchange.objects.create(
        message_id=uuid.uuid4(),
        operation=operation,
        school_code=school.code,
        organization=school.organization_code,
        sent_at=clock.now(),
        **more,
    )


def text(response):
    return response.content.decode()


@pytest.fixture
def student(enrolment):
    return enrolment.student


@pytest.mark.parametrize("by", ["submission", "ref_id", "asn"])
def test_the_exchange_log_names_the_student(here, as_person, enrolment, student, by):
    more = {
        "submission": lambda: {"submission": submission(enrolment, "accepted")},
        "ref_id": lambda: {"key": link_of(enrolment).key, "operation": "GetStudentSchoolEnrolment"},
        "asn": lambda: {"key": student.asn, "operation": "GetStudent"},
    }[by]()
    one = call(here.school, **more)
    link = f'<a href="/students/{student.pk}/">{student.name}</a>'
    registrar = as_person(here.registrar)
    assert link in text(registrar.get("/exchanges/"))
    assert link in text(registrar.get(f"/exchanges/{one.pk}/"))
    assert as_person(here.stranger).get(f"/exchanges/{one.pk}/").status_code == 404


def test_a_call_for_a_school_names_nobody_of_another(here, as_person, enrolment, student):
    """The call is of the person's school, the record by now of another one."""
    call(here.other, key=link_of(enrolment).key)
    page = text(as_person(here.stranger).get("/exchanges/"))
    assert "SubmitStudentSchoolEnrolment" in page
    assert student.name not in page


def test_polls_are_shown_on_demand(here, as_person):
    for operation in ("IsDataAvailable", "HelloWorld", "GetStudent"):
        call(here.school, operation)
    client = as_person(here.registrar)

    def operations(query=""):
        return [row["call"].operation for row in client.get(f"/exchanges/{query}").context["rows"]]

    assert operations() == ["GetStudent"]
    with_polls = client.get("/exchanges/").context["with_polls"]
    assert operations(with_polls) == ["GetStudent", "HelloWorld", "IsDataAvailable"]
    assert operations("?operation=IsDataAvailable") == ["IsDataAvailable"]
    assert client.get("/exchanges/?polls=odd").status_code == 400


def test_decisions_and_actions_name_the_student(here, as_person, item, student):
    decisions.accept(of_user(here.registrar), item.pk)
    page = as_person(here.registrar).get("/actions/")
    (row,) = page.context["rows"]
    assert row["student"] == (student.name, f"/students/{student.pk}/")
    assert student.name in text(page)
    entry = text(as_person(here.registrar).get(f"/actions/{row['action'].pk}/"))
    assert student.name in entry


def test_notices_name_the_student_to_those_who_may_see_them(here, as_person, student):
    given = {"kind": "withdraw", "school": here.other.code, "who": "Rhea Molnar", "student": student.pk}
    for school in (here.school, here.other):
        notices.leave(school.code, notifying.DONE, given)
    assert student.name in text(as_person(here.registrar).get("/notices/"))
    other = text(as_person(here.stranger).get("/notices/"))
    assert "Rhea Molnar" in other
    assert student.name not in other


def test_names_cost_as_many_queries_for_many_rows(here, as_person):
    def add(number):
        for _ in range(number):
            enrolment = EnrolmentFactory(school=here.school)
            link_and_copy(enrolment)
            decisions.accept(of_user(here.registrar), changed_in_pasi(enrolment, grade="09").pk)
            call(here.school, submission=submission(enrolment, "accepted"))
            call(here.school, key=enrolment.student.asn, operation="GetStudent")
            call(here.school, key=link_of(enrolment).key, operation="GetStudentSchoolEnrolment")
            given = {"kind": "withdraw", "school": "9901", "who": "x", "student": enrolment.student_id}
            notices.leave(here.school.code, notifying.DONE, given)

    client = as_person(here.registrar)

    def count_queries():
        found = []
        for address in ("/exchanges/", "/actions/", "/notices/"):
            with CaptureQueriesContext(connection) as seen:
                client.get(address)
            found.append(len(seen))
        return found

    add(1)
    count_queries()  # who has read what is entered once an hour
    one = count_queries()
    add(9)
    assert count_queries() == one
