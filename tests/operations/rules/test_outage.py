"""Which errors pass by themselves, and which are the product's."""

import errno
import sqlite3

import psycopg
import pytest

from operations.rules import outage


def sqlite(code):
    error = sqlite3.OperationalError("the text may carry values")
    error.sqlite_errorcode = code
    return error


def wrapped(cause, by=ValueError):
    try:
        try:
            raise cause
        except type(cause) as error:
            raise by("x") from error
    except by as error:
        return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left"), "full"),
        (OSError(errno.EDQUOT, "Quota"), "full"),
        (OSError(errno.EROFS, "Read-only"), "read_only"),
        (PermissionError(errno.EACCES, "Denied"), "read_only"),
        (FileNotFoundError(errno.ENOENT, "None"), None),
        (OSError("without a number"), None),
        (sqlite(13), "full"),
        (sqlite(8), "read_only"),
        (sqlite(10 | 3 << 8), "failing"),  # SQLITE_IOERR_WRITE
        (sqlite(5), "busy"),
        (sqlite(1), None),  # no such table
        (sqlite(19), None),  # a constraint
        (psycopg.errors.DiskFull(), "full"),
        (psycopg.errors.ReadOnlySqlTransaction(), "read_only"),
        (psycopg.errors.IoError(), "failing"),
        (psycopg.errors.AdminShutdown(), "away"),
        (psycopg.errors.TooManyConnections(), "busy"),
        (psycopg.errors.DeadlockDetected(), "busy"),
        (psycopg.errors.UniqueViolation(), None),
        (psycopg.errors.UndefinedTable(), None),
        (psycopg.OperationalError("connection refused"), "away"),
        (ValueError("x"), None),
        (wrapped(sqlite(13)), "full"),
        (wrapped(wrapped(OSError(errno.ENOSPC, "x"))), "full"),
        (None, None),
    ],
)
def test_kind(error, kind):
    assert outage.kind_of(error) == kind


def test_every_kind_has_a_time_to_wait():
    kinds = {*outage.BY_ERRNO.values(), *outage.BY_SQLITE_CODE.values(), *outage.BY_SQLSTATE.values()}
    assert kinds == set(outage.RETRY_SECONDS)
