"""Submissions: the list, one with its record, and each way out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from pasi_connect.models import Discrepancy
from sis.services import enrolments
from tests.factories import EnrolmentFactory, changed_in_pasi, link_and_copy, submission, take_up

pytestmark = pytest.mark.django_db
REFUSED = {"rejections": [{"code": "10016", "message": "ExitDate is before StartDate"}]}


@pytest.fixture
def rejected(here, enrolment):
    """A changed grade that PASI has refused."""
    enrolments.change(of_user(here.registrar), enrolment.pk, {"grade": "12"})
    one = take_up(enrolment)
    one.status, one.rejections = "rejected", REFUSED["rejections"]
    one.save()
    return one


def test_empty_list(here, as_person):
    text = as_person(here.registrar).get("/submissions/").content.decode()
    assert "No submission is stuck" in text
    assert "Nothing has been sent yet" in text


def test_list_says_why_and_what_next(here, as_person, rejected):
    text = as_person(here.registrar).get("/submissions/").content.decode()
    assert "1 submission is stuck" in text
    assert "The exit date is before the start date. (10016)" in text
    assert "Correct the exit date." in text


@pytest.mark.parametrize(
    ("query", "found"),
    [("status=rejected", True), ("status=held", False), ("group=stuck", True), ("group=today", False)],
)
def test_list_filters(here, as_person, rejected, query, found):
    text = as_person(here.registrar).get(f"/submissions/?{query}").content.decode()
    assert (f'<a href="/submissions/{rejected.pk}/' in text) is found


def test_list_is_scoped(here, as_person, rejected):
    assert f"/submissions/{rejected.pk}/" not in as_person(here.stranger).get("/submissions/").content.decode()


def test_list_queries_do_not_follow_the_rows(here, as_person, rejected, django_assert_num_queries):
    registrar = as_person(here.registrar)
    registrar.get("/submissions/")
    with CaptureQueriesContext(connection) as few:
        registrar.get("/submissions/")
    for _n in range(10):
        submission(EnrolmentFactory(school=here.school), "rejected", **REFUSED)
    with django_assert_num_queries(len(few)):
        registrar.get("/submissions/")


def test_shows_both_sides_and_the_words_of_pasi(here, as_person, rejected):
    text = as_person(here.registrar).get(f"/submissions/{rejected.pk}/").content.decode()
    for shown in (
        "1 field differs",
        "only we changed",
        "ExitDate is before StartDate",
        "Send again",
        "Cancel the submission",
    ):
        assert shown in text
    assert 'name="seen" value="10"' in text


def test_send_again(here, as_person, rejected):
    response = as_person(here.registrar).post(f"/submissions/{rejected.pk}/send-again/", {"seen": 10}, follow=True)
    rejected.refresh_from_db()
    assert (rejected.status, rejected.seen_version) == ("waiting", 10)
    assert rejected.user == here.registrar
    assert "Queued again" in response.content.decode()


def test_send_again_over_a_version_that_was_not_seen(here, as_person, rejected, enrolment):
    changed_in_pasi(enrolment, programming_timeframe="Evening")
    response = as_person(here.registrar).post(
        f"/submissions/{rejected.pk}/send-again/", {"seen": 10, "reason": "checked with the school"}
    )
    text = response.content.decode()
    rejected.refresh_from_db()
    assert response.status_code == 409
    assert rejected.status == "rejected"
    assert "checked with the school" in text
    assert 'name="seen" value="11"' in text


def test_take_pasi(here, as_person, rejected, enrolment):
    as_person(here.registrar).post(f"/submissions/{rejected.pk}/take-pasi/", {"seen": 10})
    enrolment.refresh_from_db()
    rejected.refresh_from_db()
    assert (enrolment.grade, rejected.status, rejected.reason) == ("08", "cancelled", "took_pasi")


def test_take_pasi_takes_only_what_was_seen(here, as_person, rejected, enrolment):
    changed_in_pasi(enrolment, programming_timeframe="Evening")
    response = as_person(here.registrar).post(f"/submissions/{rejected.pk}/take-pasi/", {"seen": 10})
    enrolment.refresh_from_db()
    assert response.status_code == 409
    assert (enrolment.grade, enrolment.programming_timeframe) == ("12", "Day")


def test_cancel_leaves_the_difference_to_be_decided(here, as_person, rejected):
    as_person(here.registrar).post(f"/submissions/{rejected.pk}/cancel/", {"reason": "enter it twice"})
    rejected.refresh_from_db()
    assert (rejected.status, rejected.detail) == ("cancelled", "enter it twice")
    assert Discrepancy.objects.get(key=rejected.key, status="open").kind == "never_agreed"


def test_what_is_on_its_way_can_not_be_cancelled(here, as_person, rejected):
    rejected.status = "in_flight"
    rejected.save()
    response = as_person(here.registrar).post(f"/submissions/{rejected.pk}/cancel/", {})
    assert response.status_code == 409
    assert "It is on its way or has ended" in response.content.decode()


def test_a_text_outside_latin_1_is_agreed_by_a_person(here, as_person, enrolment):
    enrolments.change(of_user(here.registrar), enrolment.pk, {"local_student_id": "Łucja7"})
    one = take_up(enrolment)
    assert (one.status, one.reason) == ("held", "text_outside")
    registrar = as_person(here.registrar)
    text = registrar.get(f"/submissions/{one.pk}/").content.decode()
    assert 'value="Lucja7"' in text
    assert "The SIS record keeps: Łucja7" in text
    wrong = registrar.post(f"/submissions/{one.pk}/spelling/", {"local_student_id": "Łucja"})
    assert wrong.status_code == 422
    assert "PASI cannot store this either." in wrong.content.decode()
    registrar.post(f"/submissions/{one.pk}/spelling/", {"local_student_id": "Lucja7"})
    one.refresh_from_db()
    enrolment.refresh_from_db()
    assert (one.status, enrolment.local_student_id) == ("waiting", "Łucja7")


def test_a_waiting_one_asks_again_by_itself_and_an_ended_one_does_not(here, as_person, enrolment):
    registrar = as_person(here.registrar)
    waiting = submission(enrolment, "waiting")
    assert "data-poll" in registrar.get(f"/submissions/{waiting.pk}/state/").content.decode()
    waiting.status = "accepted"
    waiting.save()
    assert "data-poll" not in registrar.get(f"/submissions/{waiting.pk}/state/").content.decode()


@pytest.mark.parametrize("way", ["send-again", "cancel", "take-pasi", "spelling"])
@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("admin", 403)])
def test_who_may_not_end_it(here, as_person, rejected, way, who, status):
    assert as_person(getattr(here, who)).post(f"/submissions/{rejected.pk}/{way}/", {"seen": 10}).status_code == status
    rejected.refresh_from_db()
    assert rejected.status == "rejected"


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("admin", 200), ("district", 200)])
def test_who_may_look(here, as_person, rejected, who, status):
    person = as_person(getattr(here, who))
    assert person.get(f"/submissions/{rejected.pk}/").status_code == status
    assert person.get(f"/submissions/{rejected.pk}/state/").status_code == status


def test_a_record_that_pasi_does_not_have(here, as_person):
    new = submission(EnrolmentFactory(school=here.school), "rejected", **REFUSED)
    text = as_person(here.registrar).get(f"/submissions/{new.pk}/").content.decode()
    assert "PASI does not have this enrolment yet" in text
    assert "Take PASI&#x27;s values" not in text


def test_an_undecided_change_comes_first(here, as_person, enrolment):
    item = changed_in_pasi(enrolment, grade="11")
    one = submission(enrolment, "needs_review", reason="changed_in_pasi")
    text = as_person(here.registrar).get(f"/submissions/{one.pk}/").content.decode()
    assert f"/changes/{item.pk}/" in text
    assert "A change from PASI to this record is waiting for a decision." in text


def test_link_and_copy_alone_makes_no_submission(here, as_person):
    link_and_copy(EnrolmentFactory(school=here.school))
    assert "Nothing has been sent yet" in as_person(here.registrar).get("/submissions/").content.decode()
