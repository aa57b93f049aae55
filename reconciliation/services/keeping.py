"""Retention: runs are removed with their files when they are old enough, and folders that belong to no run."""

import datetime as dt
import time

from django.core.cache import cache

from operations import clock
from operations.actor import SYNC
from reconciliation.models import ReconciliationSettings, Run
from reconciliation.services import files, runs

AT_A_TIME = 20
LOOK_AGAIN = 600  # seconds
LEFT_SECONDS = 24 * 3600  # an upload may still be under way in a younger folder


def sweep() -> None:
    """The tick's round; it looks every ten minutes."""
    if cache.add("reconciliation.keeping", True, LOOK_AGAIN):
        remove_old()
        remove_left()


def remove_old() -> int:
    """Removes runs beyond their days, a few at a time. Gives their number."""
    limit = clock.now() - dt.timedelta(days=ReconciliationSettings.load().keep_days)
    removed = 0
    for run in Run.objects.filter(created_at__lt=limit).select_related("job").order_by("id")[:AT_A_TIME]:
        try:
            runs.remove(SYNC, run)
        except runs.NotPossible:
            continue  # it is being compared; the next round sees it again
        removed += 1
    return removed


def remove_left() -> int:
    """Folders without a run: an upload that broke off, or a removal that was killed half-way. Gives their number."""
    place = files.room()
    if not place.exists():
        return 0
    known = set(Run.objects.values_list("folder", flat=True))
    removed = 0
    for folder in place.iterdir():
        try:
            age = time.time() - folder.stat().st_mtime
        except FileNotFoundError:
            continue
        if folder.name not in known and age > LEFT_SECONDS:
            files.remove(folder)
            removed += 1
    return removed
