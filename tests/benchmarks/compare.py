"""Linked records whose two sides are equal, compared set by set, against nothing but reading the same columns."""

import datetime as dt

from django.db import connection

from operations import clock
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.models import Discrepancy, EnrolmentCopy, Link
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.pull import copies
from sis.models import Authority, School, SchoolEnrolment, Student
from sis.models.organization import State
from tests.benchmarks.measuring import Figure, at_most, interleaved
from tests.benchmarks.upsert import YEAR, document
from tests.factories import documents as mapping

BATCH = 2000
SCHOOLS = 40


def district(count: int) -> None:
    """`count` linked enrolments that are in step, of as many students, at 40 schools."""
    authority, _ = Authority.objects.get_or_create(code="1750", defaults={"name": "Prairie Lantern School Division"})
    codes = [f"{4100 + number}" for number in range(SCHOOLS)]
    School.objects.bulk_create(
        School(authority=authority, code=code, name=f"Lantern School {code}", enrolment_sync=State.ACTIVE)
        for code in codes
    )
    schools = {school.code: school for school in School.objects.filter(code__in=codes)}
    for start in range(0, count, 10_000):
        documents = [document(number) for number in range(start, min(start + 10_000, count))]
        students = Student.objects.bulk_create(
            Student(
                asn=given["StateProvinceId"],
                local_number=f"L{start + place:06d}",
                legal_first_name="Ines",
                legal_last_name=f"Varga {start + place}",
                birth_date=dt.date(2012, 3, 4),
                gender="Female",
                search_name=f"varga {start + place} ines",
            )
            for place, given in enumerate(documents)
        )
        enrolments = SchoolEnrolment.objects.bulk_create(
            SchoolEnrolment(
                student=student, school=schools[given["SchoolCode"]], school_year=YEAR, **mapping.values(given)
            )
            for student, given in zip(students, documents, strict=True)
        )
        rows = [copies.row(EnrolmentCopy, copies.Received(given, copies.to_xml(given, ENTITY))) for given in documents]
        copies.upsert(EnrolmentCopy, rows, "key", guard="core_version")
        Link.objects.bulk_create(
            Link(
                school_enrolment=enrolment,
                key=row.key,
                agreed=values.plain(mapping.values(given)),
                agreed_at=clock.now(),
                agreed_digest=row.digest,
            )
            for enrolment, row, given in zip(enrolments, rows, documents, strict=True)
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def run(quick: bool) -> list[Figure]:
    count = 5_000 if quick else 100_000
    district(count)
    names = ", ".join(COMPARED)
    sides = [
        f"SELECT key, digest, {names} FROM {EnrolmentCopy._meta.db_table}",
        f"SELECT l.key, l.agreed_digest, {', '.join(f'e.{name}' for name in COMPARED)} "
        f"FROM {Link._meta.db_table} l JOIN {SchoolEnrolment._meta.db_table} e ON e.id = l.subject_id",
    ]

    def read() -> None:
        for statement in sides:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                total = 0
                while rows := cursor.fetchmany(BATCH):
                    total += len(rows)
                assert total == count

    floor, ours = interleaved(read, comparing.evaluate_all)
    assert not Discrepancy.objects.exists()
    # One record that differs must be found, or nothing was compared.
    SchoolEnrolment.objects.filter(student__local_number="L000007").update(grade="12", revision=2)
    found = [ref for ref, equal in comparing._linked_rows(ENTITY) if not equal]
    assert len(found) == 1, found
    return [at_most(f"compare {count:,} linked records", ours, floor, "s", 2, "reading them")]
