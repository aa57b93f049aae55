"""The year end on the database: what the rehearsal names, what the run does, and what happened in between."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from operations import clock
from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from pasi_connect.models import Action, Submission, SyncSettings
from pasi_connect.services.queue import collecting
from registrar.models import YearEndRehearsal
from registrar.services import year_end
from sis.models import DataEvent
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

YEAR = SchoolYear(2027)
LAST_DAY = dt.date(2027, 6, 26)
LATER = dt.date(2027, 7, 9)
WRITES = ("INSERT", "COPY", "SELECT nextval", "SAVEPOINT", "RELEASE SAVEPOINT")  # each insert is one, in batches of 500


@pytest.fixture(autouse=True)
def in_july(on_a_fixed_day):
    """The last day of school is over, summer school is not."""
    with clock.moved_to(dt.datetime(2027, 7, 2, 18, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def officer():
    factories.synchronizing(current_school_year=YEAR, accepted_school_years=[2025, 2026, 2027, 2028])
    return of_user(factories.UserFactory(role="District officer"), "10.0.0.7")


@pytest.fixture
def school(officer):
    return factories.CalendarFactory(school__code="2001", school_year=YEAR, last_day=LAST_DAY).school


def stay(school, exit_date=LATER, **given):
    return factories.EnrolmentFactory(school=school, school_year=YEAR, concurrent=True, exit_date=exit_date, **given)


def rehearsed(officer, school_code="", early=False) -> YearEndRehearsal:
    return factories.rehearsal(officer, YEAR, school_code, early)


def run(officer, rehearsal) -> Job:
    action = year_end.start(officer, rehearsal.pk)
    jobs.run(action.job_id)
    return Job.objects.get(pk=action.job_id)


def named(rehearsal):
    rows = rehearsal.rows.values_list("enrolment", "reason")
    return {pk for pk, reason in rows if not reason}, {pk: reason for pk, reason in rows if reason}


def now(*stays):
    for made in stays:
        made.refresh_from_db()
    return [(made.exit_code, made.exit_date, made.exit_date_type) for made in stays]


def test_the_rehearsal_names_every_concurrent_enrolment_of_the_year_and_changes_nothing(officer, school):
    later, before = stay(school), stay(school, dt.date(2027, 2, 12))
    other = stay(factories.CalendarFactory(school_year=YEAR, last_day=dt.date(2027, 7, 5)).school)
    reasons = {
        stay(school, deleted=True): "deleted",
        stay(school, exit_code="A7"): "has_exit_code",
        stay(school, exit_date_type="WithdrawalDate"): "withdrawn",
        stay(factories.SchoolFactory()): "no_calendar",
        stay(school, start_date=dt.date(2027, 6, 28)): "starts_after_closing",
        stay(school, dt.date(2027, 7, 31), programming_type="SummerSchool"): "not_ended",
        other: "not_ended",
        stay(school, program_percentage=40): "breaks_rule",
    }
    factories.EnrolmentFactory(school=school, school_year=YEAR)  # not concurrent
    factories.EnrolmentFactory(school=school, school_year=YEAR - 1, concurrent=True)
    rehearsal = rehearsed(officer)
    closing, not_closing = named(rehearsal)
    assert closing == {later.pk, before.pk}
    assert not_closing == {made.pk: reason for made, reason in reasons.items()}
    assert rehearsal.job.result == {"rehearsal": rehearsal.pk, "closing": 2, "exit_dates": 1, "not_closing": 8}
    assert now(later, before) == [("", LATER, "CompletionDate"), ("", dt.date(2027, 2, 12), "CompletionDate")]
    assert not DataEvent.objects.exists()
    assert named(rehearsed(officer, school.code))[0] == closing


def test_the_run_closes_sends_exit_dates_alone_and_is_done_once(officer, school):
    later, before = stay(school), stay(school, dt.date(2027, 2, 12))
    for made in (later, before):
        factories.link_and_copy(made)
    rehearsal = rehearsed(officer)
    job = run(officer, rehearsal)
    assert (job.status, job.total, job.done, job.failed) == ("completed", 2, 2, 0)
    assert now(later, before) == [
        ("10000", LAST_DAY, "CompletionDate"),
        ("10000", dt.date(2027, 2, 12), "CompletionDate"),
    ]
    left = DataEvent.objects.order_by("id")
    assert [(event.subject_id, event.fields, event.user_id) for event in left] == [
        (later.pk, ["exit_code", "exit_date"], officer.user_id),
        (before.pk, ["exit_code"], officer.user_id),
    ]
    collecting.take_up()
    assert not DataEvent.objects.filter(collected_at=None).exists()
    assert [(made.subject_id, made.seen_version) for made in Submission.objects.all()] == [(later.pk, 10)]
    action = Action.objects.get()
    assert (action.kind, action.job_id, action.user_id) == ("year_end", job.pk, officer.user_id)
    records = {record.subject_id: record for record in action.records.all()}
    assert records[later.pk].before == {"exit_code": "", "exit_date": "2027-07-09"}
    assert records[later.pk].after == {"exit_code": "10000", "exit_date": "2027-06-26"}
    assert (records[later.pk].key, records[later.pk].revision_after) == (factories.link_of(later).key, 2)
    assert records[before.pk].after == {"exit_code": "10000"}
    told = AuditEntry.objects.filter(action="enrolment changed").order_by("id")
    assert [(entry.reason, entry.actor_name) for entry in told] == [("Year end 2026-2027", officer.name)] * 2
    with pytest.raises(year_end.NotPossible):
        year_end.start(officer, rehearsal.pk)


def test_a_second_year_end_closes_nothing_and_sends_nothing(officer, school):
    stays = [stay(school) for _ in range(3)]
    run(officer, rehearsed(officer))
    before = (DataEvent.objects.count(), [made.revision for made in stays])
    again = rehearsed(officer)
    assert named(again) == (set(), {made.pk: "has_exit_code" for made in stays})
    job = run(officer, again)
    assert (job.status, job.total, job.result["closed"]) == ("completed", 0, 0)
    assert (DataEvent.objects.count(), [made.revision for made in stays]) == before


def test_what_changed_since_is_left_and_told(officer, school):
    untouched, edited, moved_away = stay(school), stay(school), stay(school)
    other = factories.CalendarFactory(school_year=YEAR, last_day=LAST_DAY)
    elsewhere = stay(other.school)
    rehearsal = rehearsed(officer)
    registrar = of_user(factories.UserFactory(first_name="Ana", last_name="Moreau"))
    enrolments.change(registrar, edited.pk, {"grade": "09", "exit_date": dt.date(2027, 7, 1)})
    enrolments.change(registrar, moved_away.pk, {"deleted": True}, reason="A duplicate.")
    other.last_day = dt.date(2027, 6, 29)
    other.save()
    late = stay(school)
    found = year_end.moved_since(rehearsal)
    job = run(officer, rehearsal)
    assert (job.status, job.done, job.failed) == ("completed_with_problems", 4, 3)
    assert [code for code, _date, _type in now(untouched, edited, moved_away, elsewhere, late)] == [
        "10000",
        "",
        "",
        "",
        "",
    ]
    rows = {int(row.subject_id): row for row in job.rows.all()}
    assert rows.keys() == {edited.pk, moved_away.pk, elsewhere.pk, late.pk}
    assert rows[edited.pk].message == "Changed since the rehearsal by Ana Moreau: exit date, grade."
    assert rows[moved_away.pk].message == "Changed since the rehearsal by Ana Moreau: deleted."
    assert rows[elsewhere.pk].message == "The closing date was 2027-06-26 and is 2027-06-29."
    assert found == {pk: rows[pk].message for pk in (edited.pk, moved_away.pk, elsewhere.pk)}
    assert [(row.code, row.failed) for pk, row in sorted(rows.items())] == [("changed_since", True)] * 3 + [
        ("new_since", False)
    ]
    assert job.result | {"rehearsal": 0, "action": 0} == {
        "rehearsal": 0, "action": 0, "closed": 1, "exit_dates": 1, "changed_since": 3, "new_since": 1,
        "historical_years": None,
    }  # fmt: skip


def test_killed_between_chunks_it_goes_on_and_does_nothing_twice(officer, school, monkeypatch):
    monkeypatch.setattr(year_end, "CHUNK", 2)
    monkeypatch.setattr(year_end, "CLOSED_AT_ONCE", 2)
    stays = [stay(school) for _ in range(5)]
    rehearsal = rehearsed(officer)
    assert rehearsal.rows.count() == 5
    action = year_end.start(officer, rehearsal.pk)
    steps = []

    class Killed(BaseException):
        pass

    step = jobs.Running.step

    def dies(running, *args, **kwargs):
        step(running, *args, **kwargs)
        steps.append(len(steps))
        if len(steps) in (2, 4):  # the chunk is written, its transaction is not committed
            raise Killed

    monkeypatch.setattr(jobs.Running, "step", dies)
    for _life in range(3):
        try:
            with transaction.atomic():
                jobs.run(action.job_id)
        except Killed:
            pass
        Job.objects.filter(pk=action.job_id, status="running").update(heartbeat_at=clock.now() - dt.timedelta(hours=1))
        jobs.sweep()
    job = Job.objects.get(pk=action.job_id)
    assert (job.status, job.done, job.result["closed"]) == ("completed", 5, 5)
    assert now(*stays) == [("10000", LAST_DAY, "CompletionDate")] * 5
    assert [made.revision for made in stays] == [2] * 5
    assert action.records.count() == 5
    assert sorted(action.records.values_list("order", flat=True)) == [1, 2, 3, 4, 5]
    assert DataEvent.objects.count() == 5


@pytest.mark.parametrize("today", [LAST_DAY, dt.date(2027, 1, 8)])
def test_before_the_year_has_ended_early_must_be_said(officer, school, today):
    with clock.moved_to(dt.datetime(today.year, today.month, today.day, 18, tzinfo=dt.UTC)):
        with pytest.raises(ValidationError) as refused:
            year_end.scope_now(YEAR)
        assert set(refused.value.message_dict) == {"early"}
        assert year_end.scope_now(YEAR, early=True).early


def test_a_year_that_has_not_begun_cannot_be_closed(officer, school):
    with pytest.raises(ValidationError) as refused:
        year_end.scope_now(YEAR + 1, early=True)
    assert set(refused.value.message_dict) == {"school_year"}


def test_early_closes_with_the_same_date_and_counts_no_year(officer, school):
    made = stay(school)
    with clock.moved_to(dt.datetime(2027, 5, 3, 18, tzinfo=dt.UTC)):
        job = run(officer, rehearsed(officer, early=True))
    assert now(made) == [("10000", LAST_DAY, "CompletionDate")]
    assert job.result["historical_years"] is None
    assert SyncSettings.load().years_closed == []
    later = run(officer, rehearsed(officer))  # nothing left to close; now the year is over
    assert (later.result["closed"], later.result["historical_years"]) == (0, 1)


def test_historical_years_grow_once_a_closed_year_and_when_nobody_is_left(officer, school):
    other = factories.CalendarFactory(school_year=YEAR, last_day=LAST_DAY).school
    stay(school), stay(other)
    assert (
        run(officer, rehearsed(officer, school.code)).result["historical_years"] is None
    )  # the other school's is left
    assert run(officer, rehearsed(officer, other.code)).result["historical_years"] == 1
    assert run(officer, rehearsed(officer)).result["historical_years"] is None
    settings = SyncSettings.load()
    assert (settings.historical_years, settings.years_closed) == (1, [2027])
    entry = AuditEntry.objects.get(action="settings changed")
    assert entry.changes == {"historical_years": [0, 1], "years_closed": [[], [2027]]}
    assert entry.actor_name == officer.name


def test_at_two_historical_years_the_closed_year_is_noted_all_the_same(officer, school):
    factories.synchronizing(current_school_year=YEAR, historical_years=2)
    stay(school)
    assert run(officer, rehearsed(officer)).result["historical_years"] == 2
    assert SyncSettings.load().years_closed == [2027]


def test_a_rehearsal_that_is_not_complete_is_not_run(officer, school):
    stay(school)
    made = year_end.rehearse(officer, year_end.scope_now(YEAR))
    with pytest.raises(year_end.NotPossible):
        year_end.start(officer, made.pk)
    assert not Action.objects.exists()


def test_a_chunk_asks_as_often_for_many_as_for_few(officer, school):
    stay(school, dt.date(2027, 7, 31), programming_type="SummerSchool")  # the year stays open

    def count_queries(count):
        for _ in range(count):
            factories.link_and_copy(stay(school))
        counts = []
        rehearsal = year_end.rehearse(officer, year_end.scope_now(YEAR))
        for job_id in (rehearsal.job_id, None):
            job_id = job_id or year_end.start(officer, rehearsal.pk).job_id
            with CaptureQueriesContext(connection) as seen:
                jobs.run(job_id)
            counts.append(len([query for query in seen if not query["sql"].startswith(WRITES)]))
        return counts

    assert count_queries(2) == count_queries(60)
