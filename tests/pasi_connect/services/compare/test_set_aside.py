"""One record stops no other: a step of ours that raises for one record, and all others arrive.

What raises is put at a seam of the step: the function that is wrapped does its own work for every other record.
"""

import datetime as dt

import pytest
from django.db import OperationalError

from operations import faults, health
from operations.actor import of_user
from operations.models import Job, JobRow
from operations.services import jobs
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import (
    Action,
    Discrepancy,
    Failure,
    LinkState,
    Submission,
)
from pasi_connect.models.submission import Status
from pasi_connect.services.compare import failures
from pasi_connect.services.decisions import bulk, deciding
from pasi_connect.services.decisions import many as decided_together
from pasi_connect.services.queue import (
    chains,
    claiming,
    collecting,
    forcing,
    outcomes,
    reviews,
    submissions,
    sweeping,
)
from pasi_connect.soap import gateway
from registrar.services import year_end
from registrar.services.actions import schedule
from sis.models import DataEvent
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories
from tests.pasi_connect.services.compare.rounds import check_dead, is_of, no_data_in, turns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("short_leases")]

MAY = dt.date(2027, 5, 14)


def test_preparing(world, four, break_for, caplog):
    bad, others = four
    of_it = is_of(world, bad)
    mend = break_for(claiming.mapping, "lay_on", lambda entity, document, *rest: of_it(document))
    turns()
    dead = check_dead(world, bad, others, caplog)
    mend()
    reviews.send_again(world.actor, dead.pk)
    turns(1)
    dead.refresh_from_db()
    assert (dead.status, dead.faults) == (Status.ACCEPTED, 0)


def test_recording(world, four, break_for, caplog):
    """PASI has it: reading it back fails as well, and nothing is sent a second time."""
    bad, others = four
    of_it = is_of(world, bad)
    break_for(outcomes.copies, "row", lambda model, received, *rest: of_it(received.document))
    break_for(outcomes.mapping, "same_content", lambda entity, sent, found, part: of_it(sent))
    turns()
    check_dead(world, bad, others, caplog)
    sent = [
        call for call in world.pasi.calls("SubmitStudentSchoolEnrolment") if call["key"] == str(world.link(bad).key)
    ]
    assert len(sent) == 1


def test_recording_that_fails_once_is_made_good_by_reading_back(world, four, break_for):
    bad, _others = four
    of_it = is_of(world, bad)
    mend = break_for(outcomes.copies, "row", lambda model, received, *rest: of_it(received.document))
    turns(1)
    mend()
    turns(1)
    sent = Submission.objects.get(subject_id=bad.pk)
    assert (sent.status, sent.reason) == (Status.ACCEPTED, "read_back")


def test_reading_back_an_answer_that_cannot_be_read(world, four, break_for, caplog):
    bad, others = four
    of_it = is_of(world, bad)
    ref_id = str(world.link(bad).key)
    break_for(outcomes.copies, "row", lambda model, received, *rest: of_it(received.document))
    break_for(
        gateway.codec, "decode_member", lambda element, member: len(element) and ref_id in "".join(element.itertext())
    )
    turns()
    dead = Submission.objects.get(subject_id=bad.pk)
    assert (dead.status, dead.reason) == (Status.DEAD, "set_aside")
    assert {Submission.objects.get(subject_id=one.pk).status for one in others} == {Status.ACCEPTED}
    assert LinkState.load().state == "up"
    assert no_data_in(caplog)


def test_releasing_what_is_held(world, break_for, caplog):
    world.set(regular_synchronization=False)
    many = world.all_in_step(3)
    for one in many:
        assert world.queue(one, grade="09").status == Status.HELD
    world.set(regular_synchronization=True)
    break_for(chains, "place", lambda kind, subject_id: subject_id == many[0].pk)
    turns()
    check_dead(world, many[0], many[1:], caplog)


def test_taking_up_what_changed_here(world, break_for, caplog):
    """Of a student with two records one is set aside; both students' other changes go."""
    bad = world.in_step()
    others = [world.in_step(world.other, student=bad.student), *world.all_in_step(2)]
    mend = break_for(submissions, "why_held", lambda row, *rest: row.subject_id == bad.pk)
    for one in (bad, *others):
        world.edit(one, grade="09")
    turns()
    dead = check_dead(world, bad, others, caplog)
    assert not DataEvent.objects.filter(collected_at=None).exists()
    assert not Failure.objects.exists()
    mend()
    reviews.send_again(world.actor, dead.pk)
    turns(1)
    dead.refresh_from_db()
    assert (dead.status, world.theirs(bad)["Grade"]) == (Status.ACCEPTED, "09")


def test_taking_up_that_fails_once_is_made_good(world, break_for):
    bad = world.in_step()
    mend = break_for(submissions, "why_held", lambda row, *rest: row.subject_id == bad.pk)
    world.edit(bad, grade="09")
    collecting.take_up()
    assert Failure.objects.get().step == "collect"
    mend()
    turns(2)
    assert world.theirs(bad)["Grade"] == "09"
    assert not Failure.objects.exists()


# Many at once ------------------------------------------------------------------------------------------------------


