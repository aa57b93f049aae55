"""The one clock. Nothing else in the product asks the machine what time it is."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

_shift = dt.timedelta()


def now() -> dt.datetime:
    """This moment, with time zone."""
    return timezone.now() + _shift


def today() -> dt.date:
    """The date in the authority's time zone (TIME_ZONE)."""
    return timezone.localtime(now()).date()


def start_of(day: dt.date) -> dt.datetime:
    """The first moment of a day in the authority's time zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


@contextmanager
def moved_to(moment: dt.datetime) -> Iterator[None]:
    """Tests: the clock shows `moment` and goes on from there."""
    global _shift
    before, _shift = _shift, moment - timezone.now()
    try:
        yield
    finally:
        _shift = before
