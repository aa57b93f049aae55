"""The page of a change whose identity moved or which was restored, a reset that was refused, and a mixed end."""

import pytest
from lxml import html

from operations.actor import of_user
from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Discrepancy, Link, Submission, SyncSettings
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing
from pasi_connect.services.pull import absent
from pasi_connect.services.queue import submissions
from pasi_connect.views import changes
from sis.models import SchoolEnrolment, Student
from tests.factories import (
    EnrolmentFactory,
    StudentFactory,
    changed_in_pasi,
    link_and_copy,
    link_of,
    moved_in_pasi,
    submission,
    take_up,
)
from tests.markup import squeezed
from tests.pasi_connect.pages.conftest import form_of

pytestmark = pytest.mark.django_db


def address(item, what=""):
    return f"/changes/{item.pk}/{what}"


@pytest.fixture
def other(here):
    """Another student of the school."""
    made = EnrolmentFactory(school=here.school, student__legal_first_name="Odile", student__legal_last_name="Brassard")
    link_and_copy(made)
    return made.student


@pytest.fixture
def moved(enrolment, other):
    return moved_in_pasi(enrolment, asn=other.asn)


# Identity --------------------------------------------------------------------------------------------------------


def test_a_moved_record_names_both_and_offers_three_ways(registrar, moved, enrolment, other):
    text = registrar.get(address(moved)).content.decode()
    read = html.fromstring(text).text_content()
    assert f"now belongs elsewhere: Odile Brassard ({other.asn_shown})" in read
    assert f"The SIS record is {enrolment.student.name} ({enrolment.student.asn_shown})" in read
    for side in ("sis", "pasi", "anew"):
        assert f'<input type="radio" name="field-whole" value="{side}">' in squeezed(text)
    listed = registrar.get("/changes/?kind=identity_changed_in_pasi").content.decode()
    assert "Identity changed in PASI" in listed
    assert other.asn_shown in listed


@pytest.mark.parametrize(
    ("side", "look"),
    [
        ("pasi", lambda item, other: SchoolEnrolment.objects.get(pk=item.subject_id).student == other),
        ("anew", lambda item, other: Link.objects.get(subject_id=item.subject_id).key != item.key),
        ("sis", lambda item, other: Discrepancy.objects.get(pk=item.pk).undecided == 0),
    ],
)
def test_each_way_and_its_undo(registrar, moved, other, side, look):
    answer = registrar.post(address(moved), form_of(moved, reason="Known here", **{"field-whole": side}), follow=True)
    assert answer.status_code == 200
    assert look(moved, other)
    made = moved.decisions.get()
    registrar.post(f"/decisions/{made.pk}/undo/")
    moved.refresh_from_db()
    assert (moved.status, moved.undecided, moved.kind) == ("open", 1, "identity_changed_in_pasi")
    assert Link.objects.get(subject_id=moved.subject_id).key == moved.key


def test_what_lies_outside_of_ones_schools_is_not_offered_and_not_named(here, registrar, enrolment):
    elsewhere = EnrolmentFactory(school=here.other, student__legal_first_name="Zelda", student__legal_last_name="Quill")
    link_and_copy(elsewhere)
    item = moved_in_pasi(enrolment, asn=elsewhere.student.asn)
    text = registrar.get(address(item)).content.decode()
    assert "Quill" not in text
    assert f"ASN {elsewhere.student.asn_shown}" in html.fromstring(text).text_content()
    assert "Ask a district officer" in text
    assert '<input type="radio" name="field-whole" value="pasi" disabled>' in squeezed(text)
    refused = registrar.post(address(item), form_of(item, **{"field-whole": "pasi"}))
    assert (refused.status_code, SchoolEnrolment.objects.get(pk=enrolment.pk).student) == (422, enrolment.student)


def test_nobody_elses_change(here, as_person, moved):
    stranger = as_person(here.stranger)
    assert [stranger.get(address(moved, what)).status_code for what in ("", "state/")] == [404, 404]


