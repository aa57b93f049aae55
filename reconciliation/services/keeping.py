"""Retention: removes old runs with their files, and folders that belong to no run."""

import datetime as dt
import time

from django.db.models import F, Sum
from django.db.models.functions import Greatest

from operations.actor import SYNC
from reconciliation.models import ReconciliationSettings, Run, RunFile
from reconciliation.services import files, runs

AT_A_TIME = 20
LEAST = 1024 * 1024  # bytes
LEFT_SECONDS = 24 * 3600  # an upload may still be under way in a younger folder


def remove(before: dt.datetime, most: int) -> int:
    """For the product's retention (`operations.services.keeping`): what is too old, and what no run owns any more."""
    remove_left()
    return remove_old(before)


def stored_by(user_id: int) -> int:
    """Bytes of the files that a person has brought and that are still there. Each counts as LEAST at least, so that the quota bounds
    their number too."""
    sizes = RunFile.objects.filter(run__user=user_id).aggregate(total=Sum(Greatest(F("size"), LEAST)))
    return sizes["total"] or 0


def keep_days() -> int:
    return ReconciliationSettings.load().keep_days


def remove_old(before: dt.datetime) -> int:
    """Removes older runs, a few at a time. Gives their number."""
    removed = 0
    for run in Run.objects.filter(created_at__lt=before).select_related("job").order_by("id")[:AT_A_TIME]:
        try:
            runs.remove(SYNC, run)
        except runs.NotPossible:
            continue  # it is being compared; the next round sees it again
        removed += 1
    return removed


def remove_left() -> int:
    """Removes folders without a run, left by an interrupted upload or a killed removal. Returns their number."""
    place = files.room()
    if not place.exists():
        return 0
    folders = set(Run.objects.values_list("folder", flat=True))
    removed = 0
    for folder in place.iterdir():
        try:
            age = time.time() - folder.stat().st_mtime
        except FileNotFoundError:
            continue
        if folder.name not in folders and age > LEFT_SECONDS:
            files.remove(folder)
            removed += 1
    return removed
