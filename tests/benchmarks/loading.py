"""150,000 students and 300,000 enrolments of another system through the door, as its jobs, and the same lines again the next night.

The floor is COPY: the rows of every table that the load has written, into these tables, empty again and with all their indexes.
"""

import io
import json
from collections.abc import Iterator

from django.db import connection, models

from operations.actor import SYNC
from operations.models import AuditEntry, Job
from operations.services import jobs
from sis.models import DataEvent, Delivery, SchoolEnrolment, Student
from sis.services.loading import loads
from sis.services.loading.resources import RESOURCES
from tests import factories
from tests.benchmarks.measuring import Figure, at_most, seconds

SCHOOLS = 40
YEARS = ("2025-2026", "2026-2027")
WRITTEN: tuple[type[models.Model], ...] = (Student, SchoolEnrolment, Delivery, DataEvent, AuditEntry)
Row = tuple[int, bytes]


def students(count: int) -> Iterator[Row]:
    for number in range(count):
        record = {
            "external_id": f"st-{number}", "asn": f"{100_000_000 + number}", "local_number": f"L{number:06d}", "gender": "Female",
            "legal_first_name": f"Ada {number % 997}", "legal_last_name": f"Varga {number % 8999}",
            "birth_date": f"{2008 + number % 12}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        }  # fmt: skip
        yield number + 1, json.dumps(record).encode()


def enrolments(count: int) -> Iterator[Row]:
    for number in range(count * len(YEARS)):
        student, year = divmod(number, len(YEARS))
        first = YEARS[year][:4]
        record = {
            "external_id": f"en-{number}", "student_external_id": f"st-{student}", "school_external_id": f"sc-{student % SCHOOLS}",
            "school_year": YEARS[year], "grade": f"{student % 12 + 1:02d}", "start_date": f"{first}-09-01",
            "exit_date": f"{int(first) + 1}-06-25", "programming_type": "Regular", "programming_timeframe": "Day",
            "local_student_id": f"L{student:06d}",
        }  # fmt: skip
        yield number + 1, json.dumps(record).encode()


def load(name: str, rows: Iterator[Row]) -> dict[str, int]:
    job = loads.receive(SYNC, RESOURCES[name], "", rows)
    assert isinstance(job, Job)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "completed", (job.status, job.detail)
    return job.result


def copy_again() -> float:
    """Seconds that COPY takes for the same rows."""
    tables = [model._meta.db_table for model in WRITTEN]
    content = {}
    with connection.cursor() as cursor:
        for name in tables:
            held = content[name] = io.BytesIO()
            with cursor.copy(f"COPY {name} TO STDOUT") as out:
                for piece in out:
                    held.write(piece)
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")

        def write() -> None:
            for name in tables:
                content[name].seek(0)
                with cursor.copy(f"COPY {name} FROM STDIN") as into:
                    while piece := content[name].read(1 << 20):
                        into.write(piece)

        return seconds(write)


def run(quick: bool) -> list[Figure]:
    count = 5_000 if quick else 150_000
    authority = factories.AuthorityFactory()
    for number in range(SCHOOLS):
        factories.SchoolFactory(code=f"{4100 + number}", authority=authority, external_id=f"sc-{number}")
    results = []

    def both() -> None:
        results.append(load("students", students(count)))
        results.append(load("enrolments", enrolments(count)))

    first = seconds(both)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    again = seconds(both)
    lines = count * (1 + len(YEARS))
    assert [one["created"] for one in results] == [count, count * len(YEARS), 0, 0]
    assert [one["unchanged"] for one in results] == [0, 0, count, count * len(YEARS)]
    floor = copy_again()
    name = f"bulk load {count:,} students, {count * len(YEARS):,} enrolments"
    return [
        at_most(name, first, floor, "s", 3, "COPY"),
        at_most(f"{name}, the same again", again, floor, "s", 3, "COPY"),
        Figure("bulk load: lines a second", lines / first, "lines/s"),
    ]