# Restored --------------------------------------------------------------------------------------------------------


def test_a_restored_record_is_a_kind_of_its_own_and_not_safe(registrar, enrolment):
    changed_in_pasi(enrolment, deleted=True)
    gone = Discrepancy.objects.get()
    registrar.post(address(gone), form_of(gone, **{"field-whole": "pasi"}))
    item = changed_in_pasi(enrolment, deleted=False)
    assert item.kind == "restored_in_pasi"
    assert not DiscrepancyFilter({"group": "safe"}).qs.exists()
    text = registrar.get(address(item)).content.decode()
    assert "This enrolment was restored in PASI. It is deleted in the SIS." in text
    assert "Restore it here" in text
    assert "changes from <del>" not in text
    registrar.post(address(item), form_of(item, **{"field-whole": "pasi"}))
    assert not SchoolEnrolment.objects.get(pk=enrolment.pk).deleted


def test_a_restored_record_is_deleted_in_pasi_again(registrar, enrolment):
    changed_in_pasi(enrolment, deleted=True)
    gone = Discrepancy.objects.get()
    registrar.post(address(gone), form_of(gone, **{"field-whole": "pasi"}))
    item = changed_in_pasi(enrolment, deleted=False)
    registrar.post(address(item), form_of(item, reason="Left", **{"field-whole": "sis"}))
    assert take_up(enrolment).fields == ["deleted"]


# One state -------------------------------------------------------------------------------------------------------


def states(registrar, item):
    """The same in the list, on the page, in the part that asks again, and in the filter: one word."""
    listed = registrar.get("/changes/?group=open").context["rows"][0]["state"]
    page = registrar.get(address(item)).context["state"]
    part = registrar.get(address(item, "state/")).context["state"]
    found = {
        state
        for state in ("on_its_way", "refused")
        if DiscrepancyFilter({"state": state}).qs.filter(pk=item.pk).exists()
    }
    counts = changes.group_counts(registrar.user)
    return {listed, page, part}, found, (changes.waiting(counts), counts["reset"])


@pytest.fixture
def registrar(here, as_person):
    client = as_person(here.registrar)
    client.user = here.registrar
    return client


def test_a_review_that_stands_on_the_record_is_no_refused_reset(here, registrar, item, enrolment):
    """Keep SIS: the submission that needed a review is answered by the decision, at once and before it is taken up."""
    submission(enrolment, "needs_review", key=item.key, reason="changed_in_pasi")
    registrar.post(address(item), form_of(item, reason="Ours", **{"field-grade": "sis"}))
    assert states(registrar, item) == ({"reset"}, {"on_its_way"}, (0, 1))
    queued = take_up(enrolment)
    assert states(registrar, item) == ({"reset"}, {"on_its_way"}, (0, 1))
    submissions.move(
        queued, "rejected", rejections=[{"code": "10016", "message": "Exit date must be after start date"}]
    )
    assert states(registrar, item) == ({"refused"}, {"refused"}, (1, 0))
    assert "Exit date must be after start date" in registrar.get(address(item, "state/")).content.decode()
    enrolment.refresh_from_db()
    registrar.post(f"/submissions/{queued.pk}/send-again/", {"seen": item.core_version})
    assert states(registrar, item)[0] == {"reset"}


def test_a_kept_value_that_is_held_says_so_and_why(here, registrar, item, enrolment):
    registrar.post(address(item), form_of(item, reason="Ours", **{"field-grade": "sis"}))
    submissions.move(take_up(enrolment), "held", reason="sync_off")
    assert states(registrar, item) == ({"reset_held"}, {"on_its_way"}, (0, 1))
    text = registrar.get(address(item)).content.decode()
    assert "nothing has been sent to PASI yet" in text
    assert "Regular synchronization is off." in text
    assert "is on its way to PASI" not in text


