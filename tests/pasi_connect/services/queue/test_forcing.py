"""Send now: read live, then only what is ours to send goes out, and nothing over what nobody has seen."""

import datetime as dt

import pytest

from operations import clock
from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import EnrolmentCopy, Link, LinkState, Submission
from pasi_connect.services import states
from pasi_connect.services.queue import collecting, forcing
from sis.models import DataEvent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(world):
    return of_user(factories.UserFactory(role="District officer"))


def now(world, officer, enrolment):
    fresh = type(enrolment).objects.select_related("student", "school").get(pk=enrolment.pk)
    return forcing.send_now(officer, fresh)


def test_an_equal_record_is_read_and_not_sent(world, officer):
    enrolment = world.in_step()
    outcome = now(world, officer, enrolment)
    assert (outcome.code, outcome.submission) == ("in_step", None)
    assert len(world.pasi.calls("GetStudentSchoolEnrolment")) == 2  # of the pull, and this one
    assert world.pasi.calls() == []
    assert not DataEvent.objects.exists()
    assert AuditEntry.objects.get(action="sent now").actor_name == officer.name


def test_what_waits_out_a_back_off_goes_now(world, officer):
    enrolment = world.in_step()
    waiting = world.queue(enrolment, grade="09")
    Submission.objects.update(next_attempt_at=clock.now() + dt.timedelta(hours=1), attempts=4)
    assert now(world, officer, enrolment).code == "on_its_way"
    assert world.send(waiting).status == "accepted"
    assert world.theirs(enrolment)["Grade"] == "09"


def test_an_event_that_nobody_took_up_is_taken_up(world, officer):
    enrolment = world.in_step()
    world.edit(enrolment, grade="09")
    outcome = now(world, officer, enrolment)
    assert outcome.code == "on_its_way"
    assert Submission.objects.get(pk=outcome.submission).status == "waiting"


def test_a_change_in_pasi_that_nobody_knew_shows_as_a_difference(world, officer):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="10")
    assert now(world, officer, enrolment).code == "differs"
    assert world.item(enrolment).kind == "changed_in_pasi"
    assert world.pasi.calls() == []


def test_a_record_that_pasi_does_not_have_goes_now(world, officer):
    enrolment = world.here()
    outcome = now(world, officer, enrolment)
    assert outcome.code == "on_its_way"
    assert world.send(Submission.objects.get(pk=outcome.submission)).status == "accepted"
    assert now(world, officer, enrolment).code == "in_step"


def test_deleted_here_and_never_there_is_nothing_to_send(world, officer):
    enrolment = world.here(deleted=True)
    assert now(world, officer, enrolment).code == "in_step"
    assert not Submission.objects.exists()


def test_held_says_so_and_is_looked_at_anew(world, officer):
    enrolment = world.here(student=world.student(asn=None))
    factories.submission(enrolment, "held", reason="sync_off")
    assert now(world, officer, enrolment).code == "held"
    assert Submission.objects.get().reason == "no_asn"


def test_a_refused_submission_goes_again_but_not_over_what_nobody_has_seen(world, officer):
    enrolment = world.in_step()
    stuck = world.queue(enrolment, grade="09")
    Submission.objects.update(status="rejected", reason="10016")
    world.change_in_pasi(enrolment, RegistrationExitDate="2027-05-14")
    outcome = now(world, officer, enrolment)
    assert (outcome.code, outcome.submission) == ("stuck", stuck.pk)
    world.pull()
    Submission.objects.update(seen_version=world.copy(enrolment).core_version)
    assert now(world, officer, enrolment).code == "on_its_way"
    assert world.send(stuck).actor_name == officer.name


def test_while_pasi_is_away_nothing_is_lost_and_nothing_told_that_is_not_known(world, officer):
    enrolment = world.in_step()
    LinkState.objects.update(state=LinkState.State.DOWN)
    assert now(world, officer, enrolment).code == "not_read"
    world.queue(enrolment, grade="09")
    assert now(world, officer, enrolment).code == "on_its_way"


def test_a_record_that_pasi_hides_from_us_is_told(world, officer):
    enrolment = world.in_step()
    world.pasi.remove(world.link(enrolment).key)
    assert now(world, officer, enrolment).code == "not_shown"
    assert EnrolmentCopy.objects.get().vanished_at is None  # only a full set, behind the guard, lets a record vanish


