"""Runs from the uploads to the result: stored, checked, compared, killed, removed."""

import hashlib

import pytest

from operations import offers
from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from reconciliation.engine.rows import Reader, Wanted
from reconciliation.models import Run
from reconciliation.services import checking, runs
from tests.reconciliation.conftest import sample, upload, work_off
from tests.reconciliation.files import DATA, QUIRKS

pytestmark = pytest.mark.django_db
KINDS = {"CM": ["ASN", "Code"], "EM": ["ASN", "Code", "School Year"], "SE": ["Courses Offered", "School Year"]}


@pytest.fixture
def actor(officer):
    return of_user(officer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_what_the_names_say_and_ends_with_a_result(kind, compared):
    run = compared(sample(kind))
    assert (run.type, run.school_code, str(run.school_year), run.status) == (kind, "9101", "2026-2027", Run.Status.DONE)
    assert sum(run.summary["counts"].values()) == Reader(run.result_place, run.header, KINDS[kind]).count(Wanted())
    assert (run.result_place / "result.csv").exists()
    assert (run.result_place / "summary.json").exists()
    for side, file in checking.files_of(run).items():
        told = run.files.get(side=side)
        assert hashlib.sha256(file.path.read_bytes()).hexdigest() == told.sha256
        assert told.size == file.path.stat().st_size


def test_files_are_for_our_own_account_alone_and_under_a_name_that_nobody_guesses(compared):
    run = compared(xlsx=True)
    assert len(run.folder) == 48
    assert run.place.stat().st_mode & 0o777 == run.result_place.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in run.place.rglob("*") if path.is_file()}
    assert len(modes) >= 6
    assert set(modes.values()) == {0o600}


def test_a_kind_that_no_name_says_is_told_from_the_columns(actor):
    uploads = {
        side: upload(DATA / f"2027-9101-EM-{name}.csv", "export.csv")
        for side, name in (("before", "BeforeDelete"), ("after", "AfterUpload"))
    }
    run = runs.make(actor, runs.Choices(), uploads)
    assert (run.type, run.school_code, run.school_year) == ("EM", "", None)


def test_a_missing_column_is_said_and_nothing_is_compared(actor):
    uploads = {**sample(), "after": upload(QUIRKS / "refused_missing_columns.csv")}
    run = runs.make(actor, runs.Choices(type="CM"), uploads)
    assert runs.check(actor, run) is None
    assert {fault["code"] for fault in checking.faults(run.checks)} == {"missing_columns"}
    with pytest.raises(runs.NotPossible):
        runs.start(actor, run)
    assert not Job.objects.exists()


def test_turned_files_change_sides(actor):
    files = sample()
    run = runs.make(actor, runs.Choices(), {"before": files["after"], "after": files["before"]})
    assert checking.whose(checking.files_of(run), run.type).is_swapped
    runs.turn(actor, run)
    assert run.files.get(side="before").name.endswith("BeforeDelete.csv")
    assert not checking.whose(checking.files_of(run), run.type).is_swapped


def test_other_choices_and_another_file(actor, django_capture_on_commit_callbacks):
    run = runs.make(actor, runs.Choices(), sample())
    first = run.files.get(side="after").sha256
    other = {"after": upload(DATA / "2027-9101-CM-BeforeDelete.csv")}
    with django_capture_on_commit_callbacks(execute=True):
        runs.choose(actor, run, runs.Choices("CM", "9102", "2025-2026"), other)
    assert (run.school_code, str(run.school_year)) == ("9102", "2025-2026")
    assert run.files.get(side="after").sha256 != first
    assert len([path for path in run.place.iterdir() if path.is_file()]) == 2, "the file that was replaced is gone"


