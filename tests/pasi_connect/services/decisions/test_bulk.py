"""Bulk decisions: what is chosen, the guard, the job chunk by chunk, what moved, and taking it back."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from operations.models import AuditEntry, Job, JobRow
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action, ActionRecord, Decision, Discrepancy, Link, Submission
from pasi_connect.services import decisions
from pasi_connect.services.decisions import bulk, taking_back
from pasi_connect.services.queue import collecting
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

ACCEPT = bulk.Choice("accept")
REJECT = bulk.Choice("reject", "A slip in PASIprep")


@pytest.fixture
def school():
    factories.synchronizing()
    return factories.SchoolFactory(code="2001")


@pytest.fixture
def user(school):
    return factories.UserFactory(schools=[school])


@pytest.fixture
def actor(user):
    return of_user(user, ip="10.1.2.3")


def changed(school, number, **theirs):
    made = []
    for _ in range(number):
        enrolment = factories.EnrolmentFactory(school=school)
        factories.link_and_copy(enrolment)
        made.append(factories.changed_in_pasi(enrolment, **(theirs or {"grade": "09"})))
    return made


def conflict(school, actor):
    enrolment = factories.EnrolmentFactory(school=school)
    factories.link_and_copy(enrolment)
    enrolments.change(actor, enrolment.pk, {"grade": "10"})
    return factories.changed_in_pasi(enrolment, grade="09")


def started(actor, user, choice, **which):
    action, job, _found = bulk.start(actor, selectors.discrepancies(user).filter(**which), choice, {})
    return action, job


def ended(job):
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def codes(job):
    return dict(job.rows.values_list("subject_id", "code"))


# What is chosen --------------------------------------------------------------------------------------------------


def test_conflicts_are_picked_apart_and_decided_only_when_named(school, user, actor):
    changed(school, 2)
    both = conflict(school, actor)
    items = selectors.discrepancies(user)
    found = bulk.select(items, ACCEPT)
    assert (len(found.ids), found.left_out, found.here, found.sent) == (2, [both.pk], 2, 0)
    named = bulk.select(items, bulk.Choice("reject", "x", frozenset({"changed_on_both"})))
    assert (named.ids, len(named.left_out), named.here, named.sent) == ([both.pk], 2, 0, 1)


@pytest.mark.parametrize(("decision", "decided"), [("accept", True), ("reject", False)])
def test_what_deletes_in_pasi_is_decided_only_when_named(school, user, actor, decision, decided):
    made = factories.created_in_pasi("123456782", school.code)
    found = bulk.select(selectors.discrepancies(user), bulk.Choice(decision, "x"))
    assert (found.ids, found.left_out) == (([made.pk], []) if decided else ([], [made.pk]))
    named = bulk.select(selectors.discrepancies(user), bulk.Choice(decision, "x", frozenset({"created_in_pasi"})))
    assert named.ids == [made.pk]


@pytest.mark.parametrize(("decision", "decided"), [("accept", False), ("reject", True)])
def test_what_deletes_here_is_decided_only_when_named(school, user, actor, decision, decided):
    enrolment = factories.EnrolmentFactory(school=school)
    factories.link_and_copy(enrolment)
    gone = factories.changed_in_pasi(enrolment, deleted=True)
    assert gone.kind == "deleted_in_pasi"
    found = bulk.select(selectors.discrepancies(user), bulk.Choice(decision, "x"))
    assert (found.ids, found.left_out) == (([gone.pk], []) if decided else ([], [gone.pk]))


def test_a_rejection_without_a_reason_is_refused(school, user, actor):
    with pytest.raises(ValidationError) as refused:
        started(actor, user, bulk.Choice("reject", " "))
    assert "reason" in refused.value.message_dict
    assert not Action.objects.exists()


def test_choosing_asks_the_database_as_often_for_many_as_for_one(school, user, actor):
    def count_queries():
        with CaptureQueriesContext(connection) as seen:
            bulk.select(selectors.discrepancies(user), ACCEPT)
        return len(seen)

    changed(school, 1)
    user.get_all_permissions()
    one = count_queries()
    changed(school, 12)
    assert count_queries() == one


# The job ---------------------------------------------------------------------------------------------------------


def test_a_bulk_accept_takes_pasis_values_and_is_one_action(school, user, actor):
    items = changed(school, 3)
    action, job = started(actor, user, bulk.Choice("accept", "Told by the other school"))
    assert (job.total, job.status, action.status) == (3, "queued", "done")
    ended(job)
    assert (job.status, job.done, job.failed, job.rows.count()) == ("completed", 3, 0, 0)
    action.refresh_from_db()
    assert (action.kind, action.status, action.job_id, action.school_code) == ("bulk_decision", "done", job.pk, "2001")
    assert set(SchoolEnrolment.objects.values_list("grade", "revision")) == {("09", 2)}
    assert set(Discrepancy.objects.values_list("status", "settled_by")) == {("settled", "accept")}
    assert [link.agreed["grade"] for link in Link.objects.all()] == ["09"] * 3
    records = list(action.records.order_by("order"))
    assert [record.order for record in records] == [0, 1, 2]
    assert {record.key for record in records} == {item.key for item in items}
    assert [(record.before, record.after, record.revision_after) for record in records] == [
        ({"grade": "08"}, {"grade": "09"}, 2)
    ] * 3
    assert Action.objects.count() == 1
    told = AuditEntry.objects.filter(action="accepted PASI")
    assert set(told.values_list("user_id", "reason")) == {(user.pk, "Told by the other school")}
    assert told.count() == 3
    assert not Submission.objects.exists()
    assert set(DataEvent.objects.values_list("origin", flat=True)) == {Origin.PASI}


def test_a_bulk_reject_leaves_one_submission_a_record(school, user, actor):
    changed(school, 3)
    _action, job = started(actor, user, REJECT)
    assert ended(job).status == "completed"
    assert set(Discrepancy.objects.values_list("status", "undecided")) == {("open", 0)}
    for enrolment in SchoolEnrolment.objects.all():
        collecting.collect(ENTITY.kind, enrolment.pk)
    rows = Submission.objects.values_list("status", "seen_version", "fields", "actor_name")
    assert [(status, seen, fields, who) for status, seen, fields, who in rows] == [
        ("waiting", 11, ["grade"], actor.name)
    ] * 3
    assert {link.kept["grade"] for link in Link.objects.all()} == {"09"}


TABLES = (Decision, Link, Discrepancy, SchoolEnrolment, DataEvent, AuditEntry)
OWN = {
    "id", "enrolment", "school_enrolment", "student", "discrepancy", "key", "at", "subject_id", "agreed_at", "settled_at",
    "opened_at", "asn",
    "agreed_digest", "student_id", "enrolment_id", "discrepancy_id", "collected_at", "local_number", "submission", "changed_at", "stored_at", "bulk",
}  # fmt: skip


@pytest.mark.parametrize("choice", [ACCEPT, REJECT], ids=["accept", "reject"])
@pytest.mark.parametrize(
    "theirs", [{"grade": "09"}, {"grade": "09", "grants_program_codes": "500 600"}, {"deleted": True}], ids=str
)
def test_in_bulk_the_same_as_one_by_one(school, user, actor, choice, theirs):
    alone, among = changed(school, 2, **theirs)
    before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in TABLES}
    one = {"accepted": None, "all_accepted": True} if choice.accept else {"rejected": None, "all_rejected": True}
    decisions.decide(actor, alone.pk, reason=choice.reason, **one)
    given = bulk.Choice(choice.decision, choice.reason, frozenset({alone.kind}))
    _action, job = started(actor, user, given, pk=among.pk)
    assert ended(job).status == "completed"

    def rows(model, item):
        """What the decision left about the record, without what is each record's own."""
        key = {
            Decision: {"discrepancy": item},
            Link: {"key": item.key},
            Discrepancy: {"pk": item.pk},
            SchoolEnrolment: {"pk": item.subject_id},
            DataEvent: {"subject_id": item.subject_id},
        }.get(model)
        found = model._base_manager.order_by("pk")
        if model is AuditEntry:
            about = {("discrepancy", str(item.pk)), ("school_enrolment", str(item.subject_id))}
            found = [row for row in found.exclude(pk__in=before[model]) if (row.entity, row.subject_id) in about]
        else:
            found = found.filter(**key)
        names = [field.name for field in model._meta.concrete_fields if field.name not in OWN]
        return [{name: getattr(row, name) for name in names} for row in found]

    for model in TABLES:
        first, second = rows(model, alone), rows(model, among)
        assert sorted(map(str, first)) == sorted(map(str, second)), model


