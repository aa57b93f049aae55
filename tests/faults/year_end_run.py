"""One life of a process that works at a year end: `python -m tests.faults.year_end_run prepare | work | told`."""

import datetime as dt
import json
import sys
import time

import django

STAYS = 12


def prepare() -> None:
    """A district with STAYS concurrent enrolments whose exit dates lie too late, rehearsed, and its run waiting."""
    from django.core.management import call_command

    from operations.actor import SYNC
    from operations.services import jobs
    from registrar.services import year_end
    from sis.rules.school_year import SchoolYear
    from tests import factories

    call_command("migrate", verbosity=0)
    year = SchoolYear(2026)
    school = factories.CalendarFactory(school_year=year).school
    for _ in range(STAYS):
        factories.EnrolmentFactory(school=school, school_year=year, concurrent=True, exit_date=dt.date(2026, 7, 9))
    rehearsal = year_end.rehearse(SYNC, year_end.scope_now(year))
    assert rehearsal.job_id is not None
    jobs.run(rehearsal.job_id)
    year_end.start(SYNC, rehearsal.pk)


def work() -> None:
    """As a worker that finds the job: what a dead one holds is taken over at once."""
    from django.conf import settings

    from operations import liveness
    from operations.models import Job
    from operations.services import jobs
    from pasi_connect.models import Action
    from registrar.services import year_end

    year_end.CLOSED_AT_ONCE = 4
    job_id = Action.objects.get().job_id
    assert job_id is not None
    Job.objects.filter(status="running").update(interruptions=0)
    for half in range(4):  # somebody who watches: no sign of life for longer than a lease
        liveness.monotonic = lambda passed=half * settings.LEASE_SECONDS / 2: time.monotonic() + passed
        jobs.sweep()
    jobs.run(job_id)


def report() -> None:
    from operations.models import AuditEntry, Job
    from pasi_connect.models import Action, ActionRecord, SyncSettings
    from sis.models import DataEvent, SchoolEnrolment

    job, settings = Job.objects.get(pk=Action.objects.get().job_id), SyncSettings.load()
    stays = SchoolEnrolment.objects.order_by().values_list("exit_code", "exit_date", "revision").distinct()
    print(
        json.dumps(
            {
                "status": job.status,
                "counted": [job.total, job.done, job.failed, job.result.get("closed")],
                "stays": [[code, str(day), revision] for code, day, revision in stays],
                "events": DataEvent.objects.count(),
                "records": ActionRecord.objects.values("subject_id").distinct().count(),
                "written": [
                    ActionRecord.objects.count(),
                    AuditEntry.objects.filter(action="enrolment changed").count(),
                ],
                "years": [settings.historical_years, settings.years_closed],
            }
        )
    )


if __name__ == "__main__":
    django.setup()
    {"prepare": prepare, "work": work, "told": report}[sys.argv[1]]()
