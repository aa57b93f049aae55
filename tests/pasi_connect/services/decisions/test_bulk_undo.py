"""A bulk decision is taken back: whole, one record of it, and what has moved on since stays with its reason."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.models import JobRow
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import ActionRecord, Decision, Discrepancy, Submission
from pasi_connect.services import decisions
from pasi_connect.services.decisions import bulk, taking_back
from pasi_connect.services.queue import collecting
from sis.models import DataEvent, SchoolEnrolment
from sis.services import enrolments
from tests import factories
from tests.pasi_connect.services.decisions.bulks import ACCEPT, REJECT, changed, ended, started

pytestmark = pytest.mark.django_db


def test_a_bulk_is_taken_back_and_what_moved_on_stays_with_its_reason(school, user, actor):
    items = changed(school, 3)
    action, job = started(actor, user, ACCEPT)
    ended(job)
    enrolments.change(actor, items[0].subject_id, {"grade": "12"})
    seen = taking_back.preview(action)
    assert (seen.can, [message for _record, message in seen.cannot]) == (
        2,
        ["The record has changed here since."],
    )
    with pytest.raises(ValidationError, match="Say why"):
        taking_back.start(actor, action.pk, " ")
    undo = taking_back.start(actor, action.pk, "The wrong list")
    assert undo.total == 3
    ended(undo)
    assert (undo.status, undo.done, undo.failed) == ("completed_with_problems", 3, 1)
    assert list(undo.rows.values_list("key", "code")) == [(items[0].key, "not_undone")]
    action.refresh_from_db()
    assert (action.status, action.undone_at) == ("done", None)
    assert [record.undone_at is None for record in action.records.order_by("order")] == [True, False, False]
    grades = [SchoolEnrolment.objects.get(pk=item.subject_id).grade for item in items]
    assert grades == ["12", "08", "08"]
    assert set(Discrepancy.objects.filter(pk__in=[i.pk for i in items[1:]]).values_list("status", "undecided")) == {
        ("open", 1)
    }
    assert not Submission.objects.exists()


def test_a_bulk_taken_back_whole_is_undone(school, user, actor):
    changed(school, 2)
    action, job = started(actor, user, REJECT)
    ended(job)
    undo = ended(taking_back.start(actor, action.pk, "The wrong list"))
    assert undo.status == "completed"
    action.refresh_from_db()
    assert (action.status, action.undone_by, action.undo_reason) == ("undone", actor.name, "The wrong list")
    assert set(Discrepancy.objects.values_list("status", "undecided")) == {("open", 1)}
    for enrolment in SchoolEnrolment.objects.all():
        collecting.collect(ENTITY.kind, enrolment.pk)
    assert not Submission.objects.exists()
    with pytest.raises(taking_back.NotPossible, match="already"):
        taking_back.start(actor, action.pk, "Again")


def test_not_while_its_job_runs_and_not_twice_at_once(school, user, actor):
    changed(school, 1)
    action, job = started(actor, user, ACCEPT)
    with pytest.raises(taking_back.NotPossible, match="has not ended"):
        taking_back.start(actor, action.pk, "Too soon")
    ended(job)
    taking_back.start(actor, action.pk, "The wrong list")
    with pytest.raises(taking_back.NotPossible, match="already"):
        taking_back.start(actor, action.pk, "Twice")


def test_a_job_that_was_cancelled_does_not_go_on_after_it_was_taken_back(school, user, actor, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 1)
    changed(school, 2)
    action, job = started(actor, user, ACCEPT)
    whole = bulk._chunk

    def cancelled_after_one(*args):
        whole(*args)
        jobs.cancel(actor, job.pk)

    monkeypatch.setattr(bulk, "_chunk", cancelled_after_one)
    ended(job)
    assert (job.status, job.done) == ("cancelled", 1)
    ended(taking_back.start(actor, action.pk, "Wrong"))
    jobs.resume(actor, job.pk)
    monkeypatch.setattr(bulk, "_chunk", whole)
    assert ended(job).status == "failed"
    assert SchoolEnrolment.objects.filter(grade="09").count() == 0


def test_the_number_of_statements_to_take_back_follows_the_chunks_alone(school, user, actor):
    def count_queries(number):
        changed(school, number)
        action, job = started(actor, user, ACCEPT)
        ended(job)
        undo = taking_back.start(actor, action.pk, "Wrong")
        with CaptureQueriesContext(connection) as seen:
            assert ended(undo).status == "completed"
        decisions_left = Decision.objects.filter(undone_at=None).count()
        assert not decisions_left
        Discrepancy.objects.update(status="settled")
        return len(seen)

    few = count_queries(2)
    assert count_queries(20) <= few + 6


def test_one_record_of_a_bulk_is_taken_back_alone(school, user, actor):
    items = changed(school, 2)
    action, job = started(actor, user, ACCEPT)
    ended(job)
    decisions.undo(actor, items[0].decisions.get().pk)
    action.refresh_from_db()
    assert (action.status, ActionRecord.objects.filter(undone_at=None).count()) == ("done", 1)
    decisions.undo(actor, items[1].decisions.get().pk)
    action.refresh_from_db()
    assert action.status == "undone"
    assert not JobRow.objects.exists()


def arrived(item):
    """PASI has taken our value: both sides hold it."""
    with pytest.raises(Discrepancy.DoesNotExist):
        factories.changed_in_pasi(SchoolEnrolment.objects.get(pk=item.subject_id), grade="08")


def test_where_resets_have_arrived_pasis_former_values_are_taken_in_bulk(school, user, actor):
    items = changed(school, 3)
    action, job = started(actor, user, REJECT)
    ended(job)
    DataEvent.objects.all().delete()
    arrived(items[0])
    arrived(items[1])
    seen = taking_back.preview(action)
    assert (seen.can, len(seen.cannot), seen.former) == (1, 2, 2)
    taken = ended(taking_back.start(actor, action.pk, "They were right", former=True))
    assert (taken.status, taken.done, taken.failed) == ("completed_with_problems", 3, 1)
    grades = [SchoolEnrolment.objects.get(pk=item.subject_id).grade for item in items]
    assert grades == ["09", "09", "08"]
    assert [event.fields for event in DataEvent.objects.order_by("id")] == [["grade"], ["grade"]]
    assert taking_back.preview(action).former == 0
    with pytest.raises(taking_back.NotPossible, match="former value cannot be taken"):
        taking_back.start(actor, action.pk, "Again", former=True)


def test_a_moved_and_a_restored_record_are_decided_only_when_named(school, user, actor):
    moved, other, back = (factories.EnrolmentFactory(school=school) for _ in range(3))
    for enrolment in (moved, other, back):
        factories.link_and_copy(enrolment)
    item = factories.moved_in_pasi(moved, asn=other.student.asn)
    decisions.accept(actor, factories.changed_in_pasi(back, deleted=True).pk)
    restored = factories.changed_in_pasi(back, deleted=False)
    for choice in (ACCEPT, REJECT):
        assert bulk.select(selectors.discrepancies(user), choice).ids == []
    _action, job = started(actor, user, bulk.Choice("accept", "", frozenset({item.kind, restored.kind})))
    assert ended(job).status == "completed"
    assert SchoolEnrolment.objects.get(pk=moved.pk).student == other.student
    assert not SchoolEnrolment.objects.get(pk=back.pk).deleted


def test_in_a_bulk_too_a_record_outside_of_ones_schools_is_left_with_the_reason(school, user, actor):
    enrolment = factories.EnrolmentFactory(school=school)
    factories.link_and_copy(enrolment)
    item = factories.moved_in_pasi(enrolment, school_code=factories.SchoolFactory(code="2002").code)
    _action, job = started(actor, user, bulk.Choice("accept", "", frozenset({item.kind})))
    ended(job)
    (row,) = job.rows.all()
    assert (row.code, "Ask a district officer" in row.message) == ("not_possible", True)
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).school == school
