"""The one clock. Nothing else in the product reads the machine's time."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Q
from django.utils import timezone

SKEW = dt.timedelta(seconds=60)  # by which clocks of two machines may differ; more is a clock that has been set

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


def reached(name: str, most: dt.timedelta) -> Q:
    """Rows whose due time `name` has come. One that lies further ahead than anything waits has been written by a clock that was
    set back since, and keeps nothing waiting."""
    present = now()
    return Q(**{f"{name}__lte": present}) | Q(**{f"{name}__gt": present + most})


def longer_ago(name: str, least: dt.timedelta) -> Q:
    """Rows whose moment `name` has passed so long ago; or lies ahead, as that of a clock that was set back since."""
    present = now()
    return Q(**{f"{name}__lt": present - least}) | Q(**{f"{name}__gt": present + SKEW})


@contextmanager
def moved_to(moment: dt.datetime) -> Iterator[None]:
    """Tests: the clock shows `moment` and goes on from there."""
    global _shift
    before, _shift = _shift, moment - timezone.now()
    try:
        yield
    finally:
        _shift = before
