"""The year end over 20,000 concurrent enrolments: the rehearsal and the run, as their jobs.

The floor writes what the run writes, without asking anything: one UPDATE of all rows, and COPY of as many audit entries, data
events and records of the action, with the same values.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection, models, transaction

from operations import clock
from operations.actor import SYNC
from operations.models import AuditEntry
from operations.services import jobs
from pasi_connect.models import Action, ActionRecord, Link
from registrar.models import YearEndRehearsal
from registrar.services import year_end
from sis.models import Authority, DataEvent, School, SchoolCalendar, SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from tests.benchmarks.measuring import Figure, seconds

YEAR = SchoolYear(2026)
LAST_DAY, LATER = dt.date(2026, 6, 26), dt.date(2026, 7, 31)
SCHOOLS = 40
WRITTEN = (AuditEntry, DataEvent, ActionRecord)


def make_district(count: int) -> None:
    """A district whose concurrent enrolments all end behind the closing date."""
    authority = Authority.objects.create(code="7010", name="Prairie Lantern School Division")
    schools = School.objects.bulk_create(
        [School(authority=authority, code=f"{7100 + n}", name=f"School {n}") for n in range(SCHOOLS)]
    )
    SchoolCalendar.objects.bulk_create(
        [
            SchoolCalendar(school=school, school_year=YEAR, first_day=dt.date(2025, 9, 1), last_day=LAST_DAY)
            for school in schools
        ]
    )
    students = Student.objects.bulk_create(
        [
            Student(asn=f"{700_000_000 + n}", legal_first_name="A", legal_last_name="B", birth_date=dt.date(2010, 1, 1))
            for n in range(count)
        ],
        batch_size=1000,
    )
    stays = SchoolEnrolment.objects.bulk_create(
        [
            SchoolEnrolment(
                student=student,
                school=schools[n % SCHOOLS],
                school_year=YEAR,
                grade="10",
                start_date=dt.date(2025, 9, 1),
                exit_date=LATER,
                concurrent=True,
            )
            for n, student in enumerate(students)
        ],
        batch_size=1000,
    )
    Link.objects.bulk_create(
        [Link(school_enrolment=stay, key=str(uuid.UUID(int=stay.pk, version=4))) for stay in stays], batch_size=1000
    )
    analyse()


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def as_before() -> None:
    """What a run has written is gone again."""
    YearEndRehearsal.objects.all().delete()
    Action.objects.all().delete()
    for model in WRITTEN:
        model._base_manager.all()._raw_delete("default")
    SchoolEnrolment.objects.update(exit_code="", exit_date=LATER, revision=1)
    analyse()


def rehearsed() -> YearEndRehearsal:
    made = year_end.rehearse(SYNC, year_end.scope_now(YEAR))
    assert made.job_id is not None
    jobs.run(made.job_id)
    made.refresh_from_db()
    return made


def run_of(rehearsal: YearEndRehearsal) -> None:
    action = year_end.start(SYNC, rehearsal.pk)
    assert action.job_id is not None
    jobs.run(action.job_id)


def copy(cursor: Any, model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    names = list(rows[0])
    columns = ", ".join(f'"{model._meta.get_field(name).column}"' for name in names)  # type: ignore[union-attr]
    with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as out:
        for row in rows:
            out.write_row([json.dumps(value) if isinstance(value, dict | list) else value for value in row.values()])


@transaction.atomic
def floor() -> None:
    """The same rows, written by one UPDATE and three COPYs."""
    action = Action.objects.create(
        kind=Action.Kind.YEAR_END, at=clock.now(), actor_name="", actor_local_id="", actor_ip=""
    )
    stays = list(SchoolEnrolment.objects.values_list("pk", "school__code", "student_id", "links__key"))
    SchoolEnrolment.objects.filter(concurrent=True, school_year=YEAR).update(
        exit_code="10000", exit_date=LAST_DAY, revision=models.F("revision") + 1
    )
    at, who = clock.now(), {"actor_name": SYNC.name, "actor_ip": SYNC.ip}
    values = {"exit_code": ["", "10000"], "exit_date": [LATER.isoformat(), LAST_DAY.isoformat()]}
    before, after = ({name: value[side] for name, value in values.items()} for side in (0, 1))
    with connection.cursor() as wrapped:
        cursor = wrapped.cursor  # type: ignore[attr-defined]
        copy(
            cursor,
            AuditEntry,
            (
                {
                    "at": at, "action": "enrolment changed", "entity": "school_enrolment", "subject_id": str(pk),
                    "school_code": code, "changes": values, "reason": "Year end 2025-2026", **who,
                }
                for pk, code, _student, _ref in stays
            ),
        )  # fmt: skip
        copy(
            cursor,
            DataEvent,
            (
                {
                    "at": at, "entity": "school_enrolment", "subject_id": pk, "student": student, "school_code": code,
                    "fields": list(values), "origin": "sis", "actor_local_id": SYNC.local_id, **who,
                }
                for pk, code, student, _ref in stays
            ),
        )  # fmt: skip
        copy(
            cursor,
            ActionRecord,
            (
                {
                    "action": action.pk, "order": pk, "entity": "school_enrolment", "subject_id": pk, "key": ref,
                    "school_code": code, "before": before, "after": after, "revision_after": 2, "chained": False,
                }
                for pk, code, _student, ref in stays
            ),
        )  # fmt: skip


def run(quick: bool) -> list[Figure]:
    count, rounds = (1_000, 1) if quick else (20_000, 3)
    make_district(count)
    rehearsals, runs, floors = [], [], []
    for _ in range(rounds):
        as_before()
        rehearsals.append(seconds(rehearsed))
        rehearsal = YearEndRehearsal.objects.get()
        analyse()
        runs.append(seconds(lambda: run_of(rehearsal)))  # noqa: B023 - called at once
        closed = SchoolEnrolment.objects.filter(exit_code="10000", exit_date=LAST_DAY, revision=2).count()
        written = [model._base_manager.count() for model in (DataEvent, ActionRecord)]
        assert [closed, *written] == [count] * 3, f"{closed} of {count} closed, {written} written"
        as_before()
        floors.append(seconds(floor))
        assert AuditEntry.objects.count() == count
    rehearsal_s, run_s, floor_s = (sorted(times)[len(times) // 2] for times in (rehearsals, runs, floors))
    return [
        Figure(f"year end: rehearsal of {count:,}", rehearsal_s, "s"),
        Figure(f"year end: run over {count:,}", run_s, "s", floor_s, run_s / floor_s),
    ]
