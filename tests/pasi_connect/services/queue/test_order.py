"""Order is the order of the changes, student by student, whoever takes them up and whenever; single changes go before bulks."""

import datetime as dt

import pytest

from operations import wake
from operations.actor import of_user
from operations.services import audit, jobs
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Submission
from pasi_connect.models.submission import FLYING, QUEUED, Status
from pasi_connect.services.queue import claiming, collecting, outcomes, reviews, sending, submissions
from sis.models import DataEvent
from sis.models.organization import State
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


@pytest.fixture
def pair(world):
    """Two records of one student, in step."""
    first = world.in_step(exit_date=dt.date(2027, 1, 29))
    second = world.in_step(student=first.student, start_date=dt.date(2027, 2, 1))
    return first, second


def order():
    """The subjects in the order in which they would be sent."""
    sent = []
    while row := claiming.due().first():
        sent.append(row.subject_id)
        submissions.move(row, Status.NO_CHANGE)
    return sent


def test_collecting_a_record_collects_what_its_student_changed_before(world, pair):
    first, second = pair
    world.edit(first, grade="09")
    world.edit(second, grade="09")
    collecting.collect(ENTITY.kind, second.pk)  # the wake of the first was lost, or came late
    rows = {row.subject_id: row for row in Submission.objects.all()}
    assert rows[first.pk].place < rows[second.pk].place
    assert order() == [first.pk, second.pk]


def test_a_submission_stands_where_its_first_event_stands(world, pair):
    first, second = pair
    world.edit(first, grade="09")
    world.edit(second, grade="09")
    world.edit(first, exit_date=dt.date(2027, 1, 28))
    collecting.take_up()
    events = list(DataEvent.objects.order_by("id").values_list("id", flat=True))
    assert list(Submission.objects.order_by("place").values_list("subject_id", "place")) == [
        (first.pk, events[0]),
        (second.pk, events[1]),
    ]


def test_numbers_of_submissions_say_nothing_about_the_order(world, pair):
    first, second = pair
    factories.submission(second, place=7)
    factories.submission(first, place=5)
    assert order() == [first.pk, second.pk]


def test_what_was_not_applied_keeps_its_place_though_a_later_change_of_it_waits(world, pair):
    first, second = pair
    world.edit(first, grade="09")
    collecting.take_up()
    row, _flight = claiming.claim()
    world.edit(second, grade="09")
    world.edit(first, exit_date=dt.date(2027, 1, 28))
    collecting.take_up()
    submissions.back_to_queue(row, reason="not_applied", next_attempt_at=row.next_attempt_at)
    assert order() == [first.pk, second.pk]


def test_what_is_given_back_keeps_its_place(world, pair):
    first, second = pair
    world.edit(first, grade="09")
    world.edit(second, grade="09")
    collecting.take_up()
    _row, flight = claiming.claim()
    outcomes.give_back(flight)
    assert order() == [first.pk, second.pk]


def causes():
    def school(world, record, on):
        record.school.enrolment_sync = State.ACTIVE if on else State.INACTIVE
        record.school.save()

    def asn(world, record, on):
        asn_before = world.link(record).school_enrolment.student.asn or world.copy(record).asn
        record.student.asn = asn_before if on else None
        record.student.save()

    def year(world, record, on):
        world.set(accepted_school_years=[2025, 2026, 2027, 2028] if on else [2026])

    def switch(world, record, on):
        world.set(regular_synchronization=on)

    return [school, asn, year, switch]


@pytest.mark.parametrize("cause", causes(), ids=lambda cause: cause.__name__)
def test_what_was_held_goes_before_later_changes_once_its_cause_is_gone(world, pair, cause):
    first, second = pair
    cause(world, first, False)
    world.edit(first, grade="09")
    collecting.take_up()
    assert Submission.objects.get().status == Status.HELD
    cause(world, first, True)
    world.edit(second, grade="09")
    collecting.take_up()
    row, _flight = claiming.claim()
    assert row.subject_id == first.pk  # nobody had looked again at what was held
    assert claiming.claim() is None
    assert Submission.objects.get(subject_id=second.pk).status == Status.WAITING


