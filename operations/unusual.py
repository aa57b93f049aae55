"""What hardly anybody does in an hour: very many wrong passwords, students viewed, or files downloaded.

Those who run the product get a notice, once an hour for each person or address. The limits are settings; 0 switches a kind off.
"""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

from axes.models import AccessFailureLog
from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from operations import clock
from operations.models import Notice, ReadEntry
from operations.services import notices, people

KIND = "unusual"
HOUR = dt.timedelta(hours=1)
LOOK_AGAIN = 60.0  # seconds
FILES = (ReadEntry.Kind.EXPORTED, ReadEntry.Kind.DOWNLOADED)
PEOPLE, ACCESS = "/people/", "/access/"

_next = 0.0


def sweep() -> None:
    """The tick's round."""
    global _next
    if time.monotonic() >= _next:
        _next = time.monotonic() + LOOK_AGAIN
        look()
        people.warn_of_ends()


def look() -> None:
    since = clock.now() - HOUR
    for what, who, number, url in _findings(since):
        rows = Notice.objects.filter(kind=KIND, at__gte=since, values__what=what, values__who=who)
        if not rows.exists():
            notices.leave(notices.WHOLE, KIND, {"what": what, "who": who, "number": number}, url)


def _findings(since: dt.datetime) -> Iterator[tuple[str, str, int, str]]:
    failures = AccessFailureLog.objects.filter(attempt_time__gte=since).order_by()
    if most := settings.ALARM_FAILED_SIGN_INS:
        for field, what in (("ip_address", "failures of an address"), ("username", "failures of a name")):
            for who, number in failures.values_list(field).annotate(number=Count("pk")).filter(number__gte=most):
                yield what, str(who or "-")[:100], number, PEOPLE
    read = ReadEntry.objects.filter(at__gte=since, program="").order_by().values_list("user__username")
    if most := settings.ALARM_STUDENTS:
        rows = read.filter(student_id__isnull=False).annotate(number=Count("student_id", distinct=True))
        yield from (("students", who, number, ACCESS) for who, number in rows.filter(number__gte=most))
    if most := settings.ALARM_FILES:
        taken = read.filter(kind__in=FILES).annotate(number=Count("pk"))
        yield from (("files", who, number, ACCESS) for who, number in taken.filter(number__gte=most))


def sentence(values: dict[str, Any]) -> str:
    words = {
        "failures of an address": _("%(number)s sign-in attempts from %(who)s failed within an hour."),
        "failures of a name": _("%(number)s sign-in attempts as “%(who)s” failed within an hour."),
        "students": _("%(who)s viewed %(number)s students within an hour. See “Access”, and ask the person."),
        "files": _(
            "%(who)s downloaded %(number)s files with student data within an hour. See “Access”, and ask the person."
        ),
    }
    return words[values["what"]] % values
