"""Bulk decisions: what is chosen, the guard, the job chunk by chunk, what moved, and taking it back."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action, Decision, Discrepancy, Link, Submission
from pasi_connect.services import decisions
from pasi_connect.services.decisions import bulk
from pasi_connect.services.queue import collecting
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.services import enrolments
from tests import factories
from tests.pasi_connect.services.decisions.bulks import ACCEPT, REJECT, changed, codes, conflict, ended, started

pytestmark = pytest.mark.django_db


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
