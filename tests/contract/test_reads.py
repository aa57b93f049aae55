"""Who has seen whom: every address says what it shows of students, and leaves an entry for it."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.reads import TABLE as READS
from operations import reading
from operations.models import ReadEntry
from sis.models import Student
from tests.contract import world
from tests.contract.access_table import TABLE
from tests.contract.test_access import addresses, send

PARTS = 4  # of the walk through all addresses, each well within a test's time
MARK = "Quillfeather"  # a student's last name, and no other word of the product


def test_every_address_says_what_it_shows_of_students():
    names = {name for name, _ in addresses()}
    assert names - READS.keys() == set()
    assert READS.keys() - names == set()


@pytest.fixture
def marked(db):
    found = world.build()
    Student.objects.update(legal_last_name=MARK, preferred_last_name=MARK)
    return found


def shows_a_student(answer, asns):
    text = answer.getvalue().decode("utf-8", "replace")
    return MARK in text or any(asn in text for asn in asns)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_shows_a_student_leaves_one_entry_by_one_statement(marked, part):
    asns = set()
    for asn in Student.objects.values_list("asn", flat=True):
        asns |= {asn, f"{asn[:4]}-{asn[4:8]}-{asn[8:]}"}
    unread, silent, costly, whose, shown = [], [], [], {}, set()
    for row in TABLE[part::PARTS]:
        for actor in ("district", "admin"):
            client = Client(raise_request_exception=False)
            client.force_login(marked[actor])
            reading.RECORDER.written.clear()  # the roll-back takes along what it remembers
            with transaction.atomic():
                with CaptureQueriesContext(connection) as seen:
                    answer = send(client, marked, row)
                    shows = shows_a_student(answer, asns)
                left = list(ReadEntry.objects.values_list("place", flat=True))
                student = ReadEntry.objects.values_list("student_id", flat=True).first()
                statements = [
                    one for one in seen.captured_queries if one["sql"].startswith('INSERT INTO "operations_readentry"')
                ]
                transaction.set_rollback(True)
            if shows:
                shown.add(row.name)
            if shows and READS[row.name] is None:
                silent.append(str(row))
            if shows and left != [row.name]:
                unread.append((str(row), actor, answer.status_code, left))
            if left and READS[row.name].student:
                whose[row.name] = student
            if len(statements) > 1:
                costly.append(str(row))
            if answer.status_code < 400:
                break
    assert (silent, unread, costly) == ([], [], [])
    assert len(shown) > 5  # else the test looks at nothing
    assert len(whose) > 5
    unknown = {name for name, student in whose.items() if student is None}
    assert unknown <= {"pasi_connect:exchange", "api:exchange-detail"}  # this call was about no record
