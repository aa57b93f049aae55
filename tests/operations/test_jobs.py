"""Jobs: claimed once, resumed at the mark, stopped between chunks, approved by those who may."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation

from operations import clock, offers
from operations.actor import of_user
from operations.models import AuditEntry, Job, JobRow
from operations.services import jobs
from tests import factories

pytestmark = pytest.mark.django_db


class Counting:
    """Counts to `given["upto"]`, a chunk each; what `at` names happens before that number is done."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.at: dict[int, object] = {}

    def __call__(self, running: jobs.Running) -> dict[str, object]:
        upto = running.inputs["upto"]
        running.count(upto)
        for number in range((running.mark or 0) + 1, upto + 1):
            running.check()
            happening = self.at.pop(number, None)
            if isinstance(happening, Exception):
                raise happening
            if callable(happening):
                happening()
            with transaction.atomic():
                bad = number in running.inputs.get("bad", [])
                rows = [JobRow(entity="number", subject_id=str(number), code="bad", message="No.")] if bad else []
                running.step(number, done=1, failed=int(bad), rows=rows)
            self.seen.append(number)
        return {"sum": sum(self.seen)}


@pytest.fixture
def counting(monkeypatch):
    work = Counting()
    monkeypatch.setitem(
        offers.jobs,
        "test",
        offers.JobKind("Counting", work, lambda job: offers.Right(("operations.edit_records",), frozenset())),
    )
    return work


@pytest.fixture
def person():
    return of_user(factories.UserFactory(role="District officer"))


def start(person, upto=3, **given):
    return jobs.start(person, "test", {"upto": upto, **given})


def test_runs_to_its_end_once(counting, person):
    job = start(person)
    jobs.run(job.pk)
    jobs.run(job.pk)  # a second wake
    job.refresh_from_db()
    assert (job.status, job.done, job.failed, job.total, job.result) == ("completed", 3, 0, 3, {"sum": 6})
    assert counting.seen == [1, 2, 3]
    rows = AuditEntry.objects.filter(entity="job").order_by("id").values_list("changes", flat=True)
    assert [row["status"] for row in rows] == [[None, "queued"], ["running", "completed"]]


def test_a_record_that_fails_makes_problems_of_the_whole(counting, person):
    job = start(person, bad=[2])
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.failed) == ("completed_with_problems", 3, 1)
    assert list(job.rows.values_list("subject_id", "code")) == [("2", "bad")]


def test_cancel_ends_with_the_present_chunk_and_resume_goes_on_there(counting, person):
    job = start(person, upto=4)
    counting.at[3] = lambda: jobs.cancel(person, job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done) == ("cancelled", 3)
    assert person.name in job.detail
    jobs.resume(person, job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done) == ("completed", 4)
    assert counting.seen == [1, 2, 3, 4]


@pytest.fixture
def seen_dead(time_passes, settings):
    """The tick has watched for the length of a lease, and seen no sign of life."""

    def watch(job):
        jobs.sweep()
        for _ in range(2):
            assert Job.objects.get(pk=job.pk).status == "running"
            time_passes(settings.LEASE_SECONDS * 0.6)
            jobs.sweep()

    return watch


def test_a_living_worker_keeps_its_job_whatever_the_clock_says(counting, person, settings, time_passes):
    job = start(person)
    for hours in (0, 2, 0, -2, 0):
        with clock.moved_to(clock.now() + dt.timedelta(hours=hours)):
            Job.objects.filter(pk=job.pk).update(status="running", heartbeat_at=clock.now())
            jobs.sweep()
            time_passes(settings.LEASE_SECONDS * 0.6)
            assert Job.objects.get(pk=job.pk).interruptions == 0


def test_a_job_asked_for_in_the_future_is_woken(counting, person, monkeypatch):
    """The clock has been set back since."""
    woken = []
    monkeypatch.setattr(jobs.wake, "look", lambda task, pk: woken.append(pk))
    job = start(person)
    with clock.moved_to(clock.now() - dt.timedelta(hours=2)):
        jobs.sweep()
    assert woken == [job.pk]


def test_a_dead_worker_costs_time_and_nothing_else(counting, person, seen_dead):
    job = start(person)
    # Its clock was two hours ahead: that says nothing, only that the heartbeat does not change.
    ahead = clock.now() + dt.timedelta(hours=2)
    Job.objects.filter(pk=job.pk).update(status="running", mark=1, done=1, fence=1, heartbeat_at=ahead)
    seen_dead(job)
    job.refresh_from_db()
    assert (job.status, job.interruptions, job.fence) == ("queued", 1, 2)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, counting.seen) == ("completed", 3, [2, 3])


def test_a_job_that_kills_its_worker_again_and_again_waits_for_a_person(counting, person, seen_dead):
    job = start(person)
    for _round in range(jobs.MOST_INTERRUPTIONS + 1):
        Job.objects.filter(pk=job.pk).update(status="running", heartbeat_at=clock.now())
        seen_dead(job)
    job.refresh_from_db()
    assert job.status == "interrupted"
    jobs.resume(person, job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "completed"


def test_a_late_worker_writes_nothing(counting, person):
    job = start(person)

    def taken_over():
        Job.objects.filter(pk=job.pk).update(fence=9)

    counting.at[2] = taken_over
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.fence) == ("running", 1, 9)


@pytest.mark.parametrize(
    ("fault", "detail"),
    [(ValidationError("The file is gone."), "The file is gone."), (RuntimeError("private"), "RuntimeError")],
)
def test_a_fault_is_told_without_its_data(counting, person, fault, detail):
    job = start(person)
    counting.at[2] = fault
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done) == ("failed", 1)
    assert detail in job.detail
    assert "private" not in job.detail


def test_the_guard_holds_a_job_until_somebody_approves(counting, person):
    job = jobs.start(person, "test", {"upto": 2}, needs_approval="300 of 1,000 records.")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.detail, counting.seen) == ("waiting_approval", "300 of 1,000 records.", [])
    with pytest.raises(jobs.NotPossible):
        jobs.resume(person, job.pk)
    jobs.approve(person, job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.approved_by) == ("completed", person.name)
    with pytest.raises(jobs.NotPossible):
        jobs.approve(person, job.pk)


def test_what_has_ended_cannot_be_cancelled(counting, person):
    job = start(person)
    jobs.run(job.pk)
    with pytest.raises(jobs.NotPossible):
        jobs.cancel(person, job.pk)


@pytest.mark.parametrize(("language", "words"), [("fr", "fr"), ("", "en")])
def test_a_job_speaks_the_language_of_who_started_it(counting, language, words):
    spoken = []
    counting.at[2] = lambda: spoken.append(translation.get_language())
    jobs.run(start(of_user(factories.UserFactory(role="District officer", language=language))).pk)
    assert spoken == [words]