def test_what_stays_held_keeps_nothing_else_from_going(world, pair):
    first, second = pair
    elsewhere = factories.SchoolFactory(enrolment_sync=State.INACTIVE)
    first.school = elsewhere
    first.save()
    world.edit(first, grade="09")
    world.edit(second, grade="09")
    collecting.take_up()
    row, _flight = claiming.claim()
    assert row.subject_id == second.pk


def test_what_a_person_sends_again_goes_behind_what_has_happened_since(world, pair):
    first, second = pair
    stuck = factories.submission(first, "rejected", place=1)
    world.edit(second, grade="09")
    collecting.take_up()
    world.edit(first, local_student_id="L7")
    DataEvent.objects.filter(subject_id=first.pk).update(collected_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    reviews.send_again(world.actor, stuck.pk)
    assert order() == [second.pk, first.pk]


# Bulks -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def bulk(world):
    """Twelve records changed in one go, taken up."""
    rows = world.all_in_step(12)
    enrolments.change_many(world.actor, {row.pk: {"grade": "09"} for row in rows})
    collecting.take_up()
    assert set(Submission.objects.values_list("bulk", flat=True)) == {True}
    return rows


def test_a_single_change_goes_before_a_bulk(world, bulk):
    single = world.in_step()
    world.edit(single, grade="09")
    collecting.take_up()
    assert order() == [single.pk, *(row.pk for row in bulk)]


def test_a_single_change_is_taken_up_before_a_bulk(world, monkeypatch):
    monkeypatch.setattr(collecting, "CHUNK", 5)
    rows = world.all_in_step(12)
    enrolments.change_many(world.actor, {row.pk: {"grade": "09"} for row in rows})
    single = world.in_step()
    world.edit(single, grade="09")
    assert collecting.take_up()
    assert Submission.objects.filter(subject_id=single.pk).exists()
    assert Submission.objects.count() == 5
    while collecting.take_up():
        pass
    assert Submission.objects.count() == 13


def test_a_single_change_takes_along_what_its_student_has_in_the_bulk(world, bulk):
    """The lane stays in order, and the person does not wait for eleven others."""
    other = world.in_step(student=bulk[8].student, start_date=dt.date(2027, 2, 1), exit_date=dt.date(2027, 6, 1))
    world.edit(other, grade="09")
    collecting.take_up()
    assert order()[:3] == [bulk[8].pk, other.pk, bulk[0].pk]


def test_both_taken_up_together_go_together(world):
    rows = world.all_in_step(12)
    other = world.in_step(student=rows[8].student, start_date=dt.date(2027, 2, 1), exit_date=dt.date(2027, 6, 1))
    enrolments.change_many(world.actor, {row.pk: {"grade": "09"} for row in rows})
    world.edit(other, grade="09")
    collecting.take_up()
    assert order()[:3] == [rows[8].pk, other.pk, rows[0].pk]


def test_a_bulk_that_joins_a_single_change_does_not_slow_it_down(world):
    rows = world.all_in_step(12)
    world.edit(rows[11], exit_date=MAY)
    collecting.take_up()
    enrolments.change_many(world.actor, {row.pk: {"grade": "09"} for row in rows})
    collecting.take_up()
    assert order()[0] == rows[11].pk


def test_many_single_changes_of_one_program_are_a_bulk_too(world, monkeypatch):
    """Saved one by one, thousands say no less than in one go; whoever else changes a record goes before them."""
    rows = world.all_in_step(15)
    for row in rows:
        world.edit(row, grade="09")
    collecting.take_up()
    assert Submission.objects.filter(bulk=False).count() == collecting.QUICK
    colleague, single = of_user(factories.UserFactory()), world.in_step()
    enrolments.change(colleague, single.pk, {"grade": "09"})
    collecting.take_up()
    assert Submission.objects.get(subject_id=single.pk).bulk is False
    assert order().index(single.pk) <= collecting.QUICK


def test_the_newest_of_thousands_is_not_taken_up_last(world, monkeypatch):
    monkeypatch.setattr(collecting, "CHUNK", 5)
    monkeypatch.setattr(collecting, "NEWEST", 2)
    rows = world.all_in_step(12)
    for row in rows:
        world.edit(row, grade="09")
    assert collecting.take_up()
    assert set(Submission.objects.values_list("subject_id", flat=True)) == {row.pk for row in (*rows[:5], *rows[-2:])}


def test_what_a_job_does_is_a_bulk_however_few_it_changes_at_a_time(world):
    mark = jobs._in_job.set(True)
    try:
        world.edit(world.in_step(), grade="09")
    finally:
        jobs._in_job.reset(mark)
    assert DataEvent.objects.get().bulk


def test_many_that_are_released_together_are_a_bulk(world):
    world.set(regular_synchronization=False)
    for row in world.all_in_step(14):
        world.edit(row, grade="09")
    collecting.take_up()
    world.set(regular_synchronization=True)
    assert submissions.release_held() == 14
    # Those that came as single changes, and no more of them than go first at any time.
    assert Submission.objects.filter(bulk=True, status=Status.WAITING).count() >= 14 - collecting.QUICK


def test_a_bulk_is_taken_up_in_as_many_statements_as_few(world, django_assert_max_num_queries):
    rows = world.all_in_step(40)
    enrolments.change_many(world.actor, {row.pk: {"grade": "09"} for row in rows})
    audited = audit.AuditEntry.objects.count()
    with django_assert_max_num_queries(40):
        collecting.take_up()
    assert Submission.objects.filter(status__in=QUEUED).count() == 40
    assert audit.AuditEntry.objects.filter(action="submission").count() == 40
    assert audit.AuditEntry.objects.count() == audited + 40


def test_a_record_that_cannot_be_taken_up_stops_no_other(world, monkeypatch):
    bad, good = world.all_in_step(2)
    world.edit(bad, grade="09")
    world.edit(good, grade="09")
    real = submissions.why_held

    def broken(submission, *args):
        if submission.subject_id == bad.pk:
            raise ValueError("made up")
        return real(submission, *args)

    monkeypatch.setattr(submissions, "why_held", broken)
    collecting.take_up()
    assert list(Submission.objects.values_list("subject_id", flat=True)) == [good.pk]
    assert list(DataEvent.objects.filter(collected_at=None).values_list("subject_id", flat=True)) == [bad.pk]


# Messages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def unread(monkeypatch):
    """The messages that lie unread: (task, argument, seconds until it expires)."""
    sent = []
    monkeypatch.setattr(wake, "unread", lambda task: len(sent))
    monkeypatch.setattr(
        wake.current_app, "send_task", lambda task, args, expires=None, **_more: sent.append((task, *args, expires))
    )
    return sent


def test_however_many_change_a_handful_of_messages_says_so(world, unread, settings, django_capture_on_commit_callbacks):
    settings.SENDERS = 2
    with django_capture_on_commit_callbacks(execute=True):
        for row in world.all_in_step(30):
            world.edit(row, grade="09")
            collecting.collect(ENTITY.kind, row.pk)
    assert unread == [("pasi_connect.send", wake.LOOK_SECONDS)] * 4


def test_one_look_finds_takes_up_and_sends_everything(world):
    rows = world.all_in_step(3)
    for row in rows:
        world.edit(row, grade="09")
    sending.drain()
    assert not Submission.objects.filter(status__in=(*QUEUED, *FLYING)).exists()
    assert [world.theirs(row)["Grade"] for row in rows] == ["09"] * 3
