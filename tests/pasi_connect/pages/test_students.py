"""The names of a student among the changes, the submissions and on the student's page: named by its kind, at several schools."""

import re

import pytest

from operations.actor import of_user
from operations.models import ReadEntry
from pasi_connect.models import Submission, SyncSettings
from pasi_connect.services.queue import collecting
from sis.services import students
from tests.factories import EnrolmentFactory, SchoolFactory, StudentFactory, UserFactory, changed_in_pasi, link_and_copy

pytestmark = pytest.mark.django_db


@pytest.fixture
def student(here):
    SyncSettings.objects.update(student_identity=True)
    made = StudentFactory(identity_document_type="CanadianPassport", legal_first_name="Ines", legal_last_name="Varga")
    EnrolmentFactory(student=made, school=here.school)
    link_and_copy(made)
    return made


@pytest.fixture
def item(student):
    return changed_in_pasi(student, legal_first_name="Ilona")


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_and_the_page_of_the_change_name_the_student(registrar, item, student):
    page = text(registrar.get("/changes/"))
    assert "Ines Varga" in page and "Legal first name" in page and "Ilona" in page
    page = text(registrar.get(f"/changes/{item.pk}/"))
    assert "Student identity" in page and f'href="/students/{student.pk}/"' in page
    assert "Ilona" in page and "None" not in page


@pytest.mark.parametrize("side", ["sis", "pasi"])
def test_it_is_decided_on_its_page(registrar, item, student, side):
    given = {"field-legal_first_name": side, "version": item.version, "reason": "Document seen.", "do": "save"}
    assert registrar.post(f"/changes/{item.pk}/", given).status_code == 302
    student.refresh_from_db()
    assert student.legal_first_name == ("Ilona" if side == "pasi" else "Ines")
    page = text(registrar.get(f"/changes/{item.pk}/"))
    assert "Legal first name" in page
    assert f"{student.legal_first_name} Varga" in text(registrar.get("/"))


def test_the_page_of_the_student_says_where_the_names_stand(registrar, student, item):
    page = text(registrar.get(f"/students/{student.pk}/"))
    assert "Names and identification in PASI" in page and f"/changes/{item.pk}/" in page
    assert "Shown, not compared." not in page


def test_a_submission_says_its_part(registrar, here, student):
    students.change(
        of_user(here.registrar), student.pk, {"preferred_first_name": "Loni", "preferred_last_name": "Vance"}
    )
    collecting.collect("student", student.pk)
    submission = Submission.objects.get()
    page = text(registrar.get(f"/students/{student.pk}/"))
    assert f"/submissions/{submission.pk}/" in page and "Preferred name" in page
    assert "Loni Vance" in text(registrar.get("/submissions/"))
    page = text(registrar.get(f"/submissions/{submission.pk}/"))
    assert "Preferred first name" in page and not re.search(rf'(href|action|hx-get)="[^"]*{student.asn}', page)


def test_a_foreign_school_finds_none_of_it(here, as_person, student, item):
    stranger = as_person(here.stranger)
    assert stranger.get(f"/changes/{item.pk}/").status_code == 404
    assert "Varga" not in text(stranger.get("/changes/"))
    EnrolmentFactory(student=student, school=here.other, concurrent=True)
    assert "Varga" in text(stranger.get("/changes/"))
    assert stranger.get(f"/changes/{item.pk}/").status_code == 200
    third = as_person(UserFactory(role="Registrar", schools=[SchoolFactory()]))
    assert third.get(f"/changes/{item.pk}/").status_code == 404


def test_why_is_for_the_school_that_decided(here, as_person, registrar, student, item):
    EnrolmentFactory(student=student, school=here.other, concurrent=True)
    given = {"field-legal_first_name": "pasi", "version": item.version, "reason": "Passport seen.", "do": "save"}
    registrar.post(f"/changes/{item.pk}/", given)
    assert "Passport seen." in text(registrar.get(f"/changes/{item.pk}/"))
    theirs = text(as_person(here.stranger).get(f"/changes/{item.pk}/"))
    assert "Settled" in theirs and "Passport seen." not in theirs


def test_the_api_tells_kind_and_key_and_takes_both_as_filters(registrar, item, student, here):
    found = registrar.get("/api/v1/discrepancies/", {"entity": "student", "key": student.asn}).json()["results"]
    assert [(one["id"], one["asn"], one["ref_id"], one["enrolment"]) for one in found] == [
        (item.pk, student.asn, None, None)
    ]
    answer = registrar.post(
        f"/api/v1/discrepancies/{item.pk}/reject/", {"reason": "Document seen."}, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    collecting.collect("student", student.pk)
    [sent] = registrar.get("/api/v1/submissions/", {"entity": "student", "key": student.asn}).json()["results"]
    assert (sent["entity"], sent["part"], sent["item"], sent["key"]) == ("student", "identification", "", student.asn)


def test_a_list_is_narrowed_to_a_school_of_the_student(here, as_person, student, item):
    EnrolmentFactory(student=student, school=here.other, concurrent=True)
    district = as_person(here.district)
    for school in (here.school, here.other):
        assert "Varga" in text(district.get("/changes/", {"school": school.code}))
    assert "Varga" not in text(district.get("/changes/", {"school": SchoolFactory().code}))


def test_whoever_opens_what_concerns_the_names_has_read_the_student(registrar, here, student, item):
    students.change(of_user(here.registrar), student.pk, {"legal_middle_name": "Orla"})
    collecting.collect("student", student.pk)
    waiting = Submission.objects.get(entity="student")
    for address in (f"/changes/{item.pk}/", f"/submissions/{waiting.pk}/"):
        ReadEntry.objects.all().delete()
        text(registrar.get(address))
        assert list(ReadEntry.objects.values_list("kind", "student_id")) == [("opened", student.pk)]
