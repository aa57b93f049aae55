"""The archive of data events: what moves, what stays, and that every event is found again."""

import datetime as dt
import gzip
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from operations import clock
from operations.actor import SYNC
from operations.models import Job
from operations.services import jobs
from pasi_connect.models import Submission, SyncSettings
from pasi_connect.models.settings import ARCHIVE_DAYS
from pasi_connect.models.submission import ENDED, LIVE
from pasi_connect.services import archiving
from sis.models import DataEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    newest(0)
    return tmp_path / "archive"


def ago(days):
    return clock.now() - dt.timedelta(days=days)


def event(record, days, collected=True):
    at = ago(days)
    return DataEvent.objects.create(
        at=at, entity="school_enrolment", subject_id=record, school_code="1234", fields=["exit_date"], actor_name="Rhea Molnar",
        collected_at=at if collected else None,
    )  # fmt: skip


def newest(days):
    return event(999, days)


def submission(record, status):
    return Submission.objects.create(
        entity="school_enrolment", subject_id=record, lane=f"student:{record}", key=f"key-{record}", school_code="1234",
        status=status, seen_version=1, next_attempt_at=ago(400), created_at=ago(400), changed_at=ago(400),
    )  # fmt: skip


def archive():
    job = archiving.start(SYNC)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.COMPLETED, job.detail
    return job


def archived():
    return [row["subject_id"] for file in archiving.files() for row in archiving.read(file.name)]


@pytest.mark.parametrize("days", ARCHIVE_DAYS)
def test_an_event_moves_when_it_is_older_than_the_setting(days):
    SyncSettings.objects.update_or_create(pk=1, defaults={"archive_after_days": days})
    event(1, days + 1)
    event(2, days - 1)
    newest(0)
    archive()
    assert archived() == [1]
    assert set(DataEvent.objects.values_list("subject_id", flat=True)) == {2, 999}


@pytest.mark.parametrize("status", LIVE)
def test_an_event_of_a_record_that_waits_for_something_stays(status):
    event(1, 400)
    submission(1, status)
    event(2, 400, collected=False)
    newest(0)
    archive()
    assert archived() == []
    assert DataEvent.objects.filter(subject_id__in=[1, 2]).count() == 2


@pytest.mark.parametrize("status", ENDED)
def test_an_event_of_a_submission_that_has_ended_moves(status):
    event(1, 400)
    submission(1, status)
    newest(0)
    archive()
    assert archived() == [1]


def test_the_newest_event_stays_however_old():
    DataEvent.objects.all().delete()
    event(1, 500)
    last = event(2, 400)
    archive()
    assert DataEvent.objects.get() == last


def test_a_file_says_all_of_an_event():
    row = event(1, 400)
    newest(0)
    archive()
    [file] = archiving.files()
    [entry] = archiving.read(file.name)
    assert set(entry) == set(archiving.COLUMNS)
    assert (entry["id"], entry["fields"], entry["actor_name"]) == (row.pk, ["exit_date"], "Rhea Molnar")
    assert dt.datetime.fromisoformat(entry["at"]) == row.at


def test_several_pieces_make_one_file(monkeypatch):
    monkeypatch.setattr(archiving, "CHUNK", 2)
    for record in range(1, 6):
        event(record, 400)
    newest(0)
    job = archive()
    assert (len(archiving.files()), archived(), job.done) == (1, [1, 2, 3, 4, 5], 5)


def test_what_a_killed_worker_left_behind_is_cut_off_and_nothing_is_doubled(folder, monkeypatch):
    monkeypatch.setattr(archiving, "CHUNK", 2)
    for record in range(1, 6):
        event(record, 400)
    newest(0)
    job = archiving.start(SYNC)

    def dies(*_args, **_more):
        raise KeyboardInterrupt

    step = jobs.Running.step
    steps = iter([step, dies])
    with monkeypatch.context() as patch:
        patch.setattr(jobs.Running, "step", lambda self, *args, **more: next(steps)(self, *args, **more))
        with pytest.raises(KeyboardInterrupt):
            jobs.run(job.pk)
    [file] = folder.iterdir()
    file.open("ab").write(gzip.compress(b"half a piece")[:9])
    assert DataEvent.objects.filter(at__lt=ago(365)).count() == 3
    Job.objects.filter(pk=job.pk).update(status=Job.Status.QUEUED)
    jobs.run(job.pk)
    assert archived() == [1, 2, 3, 4, 5]
    assert not DataEvent.objects.filter(at__lt=ago(365)).exists()


def test_it_runs_once_a_day_where_it_is_switched_on():
    SyncSettings.objects.update_or_create(pk=1)
    assert archiving.look() is None
    SyncSettings.objects.update(archive_data_events=True)
    first = archiving.look()
    assert first is not None
    assert archiving.look() is None
    jobs.run(first.pk)
    assert archiving.look() is None
    with clock.moved_to(clock.now() + dt.timedelta(days=3)):  # two missed nights are one run
        assert archiving.look() is not None
        assert archiving.look() is None


def test_a_second_start_gives_the_job_that_is_under_way():
    assert archiving.start(SYNC) == archiving.start(SYNC)


class TestReadingAgain:
    @pytest.fixture
    def file(self):
        event(1, 400)
        event(2, 390)
        newest(0)
        archive()
        return archiving.files()[0].name

    def test_the_command_lists_files_and_prints_events(self, file):
        out = StringIO()
        call_command("archive", "list", stdout=out)
        assert out.getvalue().startswith(file)
        out = StringIO()
        call_command("archive", "show", file, "--record", "2", stdout=out)
        [line] = out.getvalue().splitlines()
        assert json.loads(line)["subject_id"] == 2

    def test_the_command_refuses_what_is_no_file_of_the_archive(self):
        with pytest.raises(CommandError, match="no file"):
            call_command("archive", "show", "../secret_key")