def test_the_message_after_keeping_says_that_it_will_be_held(here, registrar, item):
    SyncSettings.objects.update(regular_synchronization=False)
    form = form_of(item, reason="Ours", **{"field-grade": "sis"})
    text = registrar.post(address(item), form, follow=True).content.decode()
    assert "Kept SIS: Grade. It is held and not sent to PASI yet: Regular synchronization is off." in text
    assert "It is being sent to PASI now" not in text


def test_a_record_that_pasi_does_not_show_is_not_said_to_be_missing(registrar, enrolment):
    absent.hide(SCHOOL_ENROLMENT, [link_of(enrolment).key])
    comparing.evaluate(ENTITY, keys=[link_of(enrolment).key])
    item = Discrepancy.objects.get(key=link_of(enrolment).key)
    page = html.fromstring(registrar.get(address(item)).content)
    text = " ".join(page.text_content().split())
    assert "PASI no longer shows us its record of this enrolment." in text
    assert "PASI has no such record" not in text
    (row,) = page.xpath("//td[@data-label='PASI']")
    assert "not known" in row.text_content()
    choices = {each.get("value"): each.get("disabled") for each in page.xpath("//input[@name='field-whole']")}
    assert choices == {"sis": "disabled", "pasi": "disabled", "anew": None}
    assert "relink the SIS record or delete it here" in text


def test_linking_anew_has_its_name_in_the_list_of_actions(registrar, enrolment):
    item = moved_in_pasi(enrolment, school_code="9999")
    decisions.link_anew(of_user(registrar.user), item.pk)
    assert "Relink" in registrar.get("/actions/").context["rows"][0]["what"]


def test_a_refused_reset_is_exported_as_refused(here, registrar, item, enrolment):
    decisions.reject(of_user(here.registrar), item.pk, reason="Ours")
    submissions.move(take_up(enrolment), "rejected", rejections=[{"code": "10016", "message": "No"}])
    text = b"".join(registrar.get("/changes/export/csv/?group=open").streaming_content).decode()
    assert "Reset refused by PASI" in text


def test_the_part_that_asks_again_says_when_it_has_ended(registrar, item):
    Discrepancy.objects.filter(pk=item.pk).update(status="settled", settled_by="reject", settled_at=item.opened_at)
    text = registrar.get(address(item, "state/")).content.decode()
    assert "settled now" in text
    assert "data-poll" not in text


# How it ended ----------------------------------------------------------------------------------------------------


def test_a_mixed_decision_says_what_was_decided(here, registrar, enrolment):
    one = changed_in_pasi(enrolment, grade="09", programming_timeframe="Evening")
    decisions.decide(
        of_user(here.registrar), one.pk, accepted=["grade"], rejected=["programming_timeframe"], reason="Days only"
    )
    changed_back = changed_in_pasi_back(enrolment, programming_timeframe="Day")
    assert (changed_back.status, changed_back.settled_by) == ("settled", "mixed")
    text = registrar.get(address(one)).content.decode()
    assert "Settled: PASI’s Grade accepted, the SIS Programming timeframe kept" in text
    assert "Days only" in text


def changed_in_pasi_back(enrolment, **theirs):
    """PASI holds our value by now; the item that was open has settled."""
    found = Discrepancy.objects.get(key=link_of(enrolment).key, status="open")
    with pytest.raises(Discrepancy.DoesNotExist):
        changed_in_pasi(enrolment, **theirs)
    found.refresh_from_db()
    return found


def test_undo_of_a_created_record_is_offered(here, registrar):
    from tests.factories import created_in_pasi

    StudentFactory(asn="123456782")
    made = created_in_pasi("123456782", here.school.code)
    answer = registrar.post(address(made), form_of(made, **{"field-whole": "pasi"}), follow=True)
    decision = made.decisions.get()
    assert f"/decisions/{decision.pk}/undo/" in answer.content.decode()
    registrar.post(f"/decisions/{decision.pk}/undo/")
    made.refresh_from_db()
    assert (made.status, made.undecided) == ("open", 1)
    assert Student.objects.filter(asn="123456782").exists()
    assert Submission.objects.count() == 0