def test_an_item_that_moved_since_the_list_was_made_is_left(school, user, actor):
    items = changed(school, 3)
    action, job = started(actor, user, ACCEPT)
    factories.changed_in_pasi(items[0].school_enrolment, grade="11")
    enrolments.change(actor, items[1].subject_id, {"local_student_id": "L77"})  # not compared again yet
    ended(job)
    assert (job.status, job.done, job.failed) == ("completed_with_problems", 3, 2)
    assert codes(job) == {str(items[0].pk): "moved", str(items[1].pk): "moved"}
    assert action.records.count() == 1
    grades = {item.subject_id: SchoolEnrolment.objects.get(pk=item.subject_id).grade for item in items}
    assert list(grades.values()) == ["08", "08", "09"]


def test_what_somebody_decided_meanwhile_is_no_problem(school, user, actor):
    first, second, third = changed(school, 3)
    _action, job = started(actor, user, ACCEPT)
    decisions.accept(actor, first.pk)
    decisions.reject(actor, second.pk, reason="Ours is right")
    ended(job)
    assert (job.status, job.failed) == ("completed", 0)
    assert codes(job) == {str(first.pk): "settled", str(second.pk): "decided"}
    third.refresh_from_db()
    assert third.status == "settled"


def test_one_that_cannot_be_stored_does_not_keep_the_others_from_being_decided(school, user, actor):
    fine = changed(school, 2)
    wrong = changed(school, 1, exit_date=fine[0].school_enrolment.start_date.replace(year=2001))[0]
    action, job = started(actor, user, ACCEPT)
    ended(job)
    assert (job.status, codes(job)) == ("completed_with_problems", {str(wrong.pk): "not_possible"})
    assert action.records.count() == 2
    wrong.refresh_from_db()
    assert wrong.status == "open"


