"""Where nothing can be written every writing address answers 503 in words, with the time to wait, and nothing is half done."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import AuditEntry
from tests.contract import world
from tests.contract.access_table import TABLE, Row
from tests.contract.test_access import send

WRITES = ("INSERT", "UPDATE", "DELETE")


def writing_rows() -> list[tuple[Row, str]]:
    """Each row that changes something, with the first actor who may."""
    found = []
    for row in TABLE:
        if row.method == "GET":
            continue
        for actor, status in zip(world.ACTORS, row.statuses.split(), strict=True):
            if actor == "anonymous" or not status.startswith(("2", "3")):
                continue
            found.append((row, actor))
            break
    return found


def refuse_writes() -> None:
    """The database itself, for the rest of the transaction, as on a disk that has become read-only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL transaction_read_only = on" if connection.vendor == "postgresql" else "PRAGMA query_only = 1"
        )


def accept_writes() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = 0")


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "actor"), writing_rows(), ids=str)
def test_a_write_that_cannot_be_stored_is_503(row, actor):
    found = world.build()
    client, usually = Client(raise_request_exception=False), Client()
    for one in (client, usually):
        one.force_login(found[actor])
    before = AuditEntry.objects.count()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        usual = send(usually, found, row)
        transaction.set_rollback(True)
    # What was read is noted after the answer and fails nothing (tests/operations/pages/test_reading.py).
    done = [query["sql"] for query in queries if "operations_readentry" not in query["sql"]]
    writes = any(sql.startswith(WRITES) for sql in done)
    try:
        with transaction.atomic():
            refuse_writes()
            answer = send(client, found, row)
            transaction.set_rollback(True)
    finally:
        accept_writes()
    if not writes:  # a refusal that the page tells, a search
        assert answer.status_code in (usual.status_code, 503)  # PostgreSQL refuses to lock a row, too
        return
    assert answer.status_code == 503, answer.content[:500]
    assert int(answer["Retry-After"]) > 0
    assert AuditEntry.objects.count() == before
    reference = answer["X-Request-ID"]
    if row.name.startswith("api:"):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["request_id"] == reference
        assert "Nothing was saved." in answer.json()["detail"]
    else:
        page = answer.content.decode()
        assert "PASI Connect cannot write to its disk" in page
        assert "Nothing was saved." in page
        assert reference in page


def test_most_rows_write():
    assert len(writing_rows()) > 40


@pytest.mark.django_db
def test_signing_in_is_503_too():
    found = world.build()
    person = found["registrar_a"]
    person.set_password("a long pass phrase of a test")
    person.save()
    client = Client(raise_request_exception=False)
    try:
        with transaction.atomic():
            refuse_writes()
            given = {"username": person.username, "password": "a long pass phrase of a test"}
            answer = client.post("/sign-in/", given)
            transaction.set_rollback(True)
    finally:
        accept_writes()
    assert answer.status_code == 503
    assert "Retry-After" in answer
