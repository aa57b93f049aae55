"""Rows that are stored in one go are what they would be if each were saved by itself."""

import datetime as dt
import uuid

import pytest

from operations import clock, statements
from operations.models import AuditEntry, JobRow
from operations.models.audit import Verb
from tests import factories

pytestmark = pytest.mark.django_db

ODD = 'tab\there, a \\ backslash, "quotes", two\nlines, é Ł 𝄞'


@pytest.mark.parametrize("count", [0, 1, statements.MANY - 1, statements.MANY, statements.MANY + 7])
def test_many_rows_are_stored_as_they_were_given(count):
    user = factories.UserFactory()
    at = clock.now().replace(microsecond=123456)
    given = [
        AuditEntry(
            at=at + dt.timedelta(days=number), user=user if number % 2 else None, actor_name=f"{ODD} {number}",
            action="told", entity="x", changes={"a": [None, number], ODD: [True, [ODD]]},
        )
        for number in range(count)
    ]  # fmt: skip
    AuditEntry(at=at, action=Verb.JOB, entity="x").save()
    statements.insert_all(given)
    AuditEntry(at=at, action=Verb.JOB, entity="x").save()
    stored = {entry.pk: entry for entry in AuditEntry.objects.filter(action="told")}
    assert [row.pk for row in given] == sorted(stored)
    for row in given:
        names = [field.attname for field in AuditEntry._meta.concrete_fields]
        assert [getattr(row, name) for name in names] == [getattr(stored[row.pk], name) for name in names]
        assert not row._state.adding


def test_nothing_and_keys_that_are_no_numbers():
    job = factories.job(factories.UserFactory())
    keys = [str(uuid.uuid4()) if number % 3 else "" for number in range(statements.MANY)]
    statements.insert_all([JobRow(job=job, key=key, code="x", message="", failed=bool(key)) for key in keys])
    rows = JobRow.objects.order_by("id").values_list("key", "failed")
    assert list(rows) == [(key, bool(key)) for key in keys]