def test_whole_records_are_entered_here(school, user, actor):
    made = factories.created_in_pasi("123456782", school.code)
    factories.StudentFactory(asn="123456782")
    safe = changed(school, 1)[0]
    action, job = started(actor, user, ACCEPT)
    assert ended(job).status == "completed"
    record = action.records.get(key=made.key)
    assert (record.before, record.subject_id) == (None, Link.objects.get(key=made.key).subject_id)
    assert action.records.get(key=safe.key).before == {"grade": "08"}


def test_what_is_left_out_is_told_record_by_record(school, user, actor):
    both = conflict(school, actor)
    safe = changed(school, 1)[0]
    _action, job = started(actor, user, ACCEPT)
    ended(job)
    assert (job.total, job.done, job.status) == (1, 1, "completed")
    assert codes(job) == {str(both.pk): "not_named"}
    safe.refresh_from_db()
    assert safe.status == "settled"


def test_an_empty_list_is_a_job_that_is_done_at_once(school, user, actor):
    action, job = started(actor, user, ACCEPT)
    ended(job)
    assert (job.status, job.total, job.done, action.records.count()) == ("completed", 0, 0, 0)


def test_chunks_go_on_at_the_mark_and_nothing_is_done_twice(school, user, actor, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 2)
    changed(school, 5)
    action, job = started(actor, user, ACCEPT)
    whole, calls = bulk._chunk, []

    def dies_after_two(*args):
        if len(calls) == 2:
            raise KeyboardInterrupt  # the process is gone
        calls.append(1)
        return whole(*args)

    monkeypatch.setattr(bulk, "_chunk", dies_after_two)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, action.records.count()) == ("running", 4, 4)
    Job.objects.filter(pk=job.pk).update(status="queued")
    monkeypatch.setattr(bulk, "_chunk", whole)
    ended(job)
    assert (job.status, job.done, action.records.count()) == ("completed", 5, 5)
    assert Decision.objects.count() == 5


def test_the_number_of_statements_does_not_follow_the_list(school, user, actor):
    def count_queries(number):
        changed(school, number)
        _action, job = started(actor, user, ACCEPT)
        with CaptureQueriesContext(connection) as seen:
            ended(job)
        return len(seen)

    few = count_queries(2)
    assert count_queries(30) <= few + 4  # savepoints of more batches


# The guard -------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(school):
    """51 of 60 live enrolments differ."""
    for _ in range(9):
        factories.EnrolmentFactory(school=school)
    return changed(school, 51)


def test_over_the_guard_it_waits_for_somebody_who_looks(school, user, actor, many):
    _action, job = started(actor, user, ACCEPT)
    assert job.status == "waiting_approval"
    assert "51 of the 60" in job.detail
    assert job.result["guard"] == [{"school": "2001", "school_year": str(many[0].school_year), "count": 51, "live": 60}]
    jobs.run(job.pk)
    assert not Decision.objects.exists()
    jobs.approve(of_user(factories.UserFactory(role="District officer")), job.pk)
    ended(job)
    assert (job.status, job.done) == ("completed", 51)
    assert set(Decision.objects.values_list("actor_name", flat=True)) == {actor.name}


def test_fifty_or_a_fifth_do_not_trip_it(school, user, actor, many):
    Discrepancy.objects.filter(pk=many[0].pk).update(status="settled")
    assert not bulk.select(selectors.discrepancies(user), ACCEPT).guarded
    Discrepancy.objects.filter(pk=many[0].pk).update(status="open")
    for _ in range(51 * 5 - 60):
        factories.EnrolmentFactory(school=school)
    assert not bulk.select(selectors.discrepancies(user), ACCEPT).guarded


# Undo ------------------------------------------------------------------------------------------------------------


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