def test_a_node_that_lags_behind_us_is_no_answer(world, officer):
    enrolment = world.in_step()
    Link.objects.update(accepted_version=world.copy(enrolment).core_version + 5)
    assert now(world, officer, enrolment).code == "not_read"


def test_a_school_that_is_inactive_takes_no_part(world, officer):
    enrolment = world.in_step()
    type(enrolment.school).objects.update(enrolment_sync="inactive")
    assert now(world, officer, enrolment).code == "not_compared"
    enrolment.school.refresh_from_db()
    with pytest.raises(forcing.NotPossible, match="inactive"):
        forcing.start(officer, enrolment.school, ENTITY)


def run(officer, world):
    job = forcing.start(officer, world.school, ENTITY)
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def test_a_school_record_by_record(world, officer, monkeypatch):
    monkeypatch.setattr(forcing, "CHUNK", 2)
    _equal, differs = world.all_in_step(2)
    elsewhere = world.here(school=world.other)
    new = world.here()
    world.change_in_pasi(differs, Grade="10")
    job = run(officer, world)
    assert (job.status, job.total, job.done, job.failed) == ("completed", 3, 3, 0)
    assert [(row.subject_id, row.code) for row in job.rows.all()] == [(str(differs.pk), "differs")]
    assert [event.subject_id for event in DataEvent.objects.all()] == [new.pk]
    collecting.collect(ENTITY.kind, new.pk)
    assert Submission.objects.get().subject_id == new.pk
    assert not Link.objects.filter(subject_id=elsewhere.pk).exists()
    again = run(officer, world)
    assert again.done == 3
    assert Submission.objects.count() == 1
    assert DataEvent.objects.filter(collected_at=None).count() == 0


def test_a_school_job_that_finds_pasi_away_goes_on_where_it_stopped(world, officer, monkeypatch):
    monkeypatch.setattr(forcing, "CHUNK", 1)
    world.all_in_step(3)
    read, calls = forcing.reading.read, []

    def breaks(*args, **more):
        calls.append(args)
        if len(calls) == 2:
            raise forcing.reading.NotAnswered
        return read(*args, **more)

    monkeypatch.setattr(forcing.reading, "read", breaks)
    job = run(officer, world)
    assert (job.status, job.done) == ("failed", 1)
    assert "Resume the job" in job.detail
    jobs.resume(officer, job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, len(calls)) == ("completed", 3, 4)
    assert Job.objects.count() == 1


def looked(officer, enrolment):
    fresh = type(enrolment).objects.select_related("student", "school").get(pk=enrolment.pk)
    return forcing.preview(officer, fresh, lambda: states.state_of(fresh).state)


def test_a_preview_reads_pasi_and_leaves_everything_as_it_was(world, officer):
    edited, differs, here = world.in_step(), world.in_step(), world.here()
    world.edit(edited, grade="09")
    world.change_in_pasi(differs, Grade="10")
    reads = len(world.pasi.calls("GetStudentSchoolEnrolment"))
    assert looked(officer, edited) == "waiting"
    assert looked(officer, differs) == "differs"
    assert len(world.pasi.calls("GetStudentSchoolEnrolment")) == reads + 2
    assert looked(officer, here) == "waiting"
    assert world.pasi.calls() == []
    assert world.item(differs) is None
    assert not Submission.objects.exists()
    assert not Link.objects.filter(subject_id=here.pk).exists()
    assert DataEvent.objects.get().collected_at is None


def test_a_preview_of_a_school_is_a_job_whose_rows_say_what_would_go(world, officer):
    world.in_step()
    edited, differs = world.in_step(), world.in_step()
    world.edit(edited, grade="09")
    world.take_up(edited)
    world.change_in_pasi(differs, Grade="10")
    here = world.here()
    job = forcing.start(officer, world.school, ENTITY, dry_run=True)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.failed) == ("completed", 4, 0)
    assert dict(job.rows.values_list("subject_id", "code")) == {
        str(edited.pk): "would_be_sent", str(differs.pk): "differs", str(here.pk): "would_be_sent",
    }  # fmt: skip
    assert job.result["counts"] == {"in_step": 1, "would_be_sent": 2, "differs": 1}
    assert world.pasi.calls() == []
    assert Submission.objects.get().subject_id == edited.pk
    assert world.item(differs) is None
    assert not AuditEntry.objects.filter(action="school sent now").exists()
