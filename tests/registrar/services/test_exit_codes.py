"""Exit codes in bulk, and taking back what a bulk or a year end has set."""

import datetime as dt

import pytest

from operations import clock
from operations.actor import of_user
from operations.models import Job
from operations.services import jobs
from pasi_connect.models import Action
from pasi_connect.services.decisions import taking_back
from registrar.services import exit_codes, year_end
from sis.models import DataEvent, SchoolEnrolment
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

YEAR = SchoolYear(2027)
LATER = dt.date(2027, 7, 9)


@pytest.fixture(autouse=True)
def in_july(on_a_fixed_day):
    with clock.moved_to(dt.datetime(2027, 7, 2, 18, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def officer():
    factories.synchronizing(current_school_year=YEAR)
    return of_user(factories.UserFactory(role="District officer"))


@pytest.fixture
def stays(officer):
    school = factories.CalendarFactory(school__code="2001", school_year=YEAR).school
    return [
        factories.EnrolmentFactory(school=school, school_year=YEAR, concurrent=True, exit_date=exit_date)
        for exit_date in (LATER, LATER, dt.date(2027, 2, 12))
    ]


def codes():
    return list(SchoolEnrolment.objects.order_by("id").values_list("exit_code", flat=True))


def chosen(exit_code):
    rows = SchoolEnrolment.objects.order_by("pk").values_list("pk", "revision", "exit_code")
    return exit_codes.Chosen.of(rows, exit_code)


def undone(officer, action):
    job = taking_back.start(officer, action.pk, "A mistake.")
    jobs.run(job.pk)
    action.refresh_from_db()
    return Job.objects.get(pk=job.pk)


def test_a_few_are_changed_at_once_as_one_entry(officer, stays):
    SchoolEnrolment.objects.filter(pk=stays[2].pk).update(exit_code="A7")
    these = chosen("A7")
    assert ([pk for pk, _revision in these.changing], these.unchanged) == ([stays[0].pk, stays[1].pk], 1)
    enrolments.change(officer, stays[1].pk, {"grade": "09"})
    action, left = exit_codes.change(officer, these, "A7", "As the school told.")
    assert codes() == ["A7", "", "A7"]
    assert [(int(row.subject_id), row.code) for row in left] == [(stays[1].pk, "moved")]
    (record,) = action.records.all()
    assert (action.kind, action.reason, action.job) == ("exit_codes", "As the school told.", None)
    assert (record.before, record.after) == ({"exit_code": ""}, {"exit_code": "A7"})


def test_many_are_a_job_that_goes_on_where_it_was(officer, stays, monkeypatch):
    monkeypatch.setattr(exit_codes, "AT_ONCE", 2)
    monkeypatch.setattr(exit_codes, "CHUNK", 2)
    action, _left = exit_codes.change(officer, chosen("A7"), "A7", "As told.")
    assert codes() == ["", "", ""]
    enrolments.change(officer, stays[2].pk, {"grade": "09"})
    asked = []
    check = jobs.Running.check

    def cancelled(running):
        asked.append(1)
        if len(asked) == 3:  # at the start, before the first chunk and before the second
            jobs.cancel(officer, running.job_id)
        check(running)

    monkeypatch.setattr(jobs.Running, "check", cancelled)
    jobs.run(action.job_id)
    assert codes() == ["A7", "A7", ""]
    jobs.resume(officer, action.job_id)
    jobs.run(action.job_id)
    job = Job.objects.get(pk=action.job_id)
    assert (job.status, job.done, job.failed) == ("completed_with_problems", 3, 1)
    assert list(job.rows.values_list("subject_id", "code")) == [(str(stays[2].pk), "moved")]
    assert [record.order for record in action.records.all()] == [1, 2]
    assert undone(officer, action).status == "completed"
    assert (codes(), action.status) == (["", "", ""], "undone")


def test_a_year_end_is_taken_back_as_a_whole_and_what_moved_on_stays(officer, stays):
    rehearsal = factories.rehearsal(officer, YEAR, early=False)
    action = year_end.start(officer, rehearsal.pk)
    assert taking_back.preview(action).why_not  # its job runs
    jobs.run(action.job_id)
    action = Action.objects.get()
    enrolments.change(officer, stays[1].pk, {"exit_code": "A7"})
    before = DataEvent.objects.count()
    seen = taking_back.preview(action)
    assert (seen.can, [record.subject_id for record, _why in seen.cannot]) == (2, [stays[1].pk])
    job = undone(officer, action)
    assert (job.status, job.done, job.failed) == ("completed_with_problems", 3, 1)
    assert codes() == ["", "A7", ""]
    dates = list(SchoolEnrolment.objects.order_by("id").values_list("exit_date", flat=True))
    assert dates == [LATER, dt.date(2027, 6, 26), dt.date(2027, 2, 12)]
    left = {event.subject_id: event.fields for event in DataEvent.objects.order_by("id")[before:]}
    assert left == {stays[0].pk: ["exit_code", "exit_date"], stays[2].pk: ["exit_code"]}
    assert action.undone_at is None  # one of it still holds


def test_a_year_end_whose_records_are_all_as_it_left_them_is_taken_back(officer, stays):
    action = year_end.start(officer, factories.rehearsal(officer, YEAR, early=False).pk)
    jobs.run(action.job_id)
    assert undone(officer, Action.objects.get()).status == "completed"
    action.refresh_from_db()
    assert (codes(), action.status, action.undone_by) == (["", "", ""], "undone", officer.name)
    again = factories.rehearsal(officer, YEAR, early=False)
    assert again.rows.filter(reason="").count() == 3
