"""The figures of `operations` for `/metrics`: how long ago each process gave a sign of life, and the jobs."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from operations import clock
from operations.models import Heartbeat, Job
from operations.offers import Measure
from operations.rules import silence

MOST = 100_000  # of one state; a count in the index costs some milliseconds by then
NEVER = float("inf")  # the age of what has not happened yet: above every limit that an alarm asks for


def by_status(rows: QuerySet[Any], statuses: Sequence[str]) -> list[tuple[dict[str, str], float]]:
    """How many rows there are of each status, up to MOST. Asks an index that begins with `status`."""
    rows = rows.order_by()
    return [({"status": str(status)}, rows.filter(status=status)[:MOST].count()) for status in statuses]


def signs_of_life() -> list[Measure]:
    now = clock.now()
    rows = dict(Heartbeat.objects.values_list("name", "at"))
    return [
        Measure(
            f"{part.name}_age_seconds",
            f"Seconds since {part.name} gave its last sign of life; +Inf: it never has.",
            [({}, (now - rows[part.name]).total_seconds() if part.name in rows else NEVER)],
        )
        for part in silence.PARTS
    ]


def jobs() -> list[Measure]:
    text = f"Jobs by status, counted up to {MOST:,} each."
    return [Measure("jobs", text, by_status(Job.objects.all(), Job.Status.values))]
