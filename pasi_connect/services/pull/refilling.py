"""Columns of local copies are derived data: when an entity's table of fields changes, they are filled again.

A job does this and starts automatically. Until it reaches a row, its new columns are not compared (`compare.columns`).
"""

import datetime as dt
import logging
import time
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from operations import clock, statements
from operations.actor import SYNC
from operations.models import Job, JobRow
from operations.services import jobs
from operations.services.jobs import Running
from pasi_connect.entities import REGISTRY, Entity
from pasi_connect.models import FieldTable, LocalCopy
from pasi_connect.services.compare import comparing, failures
from pasi_connect.services.pull import copies

log = logging.getLogger(__name__)

JOB = "pasi_connect.refill"
CHUNK = 100 if settings.SQLITE else 500
LOOK_SECONDS = 60.0
AGAIN = dt.timedelta(days=1)  # after a run that left rows behind
_looked_at: float | None = None


def stale(entity: Entity) -> "QuerySet[LocalCopy]":
    """Copies whose columns were filled by another table. What we sent ourselves is read from PASI in a moment, and filled then."""
    version = entity.columns_version
    other = Q(columns_version__lt=version) | Q(columns_version__gt=version)  # both ends of the index
    return entity.copy._default_manager.filter(other, provisional=False)


def sweep() -> None:
    """The tick's round: at its start, then once in a while, for what a process of before has stored meanwhile."""
    global _looked_at
    if _looked_at is None or time.monotonic() - _looked_at >= LOOK_SECONDS:
        _looked_at = time.monotonic()
        look()


@transaction.atomic
def look() -> Job | None:
    """Keeps the present tables, and begins the job where rows are filled by another one and no job of the same is under way."""
    for entity in REGISTRY:
        FieldTable.objects.get_or_create(
            entity=entity.kind,
            version=entity.columns_version,
            defaults={"columns": entity.columns, "first_at": clock.now()},
        )
    wanted = {entity.kind: entity.columns_version for entity in REGISTRY if stale(entity).exists()}
    if not wanted:
        return None
    list(FieldTable.objects.select_for_update().order_by("id"))  # several ticks look one after the other
    last = Job.objects.filter(kind=JOB).order_by("-id").first()
    if last is not None and (not last.is_over or _left_behind(last, wanted)):
        return None
    log.info("Columns of local copies are filled anew: %s.", ", ".join(sorted(wanted)))
    return jobs.start(
        SYNC,
        JOB,
        {"versions": wanted},
        total=sum(stale(entity).count() for entity in REGISTRY if entity.kind in wanted),
    )


def _left_behind(last: Job, wanted: dict[str, int]) -> bool:
    """The last run did the same and could not do all of it, not long ago."""
    if last.status == Job.Status.COMPLETED or last.inputs != {"versions": wanted}:
        return False
    return not Job.objects.filter(clock.longer_ago("created_at", AGAIN), pk=last.pk).exists()


def run(running: Running) -> dict[str, Any]:
    """Entity by entity, a chunk a transaction. The mark says by entity how far it is; what is filled is not looked at again."""
    for entity in REGISTRY:
        # Of another table than this process's: a job that the tick begins anew fills by the present one.
        if running.inputs["versions"].get(entity.kind) == entity.columns_version:
            _refill(running, entity)
    return {"entities": sorted(running.inputs["versions"])}


def _refill(running: Running, entity: Entity) -> None:
    going = True
    while going:
        running.check()
        going = running.chunk(CHUNK, partial(_some, running, entity), partial(_pass_over, running, entity))


def _next(running: Running, entity: Entity) -> "QuerySet[LocalCopy]":
    return stale(entity).filter(pk__gt=(running.mark or {}).get(entity.kind, 0)).order_by("pk")


def _some(running: Running, entity: Entity, most: int) -> bool:
    rows = list(_next(running, entity).select_for_update()[:most])
    if not rows:
        return False
    names: tuple[str, ...] = ()
    for row in rows:
        names = copies.refill(entity, row)
    statements.update_all(rows, names)
    if entity.sis is not None:
        comparing.evaluate(entity, keys=[str(getattr(row, entity.copy.key_field)) for row in rows])
    running.step({**(running.mark or {}), entity.kind: rows[-1].pk}, done=len(rows))
    return True


def _pass_over(running: Running, entity: Entity, where: str) -> None:
    """A document that cannot be read here: its record is asked for again."""
    row = _next(running, entity).defer("document").first()
    if row is None:
        return
    key = str(getattr(row, entity.copy.key_field))
    code = getattr(row, entity.school_column) if entity.school_column else ""
    kind = entity.kind
    failures.note(failures.Step.PULL, kind, key, where, school_code=code, version=row.core_version)
    job_row = JobRow(
        entity=kind, subject_id=str(row.pk), key=key, school_code=code, code="fault", message=jobs.fault(where)
    )
    running.step({**(running.mark or {}), entity.kind: row.pk}, failed=1, rows=[job_row])