def test_large_files_are_checked_by_a_job(actor, monkeypatch):
    monkeypatch.setattr(checking, "AT_ONCE", 10)
    run = runs.make(actor, runs.Choices(type="CM"), sample())
    job = runs.check(actor, run)
    assert run.status == Run.Status.CHECKING
    with pytest.raises(runs.NotPossible):
        runs.turn(actor, run)
    work_off()
    run.refresh_from_db()
    job.refresh_from_db()
    assert (run.status, job.status) == (Run.Status.CHECKED, Job.Status.COMPLETED)
    assert run.checks["before"]["rows"]


def test_a_file_that_breaks_in_between_refuses_the_run(actor):
    run = runs.make(actor, runs.Choices(), sample())
    runs.check(actor, run)
    checking.files_of(run)["after"].path.write_bytes(b"")
    runs.start(actor, run)
    work_off()
    run.refresh_from_db()
    assert (run.status, run.job.status) == (Run.Status.REFUSED, Job.Status.FAILED)
    assert [reason["code"] for reason in run.reasons] == ["empty"]
    assert not list(run.place.glob("result-*"))


def test_a_cancelled_comparison_leaves_nothing_and_can_be_started_again(actor):
    run = runs.make(actor, runs.Choices(), sample())
    runs.check(actor, run)
    job = runs.start(actor, run)
    with pytest.raises(runs.NotPossible):
        runs.remove(actor, run)
    jobs.cancel(actor, job.pk)
    runs.start(actor, run)
    work_off()
    run.refresh_from_db()
    assert run.is_done


def killed(running):
    """The worker dies after it has written half of a result."""
    place = Run.objects.get(pk=running.inputs["run"]).place / f"result-{running.job_id}-{running.fence}"
    place.mkdir()
    (place / "result.csv").write_text("half")
    Job.objects.filter(pk=running.job_id).update(status=Job.Status.QUEUED)
    raise jobs.Stopped


def test_a_killed_comparison_starts_anew_and_sweeps_what_was_left(actor, monkeypatch):
    run = runs.make(actor, runs.Choices(), sample())
    runs.check(actor, run)
    job = runs.start(actor, run)
    kind = offers.jobs[runs.COMPARE]
    monkeypatch.setitem(offers.jobs, runs.COMPARE, offers.JobKind(kind.label, killed, kind.right))
    jobs.run(job.pk)
    assert len(list(run.place.glob("result-*"))) == 1
    monkeypatch.setitem(offers.jobs, runs.COMPARE, kind)
    work_off()
    run.refresh_from_db()
    assert run.is_done
    assert [path.name for path in run.place.glob("result-*")] == [run.result]


def test_a_late_worker_changes_nothing(actor, monkeypatch):
    """Its lease ran out while it wrote: another worker has the job, and the run does not point to what is written late."""
    run = runs.make(actor, runs.Choices(), sample())
    runs.check(actor, run)
    job = runs.start(actor, run)
    kind = offers.jobs[runs.COMPARE]

    def late(running):
        running.check = lambda: None
        Job.objects.filter(pk=running.job_id).update(fence=running.fence + 1)
        return kind.run(running)

    monkeypatch.setitem(offers.jobs, runs.COMPARE, offers.JobKind(kind.label, late, kind.right))
    jobs.run(job.pk)
    run.refresh_from_db()
    assert not run.is_done
    assert not list(run.place.glob("result-*"))


def test_a_removed_run_takes_its_files_along(compared, actor, django_capture_on_commit_callbacks):
    run = compared()
    with django_capture_on_commit_callbacks(execute=True):
        runs.remove(actor, run)
    assert not run.place.exists()
    entry = AuditEntry.objects.get(action="reconciliation removed")
    assert set(entry.changes) == {"before", "after", "made"}


def test_a_fault_of_the_engine_is_told_without_a_word_of_the_file(actor, monkeypatch, caplog):
    run = runs.make(actor, runs.Choices(), sample())
    runs.check(actor, run)
    job = runs.start(actor, run)

    def broken(*args, **kwargs):
        raise ValueError("0000-4417-2 Brightwater")

    monkeypatch.setattr("reconciliation.engine.running.match", broken)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert "Brightwater" not in caplog.text + job.detail
