"""Changes met in PASI's contract: operators are notified once per kind; each is listed while it continues."""

import datetime as dt
import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from operations import clock
from operations.services import notices
from pasi_connect.models import ContractChange
from pasi_connect.soap.strangers import VALUE, Stranger

log = logging.getLogger(__name__)

NOTICE = "contract_changed"
WHERE = "/link/"
MOST = 200  # rows: beyond them nobody reads on, and PASI could make any number
WRITE_AGAIN = dt.timedelta(minutes=1)
GOES_ON = dt.timedelta(days=7)


def note(operation: str, strangers: Iterable[Stranger]) -> None:
    """In the caller's transaction. One query where every stranger is known, none where there are none."""
    wanted = {(one.kind, one.place) for one in strangers}
    if not wanted:
        return
    now = clock.now()
    rows = ContractChange.objects.filter(operation=operation, place__in={place for _kind, place in wanted})
    by_place = {(row.kind, row.place): row for row in rows}
    again = [row.pk for key, row in by_place.items() if key in wanted and abs(now - row.last_at) > WRITE_AGAIN]
    if again:
        ContractChange.objects.filter(pk__in=again).update(last_at=now)
    for kind, place in sorted(wanted - by_place.keys()):
        _meet(operation, kind, place, now)


def of_value(operation: str, place: str) -> None:
    """A value from PASI that we can neither ask for nor store: skipped."""
    with transaction.atomic():
        note(operation, [Stranger(VALUE, place)])


def _meet(operation: str, kind: str, place: str, now: dt.datetime) -> None:
    if ContractChange.objects.count() >= MOST:
        return
    is_first = not ContractChange.objects.filter(operation=operation, kind=kind).exists()
    named = {"operation": operation, "kind": kind, "place": place}
    _row, is_new = ContractChange.objects.get_or_create(**named, defaults={"first_at": now, "last_at": now})
    if is_new:
        log.warning("PASI's contract has changed. %s: %s %s", operation, kind, place)
    if is_new and is_first:
        notices.leave(notices.WHOLE, NOTICE, named, WHERE)


def present() -> QuerySet[ContractChange]:
    """Changes met in the last few days."""
    return ContractChange.objects.filter(last_at__gte=clock.now() - GOES_ON).order_by("operation", "kind", "place")
