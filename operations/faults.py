"""Our own exceptions: which they are, where they arose, and how one among many holds up none of the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction

from operations import logs

MOST_TRIES = 3  # a record at which our own program raised so often is set aside
# The machine's faults and not the record's: a busy or absent database, a full disk, no memory.
NOT_OURS = (OperationalError, InterfaceError, OSError, MemoryError, SoftTimeLimitExceeded)

T = TypeVar("T")


def ours(error: BaseException) -> bool:
    """True where the record or the program is at fault, so that a try counts against the record."""
    return isinstance(error, Exception) and not isinstance(error, NOT_OURS)


def place(error: BaseException) -> str:
    """ "ValueError at sis/rules/stays.py:88 in faults": never the exception's own words, which may carry data."""
    return f"{logs.class_of(error)} at {', '.join(logs.places(error.__traceback__)[:2]) or '?'}"


def each(items: Sequence[T], work: Callable[[Sequence[T]], None], failed: Callable[[T, Exception], None]) -> None:
    """`work` on all items at once, in a transaction of its own; where that raises, on ever smaller parts.

    Items that raise alone go to `failed`, outside the transaction of their work. What is not ours is raised again.
    """
    if not items:
        return
    try:
        with transaction.atomic():
            work(items)
    except Exception as error:
        if not ours(error):
            raise
        if len(items) == 1:
            failed(items[0], error)
            return
        middle = len(items) // 2
        each(items[:middle], work, failed)
        each(items[middle:], work, failed)
