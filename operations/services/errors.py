"""Errors of the product as rows, so that administrators see what happened: class, places and number, never data."""

import logging
import time

from django.db import Error, connection

from operations import clock, counters, faults, logs
from operations.models import ErrorEntry
from operations.rules import outage

log = logging.getLogger(__name__)

MOST_AN_HOUR = 200  # of all processes together; what is more stands in the log alone
HOUR = 3600


def describe(error: BaseException) -> tuple[str, str]:
    """The error's class, and the places of it and its causes, one on each line."""
    causes = list(outage.chain(error))
    lines = [
        line
        for number, cause in enumerate(causes)
        for line in (*([f"from {logs.class_of(cause)}"] if number else []), *logs.places(cause.__traceback__))
    ]
    return logs.class_of(causes[0])[:200], "\n".join(lines)


def note(route: str, error: str, places: str, reference: str = "", method: str = "") -> None:
    """Call outside of any transaction. Raises nothing: the log has the error in any case."""
    try:
        if counters.count(f"errors:{int(time.time() // HOUR)}", HOUR) > MOST_AN_HOUR:
            return
        ErrorEntry.objects.create(
            at=clock.now(), reference=reference, method=method[:10], route=route[:200], error=error, places=places
        )
    except Error as failure:
        log.warning("An error could not be noted (%s).", type(failure).__name__)
        connection.close_if_unusable_or_obsolete()


def note_error(work: str, error: BaseException) -> None:
    """Of work in the background; `work` says which, without data. An outage is no error of the product."""
    if faults.ours(error):
        note(work, *describe(error))
