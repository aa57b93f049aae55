"""Local copies of enrolments into PostgreSQL, all held already: none, or all, of them changed."""

import datetime as dt
import uuid
from collections.abc import Iterator

from django.db import connection

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import EnrolmentCopy
from pasi_connect.services.pull import copies
from sis.rules.school_year import SchoolYear
from tests.benchmarks.measuring import Figure, at_least, interleaved
from tests.factories import documents as mapping

MOMENT = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
YEAR = SchoolYear(2027)


def document(number: int) -> mapping.Document:
    """A made-up enrolment as PASI would give it."""
    record = mapping.EMPTY | {
        "grade": f"{number % 12 + 1:02d}",
        "start_date": dt.date(2026, 9, 1),
        "exit_date": dt.date(2027, 6, 26),
        "exit_date_type": "CompletionDate",
        "programming_type": "Regular",
        "programming_timeframe": "Day",
        "local_student_id": f"L{number:06d}",
        "enrolment_type_codes": "301 410" if number % 7 == 0 else "",
    }
    base = mapping.new_document(
        str(uuid.UUID(int=number + 1, version=4)), f"{100_000_000 + number}", f"{4100 + number % 40}", YEAR
    )
    return mapping.lay_on(base, record, mapping.NAMES) | {
        "PASICoreVersion": 1_000 + number,
        "EffectiveUtc": MOMENT,
        "LastUpdate": {"OrganizationCode": "A.1750", "UserName": "Ola Brandt"},
    }


def copies_of(count: int) -> list[EnrolmentCopy]:
    """`count` rows, sorted by key as they are stored."""
    rows = []
    for number in range(count):
        given = document(number)
        row = copies.row(EnrolmentCopy, copies.Received(given, copies.to_xml(given, ENTITY)))
        assert isinstance(row, EnrolmentCopy)
        rows.append(row)
    return sorted(rows, key=lambda row: row.key)


def changed(rows: list[EnrolmentCopy]) -> None:
    """The next version of every row: another grade."""
    for row in rows:
        row.core_version += 1_000_000
        row.grade = "02" if row.grade == "01" else "01"
        row.digest = copies.digest({"digest": row.digest, "version": row.core_version})


def rewritten() -> Iterator[int]:
    """Gives, at each `next`, how many rows of the table PostgreSQL has rewritten so far."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute(
                "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = %s", [EnrolmentCopy._meta.db_table]
            )
            yield cursor.fetchone()[0]


def run(quick: bool) -> list[Figure]:
    count = 5_000 if quick else 100_000
    rows = copies_of(count)
    updated = [field.name for field in EnrolmentCopy._meta.concrete_fields if field.name not in ("id", "key")]

    def plain() -> None:
        EnrolmentCopy.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["key"], update_fields=updated
        )
        for row in rows:
            row.pk, row._state.adding = None, True

    def ours() -> None:
        copies.upsert(EnrolmentCopy, rows, "key", guard="core_version")

    def clean() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {EnrolmentCopy._meta.db_table}")

    def prepare() -> None:
        changed(rows)
        clean()

    ours()
    clean()
    counter = rewritten()
    before = next(counter)
    ours()
    untouched = next(counter) - before
    bulk, same = interleaved(plain, ours)
    figures = [
        at_least(f"upsert {count:,} unchanged", same, bulk, "s", 5, "bulk_create"),
        Figure("upsert: rows rewritten when nothing differs", untouched, "rows", demand="0", holds=untouched == 0),
    ]
    bulk, different = interleaved(plain, ours, before=prepare)
    held = EnrolmentCopy.objects.filter(core_version__gt=1_000_000 * 10).count()
    assert held == count, f"{held} of {count} rows hold the last change"
    figures.append(at_least(f"upsert {count:,} changed", different, bulk, "s", 3, "bulk_create"))
    return figures
