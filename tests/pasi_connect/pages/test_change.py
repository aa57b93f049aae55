"""One change side by side: what is shown, the decision, what moved meanwhile, undo."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from operations import clock
from operations.actor import of_user
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Discrepancy, EnrolmentCopy, Submission
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing
from sis.models import SchoolEnrolment
from sis.services import enrolments
from tests.factories import EnrolmentFactory, StudentFactory, changed_in_pasi, created_in_pasi, link_and_copy, take_up
from tests.pasi_connect.pages.conftest import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(here, enrolment):
    """Grade moved on both sides, the timeframe only in PASI."""
    enrolments.change(of_user(here.registrar), enrolment.pk, {"grade": "12"})
    return changed_in_pasi(enrolment, grade="11", programming_timeframe="Evening")


def address(item):
    return f"/changes/{item.pk}/"


def test_shows_the_three_values_and_who(here, as_person, item):
    text = as_person(here.registrar).get(address(item)).content.decode()
    assert "Tove Vandermolen, A.7010" in text
    for value in ("08", "09"):
        assert f'<span class="value">{value}</span>' in text
    assert "1 field differs, 15 match" in text
    assert "Based on core version <code>11</code>" in text
    assert '<input type="radio" name="field-grade" value="pasi" checked>' in text


def test_nothing_is_preset_where_both_sides_moved(here, as_person, both):
    text = as_person(here.registrar).get(address(both)).content.decode()
    assert "Grade: the SIS record says 12, PASI says 11." in text
    assert '<input type="radio" name="field-grade" value="sis">' in text
    assert '<input type="radio" name="field-grade" value="pasi">' in text


def test_accept(here, as_person, item, enrolment):
    response = as_person(here.registrar).post(address(item), form_of(item, **{"field-grade": "pasi"}), follow=True)
    enrolment.refresh_from_db()
    item.refresh_from_db()
    assert (enrolment.grade, item.status, item.settled_by) == ("09", "settled", "accept")
    text = response.content.decode()
    assert "Accepted PASI: Grade." in text
    assert f"/decisions/{item.decisions.get().pk}/undo/" in text


def test_keep_needs_a_reason_and_keeps_what_was_chosen(here, as_person, item):
    response = as_person(here.registrar).post(address(item), form_of(item, **{"field-grade": "sis"}))
    text = response.content.decode()
    assert response.status_code == 422
    assert "Say why PASI is to be reset" in text
    assert '<a href="#id_reason">' in text
    assert '<input type="radio" name="field-grade" value="sis" checked>' in text
    assert not item.decisions.exists()


def test_keep_puts_the_reset_on_its_way(here, as_person, item, enrolment):
    response = as_person(here.registrar).post(
        address(item), form_of(item, reason="Stays in grade 8", **{"field-grade": "sis"}), follow=True
    )
    item.refresh_from_db()
    assert (item.status, item.undecided) == ("open", 0)
    assert take_up(enrolment).status == "waiting"
    text = response.content.decode()
    assert "Reset on its way" in text
    assert "Kept SIS: Grade. It is being sent to PASI now." in text
    assert "Stays in grade 8" in text


def test_field_by_field(here, as_person, both, enrolment):
    form = form_of(both, reason="Ours is right", **{"field-grade": "sis", "field-programming_timeframe": "pasi"})
    assert as_person(here.registrar).post(address(both), form).status_code == 302
    enrolment.refresh_from_db()
    decision = both.decisions.get()
    assert (enrolment.grade, enrolment.programming_timeframe) == ("12", "Evening")
    assert (decision.accepted, decision.rejected) == (["programming_timeframe"], ["grade"])


def test_nothing_chosen_is_told_at_the_top(here, as_person, both):
    response = as_person(here.registrar).post(address(both), form_of(both))
    assert response.status_code == 422
    assert "Choose at least one field." in response.content.decode()


def test_a_change_meanwhile_shows_the_new_picture_and_keeps_the_reason(here, as_person, item, enrolment):
    seen = form_of(item, reason="Grade 8 it is", **{"field-grade": "sis"})
    changed_in_pasi(enrolment, grade="10")
    response = as_person(here.registrar).post(address(item), seen)
    text = response.content.decode()
    assert response.status_code == 409
    assert "Not saved" in text
    assert '<span class="value">10</span>' in text
    assert "Grade 8 it is" in text
    assert f'value="{Discrepancy.objects.get(pk=item.pk).version}"' in text
    assert not item.decisions.exists()


def test_a_post_without_version_counts_as_stale(here, as_person, item):
    response = as_person(here.registrar).post(address(item), {"do": "save", "field-grade": "pasi"})
    assert response.status_code == 409


def test_somebody_else_was_faster(here, as_person, item):
    seen = form_of(item, **{"field-grade": "pasi"})
    decisions.accept(of_user(here.district), item.pk)
    response = as_person(here.registrar).post(address(item), seen)
    assert response.status_code == 409
    assert "This change is already settled." in response.content.decode()


def test_one_key_accepts_and_goes_to_the_next(here, as_person, item):
    second = EnrolmentFactory(school=here.school)
    link_and_copy(second)
    following = changed_in_pasi(second, grade="09")
    response = as_person(here.registrar).post(f"{address(item)}?group=safe", form_of(item, do="all-pasi"))
    assert response["Location"] == f"/changes/{following.pk}/?group=safe"
    item.refresh_from_db()
    assert item.status == "settled"


def test_save_and_next_ends_at_the_list(here, as_person, item):
    response = as_person(here.registrar).post(address(item), form_of(item, do="next", **{"field-grade": "pasi"}))
    assert response["Location"] == "/changes/"


def test_keep_all_without_script(here, as_person, both):
    response = as_person(here.registrar).post(address(both), form_of(both, do="all-sis", reason="Ours"))
    assert response.status_code == 302
    assert set(both.decisions.get().rejected) == {"grade", "programming_timeframe"}


def test_undo(here, as_person, item, enrolment):
    registrar = as_person(here.registrar)
    registrar.post(address(item), form_of(item, **{"field-grade": "pasi"}))
    response = registrar.post(f"/decisions/{item.decisions.get().pk}/undo/", follow=True)
    enrolment.refresh_from_db()
    item.refresh_from_db()
    assert (enrolment.grade, item.status) == ("08", "open")
    assert "Decision undone" in response.content.decode()


def test_undo_says_why_not(here, as_person, item, enrolment):
    registrar = as_person(here.registrar)
    registrar.post(address(item), form_of(item, **{"field-grade": "pasi"}))
    enrolments.change(of_user(here.registrar), enrolment.pk, {"grade": "10"})
    decision = item.decisions.get()
    assert "The record has changed here since." in registrar.get(address(item)).content.decode()
    response = registrar.post(f"/decisions/{decision.pk}/undo/", follow=True)
    assert "Not undone: The record has changed here since." in response.content.decode()
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).grade == "10"


def test_created_in_pasi_is_decided_as_a_whole(here, as_person):
    student = StudentFactory(asn="123456782")
    made = created_in_pasi("123456782", here.school.code)
    registrar = as_person(here.registrar)
    text = registrar.get(address(made)).content.decode()
    assert "PASI has an enrolment that the SIS does not have." in text
    assert "Enter it here" in text
    assert registrar.post(address(made), form_of(made, **{"field-whole": "pasi"})).status_code == 302
    assert SchoolEnrolment.objects.get(student=student).grade == "08"


def test_missing_in_pasi_is_sent(here, as_person, enrolment):
    EnrolmentCopy.objects.update(vanished_at=clock.now())
    comparing.evaluate(ENTITY, ids=[enrolment.pk])
    gone = Discrepancy.objects.get()
    registrar = as_person(here.registrar)
    text = registrar.get(address(gone)).content.decode()
    assert "The SIS has this enrolment; PASI does not." in text
    response = registrar.post(address(gone), form_of(gone, reason="Still here", **{"field-whole": "sis"}))
    assert response.status_code == 302
    assert set(take_up(enrolment).fields) >= {"grade", "start_date"}


def test_deleted_in_pasi(here, as_person, enrolment):
    gone = changed_in_pasi(enrolment, deleted=True)
    registrar = as_person(here.registrar)
    assert "This enrolment was deleted in PASI." in registrar.get(address(gone)).content.decode()
    registrar.post(address(gone), form_of(gone, **{"field-whole": "pasi"}))
    enrolment.refresh_from_db()
    assert enrolment.deleted


def test_a_settled_reset_is_the_past(here, as_person, item, enrolment):
    registrar = as_person(here.registrar)
    registrar.post(address(item), form_of(item, reason="Ours", **{"field-grade": "sis"}))
    Discrepancy.objects.filter(pk=item.pk).update(status="settled", settled_at=clock.now(), settled_by="reject")
    text = registrar.get(address(item)).content.decode()
    assert "Settled: PASI took the SIS values" in text
    assert "On its way to PASI" not in text
    assert "1 field was decided or settled" in text


def test_a_refused_reset_says_so_in_words(here, as_person, item, enrolment):
    registrar = as_person(here.registrar)
    registrar.post(address(item), form_of(item, reason="Ours", **{"field-grade": "sis"}))
    sent = take_up(enrolment)
    Submission.objects.filter(pk=sent.pk).update(
        status="rejected", rejections=[{"code": "10133", "message": "Program not allowed above grade 9"}]
    )
    text = registrar.get(address(item)).content.decode()
    assert "Reset refused by PASI" in text
    assert "This language program ends with grade 9. (10133)" in text
    assert "Correct the grants program codes." in text
    assert f"/submissions/{sent.pk}/" in text


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("registrar", 200), ("district", 200), ("admin", 200)])
def test_who_may_look(here, as_person, item, who, status):
    assert as_person(getattr(here, who)).get(address(item)).status_code == status


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("admin", 403), ("district", 302)])
def test_who_may_decide(here, as_person, item, who, status):
    person = as_person(getattr(here, who))
    assert person.post(address(item), form_of(item, **{"field-grade": "pasi"})).status_code == status
    assert item.decisions.exists() is (status == 302)


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("admin", 403)])
def test_who_may_undo(here, as_person, item, who, status):
    made = decisions.accept(of_user(here.registrar), item.pk)
    assert as_person(getattr(here, who)).post(f"/decisions/{made.pk}/undo/").status_code == status
    made.refresh_from_db()
    assert made.undone_at is None


def test_an_administrator_is_told_why_there_is_no_button(here, as_person, item):
    text = as_person(here.admin).get(address(item)).content.decode()
    assert "You have view-only access" in text
    assert "Save the decision" not in text


def test_the_number_of_queries_does_not_follow_the_history(here, as_person, item, enrolment, django_assert_num_queries):
    registrar = as_person(here.registrar)
    changed_in_pasi(enrolment, grade="10", programming_timeframe="Evening")
    registrar.get(address(item))
    with CaptureQueriesContext(connection) as few:
        registrar.get(address(item))
    for grade in ("10", "11", "12", "10"):
        changed_in_pasi(enrolment, grade=grade, programming_timeframe="Evening")
    with django_assert_num_queries(len(few)):
        registrar.get(address(item))


def test_a_twin_made_in_pasi_is_named_before_it_is_accepted(here, as_person, enrolment):
    twin = created_in_pasi(enrolment.student.asn, here.school.code)
    page = as_person(here.registrar).get(address(twin)).content.decode()
    assert "Before you accept" in page
    assert (
        f"{here.school.name}, {enrolment.start_date} to {enrolment.exit_date}" in html.fromstring(page).text_content()
    )
    assert f'href="/enrolments/{enrolment.pk}/edit/"' in page
    other = created_in_pasi(enrolment.student.asn, here.other.code)
    page = as_person(here.stranger).get(address(other)).content.decode()
    assert (
        f"{here.school.name}, {enrolment.start_date} to {enrolment.exit_date}" in html.fromstring(page).text_content()
    )
    assert f"/enrolments/{enrolment.pk}/" not in page  # another school's: named, not opened
