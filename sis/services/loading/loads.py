"""A load from its first byte to its last line: a small one at once, a large one as a job that resumes at its mark."""

import datetime as dt
import itertools
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.models import Job, JobRow
from operations.services import jobs
from sis.models import Load, LoadPart
from sis.services.loading import door
from sis.services.loading.definition import Resource
from sis.services.loading.door import Row
from sis.services.loading.outcome import Kept, Outcome, Refused
from sis.services.loading.resources import RESOURCES

JOB = "sis.load"
AT_ONCE = 500  # lines that are answered at once
PART = 500  # lines that are kept together
CHUNK = 500  # lines in one transaction at most; on SQLite, where a registrar's save waits meanwhile, fewer
CHUNK_EMBEDDED = 100
RECEIVED_WITHIN = dt.timedelta(minutes=10)  # a load that has no job by then has died


class AtWork(Exception):
    """Another load of the resource has not ended."""


def receive(
    actor: Actor, resource: Resource, source: str, rows: Iterable[Row], *, dry_run: bool = False
) -> Outcome | Job:
    """What became of the lines, or the job that goes through them where they are many. Raises AtWork.

    Call it outside of every transaction.
    """
    left = iter(rows)
    first = list(itertools.islice(left, AT_ONCE + 1))
    load = _begin(resource, source, dry_run)
    try:
        if len(first) <= AT_ONCE:
            return _at_once(actor, load, resource, first)
        return _as_job(actor, load, itertools.chain(first, left))
    except BaseException:
        Load.objects.filter(pk=load.pk, job=None).update(active=False)
        LoadPart.objects.filter(load=load, load__job=None).delete()
        raise


def _begin(resource: Resource, source: str, dry_run: bool) -> Load:
    late = clock.longer_ago("created_at", RECEIVED_WITHIN)
    for other in Load.objects.filter(resource=resource.name, active=True).select_related("job"):
        if other.job is not None and other.job.is_over:
            Load.objects.filter(pk=other.pk).update(active=False)
    Load.objects.filter(late, resource=resource.name, active=True, job=None).update(active=False)
    try:
        with transaction.atomic():
            load = Load.objects.create(resource=resource.name, source=source, dry_run=dry_run, created_at=clock.now())
    except IntegrityError:
        raise AtWork from None
    if not dry_run:  # what ended half-way is not resumed any more: this one is newer
        LoadPart.objects.filter(load__resource=resource.name, load__source=source, load__active=False).delete()
    return load


def _at_once(actor: Actor, load: Load, resource: Resource, rows: Sequence[Row]) -> Outcome:
    done, step = Outcome(), _step(resource)
    for start in range(0, len(rows), step):
        with transaction.atomic():
            done.add(_take(actor, load, resource, rows[start : start + step]))
    if load.dry_run:
        load.delete()
    else:
        Load.objects.filter(pk=load.pk).update(active=False)
    return done


def _take(actor: Actor, load: Load, resource: Resource, rows: Sequence[Row]) -> Outcome:
    work = door.preview if load.dry_run else door.take
    done = work(actor, resource, load.source, rows)
    Load.objects.filter(pk=load.pk).update(
        created=F("created") + done.created,
        changed=F("changed") + done.changed,
        unchanged=F("unchanged") + done.unchanged,
        refused=F("refused") + len(done.refused),
    )
    return done


def _as_job(actor: Actor, load: Load, rows: Iterable[Row]) -> Job:
    total = 0
    for number, part in enumerate(_parts(rows)):
        LoadPart.objects.create(load=load, number=number, content=_packed(part))
        total += len(part)
    with transaction.atomic():
        load.job = jobs.start(actor, JOB, {"load": load.pk, "resource": load.resource}, total=total)
        load.save(update_fields=["job"])
    return load.job


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while part := list(itertools.islice(left, PART)):
        yield part


def _packed(rows: Iterable[Row]) -> bytes:
    return zlib.compress(b"\n".join(b"%d %s" % row for row in rows), 1)


