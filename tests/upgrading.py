"""Brings a database from the past to the present: `python -m tests.upgrading DUMP` (run by tests/pasi_connect/test_upgrade.py).

The dump holds the migrations that a demo stood at and its rows, table by table, as SQLite keeps them. Afterwards the last line is
what is there now, as JSON.
"""

import base64
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID


def main(dump: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    past = json.loads(gzip.decompress(dump.read_bytes()))
    share_external_id(past["tables"])
    for app, name in past["migrations"].items():
        call_command("migrate", app, name, verbosity=0)
    _load(past["tables"])
    call_command("migrate", verbosity=0)
    _count_on()
    print(json.dumps({"refilled": _refilled(), **_present()}))


def _load(tables: dict[str, Any]) -> None:
    """Rows as they stood. The order of the tables is that of what refers to what, but for a few that refer to each other."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for name, table in tables.items():
            flags = _flags(name)
            columns = ", ".join(f'"{column}"' for column in table["columns"])
            holders = ", ".join(["%s"] * len(table["columns"]))
            for row in table["rows"]:
                given = [_value(value, column in flags) for column, value in zip(table["columns"], row, strict=True)]
                cursor.execute(f'INSERT INTO "{name}" ({columns}) VALUES ({holders})', given)


def _count_on() -> None:
    """The next rows get numbers behind those that were loaded with theirs."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(apps.get_models())):
            cursor.execute(statement)


def _flags(table: str) -> set[str]:
    """The columns that hold yes or no: SQLite keeps 1 and 0."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND data_type = 'boolean'",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


def _value(value: Any, flag: bool) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["b"])
    return bool(value) if flag and value is not None else value


def _refilled() -> dict[str, Any]:
    """What the tick and a worker do first: the columns that are younger than the copies are filled from their documents."""
    from operations.services import jobs
    from pasi_connect.entities import REGISTRY
    from pasi_connect.models import StudentCopy
    from pasi_connect.services.pull import refilling

    job = refilling.look()
    if job is not None:
        jobs.run(job.pk)
        job.refresh_from_db()
    return {
        "job": [job.status, job.done, job.failed] if job else None,
        "left": sum(refilling.stale(entity).count() for entity in REGISTRY),
        "students": StudentCopy.objects.count(),
    }


def _present() -> dict[str, Any]:
    from alerts.models import Assignment, Snooze
    from pasi_connect.models import ActionRecord, Discrepancy, EnrolmentCopy, Failure, Link, Submission
    from pasi_connect.services import states
    from sis.models import SchoolEnrolment

    enrolments = list(SchoolEnrolment.objects.select_related("school").order_by("pk"))
    found = states.states_of(enrolments)
    return {
        "links": {str(link.subject_id): link.key for link in Link.objects.all()},
        "copies": sorted(copy.key for copy in EnrolmentCopy.objects.all()),
        "items": {str(item.pk): [item.key, item.subject_id, item.kind] for item in Discrepancy.objects.all()},
        "submissions": {str(row.pk): [row.key, row.subject_id] for row in Submission.objects.all()},
        "records": {str(row.pk): [row.key, row.subject_id] for row in ActionRecord.objects.all()},
        "failures": sorted([row.step, row.key] for row in Failure.objects.all()),
        "assigned": sorted(row.key for row in (*Assignment.objects.all(), *Snooze.objects.all())),
        "states": {str(row.pk): [found[row.pk].state, found[row.pk].key] for row in enrolments},
        "external": {str(row.pk): [row.external_id, row.source] for row in enrolments},
    }


def share_external_id(tables: dict[str, Any]) -> tuple[int, int]:
    """The first enrolment of the dump and the first of another school get one external ID, which was allowed. Their ids."""
    table = tables["sis_schoolenrolment"]
    pk, school, external = (table["columns"].index(name) for name in ("id", "school_id", "external_id"))
    first = table["rows"][0]
    other = next(row for row in table["rows"] if row[school] != first[school])
    other[external] = first[external]
    return first[pk], other[pk]


def rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of a table of the dump by column; RefIds with hyphens, as people read them."""
    table = tables[name]
    found = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    return [{**row, "ref_id": str(UUID(row["ref_id"]))} if row.get("ref_id") else row for row in found]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