def test_a_record_of_a_bulk(world, break_for):
    many = world.all_in_step(5)
    for one in many:
        world.change_in_pasi(one, Grade="09")
    world.pull()
    break_for(decided_together, "_move", lambda pair, decision: pair.link.subject_id == many[2].pk)
    break_for(deciding, "_decide_fields", lambda actor, item, copy, link, *more: link.subject_id == many[2].pk)
    items = Discrepancy.objects.filter(status="open")
    officer = factories.UserFactory(role="District officer")
    choice = bulk.Choice(decision="accept", kinds=None, reason="As in PASI")
    _action, job, _found = bulk.start(of_user(officer), items, choice, {})
    if job.status == Job.Status.WAITING_APPROVAL:
        jobs.approve(of_user(officer), job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.failed) == (Job.Status.COMPLETED_WITH_PROBLEMS, 5, 1)
    row = JobRow.objects.get(job=job)
    assert (row.code, row.failed) == ("not_possible", True)
    assert "PASI Connect failed to process this record" in row.message
    grades = {one.pk: type(one).objects.get(pk=one.pk).grade for one in many}
    assert [grades[one.pk] for one in many] == ["09", "09", "08", "09", "09"]


def test_a_record_of_a_school_that_is_sent_now(world, break_for):
    many = world.all_in_step(3)
    for one in many:
        world.change_in_pasi(one, Grade="09")
    break_for(forcing, "_ours_to_send", lambda enrolment, *rest: enrolment.pk == many[1].pk)
    job = forcing.start(of_user(factories.UserFactory(role="District officer")), world.school, ENTITY)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.failed) == (Job.Status.COMPLETED_WITH_PROBLEMS, 2, 1)
    assert JobRow.objects.get(job=job, failed=True).code == "fault"
    assert [world.copy(one).grade for one in (many[0], many[2])] == ["09", "09"]


def test_a_record_of_a_year_end(db, on_a_fixed_day, break_for):
    """The rehearsal tells it, the run closes the others."""
    year = SchoolYear(2026)
    factories.synchronizing()
    school = factories.CalendarFactory(school_year=year, last_day=dt.date(2026, 6, 26)).school
    days = {"start_date": dt.date(2025, 9, 2), "exit_date": dt.date(2026, 6, 26)}
    many = [factories.EnrolmentFactory(school=school, school_year=year, concurrent=True, **days) for _ in range(4)]
    mend = break_for(year_end.rules, "judge", lambda case: case.record["id"] == many[1].pk)
    officer = of_user(factories.UserFactory(role="District officer"))
    rehearsal = year_end.rehearse(officer, year_end.scope_now(year))
    jobs.run(rehearsal.job_id)
    rehearsal.refresh_from_db()
    job = Job.objects.get(pk=rehearsal.job_id)
    assert (job.done, job.failed) == (4, 1)
    assert JobRow.objects.get(job=job).code == "fault"
    assert set(rehearsal.rows.values_list("enrolment_id", flat=True)) == {one.pk for one in many if one is not many[1]}
    mend()
    run = year_end.start(officer, rehearsal.pk)
    jobs.run(run.job_id)
    assert Job.objects.get(pk=run.job_id).result["closed"] == 3


def test_a_planned_action_stops_after_three_tries_and_the_others_are_carried_out(world, break_for):
    done = []

    def draw(given, reason, note):
        if given["enrolment"] == 1:
            raise ValueError("Ines Varga")
        done.append(given["enrolment"])
        raise schedule.plans.Refused("It was done by hand meanwhile.")

    made = [
        Action.objects.create(
            kind=Action.Kind.TRANSFER_OUT, status="planned", at=schedule.clock.now(), due_on=schedule.clock.today(),
            school_code="4801", actor_name="Ana", actor_local_id="a", actor_ip="1", inputs={"enrolment": number},
        )
        for number in (1, 2)
    ]  # fmt: skip
    for action in made:
        action.records.create(entity="school_enrolment", subject_id=world.in_step().pk, school_code="4801")
    schedule.DRAW[Action.Kind.TRANSFER_OUT], kept = draw, schedule.DRAW[Action.Kind.TRANSFER_OUT]
    try:
        for _ in range(faults.MOST_TRIES):
            schedule.carry_out_due()
    finally:
        schedule.DRAW[Action.Kind.TRANSFER_OUT] = kept
    for action in made:
        action.refresh_from_db()
    assert [action.status for action in made] == ["stopped", "stopped"]
    assert "ValueError at " in made[0].detail
    assert "Varga" not in made[0].detail
    assert made[1].detail == "It was done by hand meanwhile."
    assert done == [2]


# What does not count -----------------------------------------------------------------------------------------------


def test_a_busy_database_and_a_full_disk_count_against_nobody():
    assert not faults.ours(OperationalError("database is locked"))
    assert not faults.ours(OSError(28, "No space left on device"))
    assert faults.ours(KeyError("grade"))


def test_the_place_is_named_and_never_what_the_exception_says():
    try:
        enrolments.check({"grade": "Ines Varga"})
    except KeyError as error:
        where = faults.place(error)
    assert where.startswith("KeyError at sis/")
    assert "Varga" not in where


def test_health_counts_what_is_set_aside_and_stays_well(world):
    factories.failure(world.link(world.in_step()).key, "4801")
    factories.submission(world.in_step(), "dead", reason="set_aside")
    body = health.report()[1]
    assert body["set_aside"] == {"records": 1, "submissions": 1}


def test_the_sweep_wakes_the_tries_that_are_due(world, monkeypatch):
    woken = []
    monkeypatch.setattr(sweeping.wake, "now", lambda task, *args, **more: woken.append(task))
    sweeping.sweep()
    assert failures.RETRY not in woken
    factories.failure(world.link(world.in_step()).key, "4801", tries=1)
    sweeping.sweep()
    assert failures.RETRY in woken
