"""Errors that are nobody's mistake and pass: a full or read-only disk, a database that is unavailable or busy."""

import errno
from collections.abc import Iterator
from typing import Any

FULL, READ_ONLY, FAILING, AWAY, BUSY = "full", "read_only", "failing", "away", "busy"

BY_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EIO: FAILING,
}
# sqlite.org/rescode.html: the primary code is the lowest byte.
BY_SQLITE_CODE = {13: FULL, 8: READ_ONLY, 10: FAILING, 14: FAILING, 5: BUSY, 6: BUSY}
# postgresql.org/docs/current/errcodes-appendix.html: the whole code first, then its class.
BY_SQLSTATE = {
    "53100": FULL,
    "25006": READ_ONLY,
    "58030": FAILING,
    "57014": BUSY,
    "55P03": BUSY,
    "40001": BUSY,
    "40P01": BUSY,
    "53": BUSY,
    "08": AWAY,
    "57": AWAY,
}
RETRY_SECONDS = {FULL: 30, READ_ONLY: 30, FAILING: 30, AWAY: 10, BUSY: 5}
LONGEST_CHAIN = 20


def kind_of(error: BaseException | None) -> str | None:
    """Which outage has caused the error; None when it is an error of the product."""
    return next((kind for one in chain(error) if (kind := _kind(one))), None)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from, the first cause last."""
    ids: set[int] = set()
    while error is not None and id(error) not in ids and len(ids) < LONGEST_CHAIN:
        ids.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error: BaseException) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return BY_SQLITE_CODE.get(code & 0xFF)
    if type(error).__module__.startswith("psycopg"):
        return _postgresql(error)
    return BY_ERRNO.get(error.errno) if isinstance(error, OSError) and error.errno else None


def _postgresql(error: Any) -> str | None:
    state = getattr(error, "sqlstate", None)
    if state:
        return BY_SQLSTATE.get(state) or BY_SQLSTATE.get(state[:2])
    # Without a state nobody answered: the connection was refused, cut, or is closed by now.
    return AWAY if type(error).__name__ in ("OperationalError", "InterfaceError") else None