def _unpacked(content: bytes | memoryview) -> list[Row]:
    rows = []
    for row in zlib.decompress(bytes(content)).split(b"\n"):
        number, _blank, line = row.partition(b" ")
        rows.append((int(number), line))
    return rows


def _step(resource: Resource) -> int:
    return min(resource.step, CHUNK if connection.vendor == "postgresql" else CHUNK_EMBEDDED)


# --- The job ------------------------------------------------------------------------------------------------------


def run(running: jobs.Running) -> dict[str, Any]:
    """Chunk by chunk, each with its mark [part, lines of it that are done] in one transaction."""
    load = Load.objects.get(pk=running.inputs["load"])
    resource = RESOURCES[load.resource]
    _go_on(load)
    part, done = running.mark or (0, 0)
    last = LoadPart.objects.filter(load=load).count()
    while part < last:
        rows = _unpacked(LoadPart.objects.get(load=load, number=part).content)
        while done < len(rows):
            running.check()
            done = _chunk(running, load, resource, rows, part, done)
        part, done = part + 1, 0
    Load.objects.filter(pk=load.pk).update(active=False)
    LoadPart.objects.filter(load=load).delete()
    load.refresh_from_db()
    return {name: getattr(load, name) for name in ("created", "changed", "unchanged", "refused")}


def _chunk(running: jobs.Running, load: Load, resource: Resource, rows: Sequence[Row], part: int, done: int) -> int:
    """Gives how many lines of the part are done now."""

    def work(number: int) -> None:
        some = rows[done : done + number]
        outcome = _take(running.actor, load, resource, some)
        _end(running, resource, outcome, [part, done + len(some)])

    def pass_over(where: str) -> None:
        number, _content = rows[done]
        sentence = jobs.fault(where)
        Load.objects.filter(pk=load.pk).update(refused=F("refused") + 1)
        refused = Refused(number, "", [{"field": "", "message": sentence}])
        _end(running, resource, Outcome(refused=[refused]), [part, done + 1])

    running.chunk(_step(resource), work, pass_over)
    return running.mark[1] if running.mark and running.mark[0] == part else done


def _go_on(load: Load) -> None:
    """A load that was interrupted goes on only where none of its resource runs, and none came after it."""
    newer = Load.objects.filter(resource=load.resource, source=load.source, dry_run=False, pk__gt=load.pk)
    if newer.exists() and not load.active:
        raise ValidationError(_("A later load of these records has begun since. Deliver the records again."))
    if not load.active:
        try:
            with transaction.atomic():
                Load.objects.filter(pk=load.pk).update(active=True)
        except IntegrityError:
            raise ValidationError(_("Another load of these records is running. Resume this one afterwards.")) from None


def _end(running: jobs.Running, resource: Resource, outcome: Outcome, mark: list[int]) -> None:
    rows = [
        *(_refused_row(resource, one) for one in outcome.refused),
        *(_kept_row(resource, one) for one in outcome.kept),
    ]
    failed = len(outcome.refused)
    running.step(mark, done=outcome.lines - failed, failed=failed, rows=rows)


def _refused_row(resource: Resource, one: Refused) -> JobRow:
    sentences = " ".join(f"{row['field']}: {row['message']}" if row["field"] else row["message"] for row in one.errors)
    message = _("Line %(line)s: %(what)s") % {"line": one.line, "what": sentences}
    return JobRow(
        entity=resource.kind, subject_id="", key=one.external_id[:60], code="refused", message=message, failed=True
    )


def _kept_row(resource: Resource, one: Kept) -> JobRow:
    """Told of without values: the record's page has them."""
    sentence = _(
        "Line %(line)s: the source delivers %(field)s as it did before, and the value here has changed since. The value here was "
        "kept. Correct it in the source."
    )
    message = sentence % {"line": one.line, "field": one.difference.field}
    return JobRow(
        entity=resource.kind,
        subject_id=str(one.record_id),
        key=one.external_id[:60],
        school_code=one.school_code,
        code="kept",
        message=message,
        failed=False,
    )
