"""Jobs: work on many records as a row. Made by a person, claimed by a worker, resumed at its mark after a kill.

A kind of job is offered by its app in `jobs.py` (`offers.jobs`). Its `run` takes a `Running` and works in chunks: each chunk
is one transaction that ends with `running.step(...)`, so the mark, the counts and the work are stored together.
"""

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from operations import clock, offers, wake
from operations.actor import Actor
from operations.models import Job, JobRow
from operations.services import audit

log = logging.getLogger(__name__)

RUN = "operations.job"
MOST_INTERRUPTIONS = 3  # a job whose worker died so often waits for a person
Status = Job.Status


class NotPossible(Exception):
    """The job is in a state in which this cannot be done; the message says so."""


class Stopped(Exception):
    """Raised inside of a run: somebody asked to cancel, or another worker has taken the job over."""


def start(
    actor: Actor,
    kind: str,
    given: Mapping[str, Any],
    *,
    total: int | None = None,
    needs_approval: str = "",
    guard: list[dict[str, Any]] | None = None,
) -> Job:
    """A new job; it begins after commit, or waits for a permitted person when `needs_approval` says why.

    `guard` is what the guard found, kept in the result for those who approve.
    """
    if kind not in offers.jobs:
        raise KeyError(kind)
    job = Job.objects.create(
        kind=kind,
        given=dict(given),
        total=total,
        status=Status.WAITING_APPROVAL if needs_approval else Status.QUEUED,
        detail=needs_approval,
        result={"guard": guard} if guard else {},
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_local_id=actor.local_id,
        actor_ip=actor.ip,
        created_at=clock.now(),
    )
    _tell(actor, job, None)
    if not needs_approval:
        wake.after_commit(RUN, job.pk)
    return job


def _tell(actor: Actor, job: Job, before: str | None, reason: str = "") -> None:
    changes = {"status": [before, job.status]}
    audit.record(actor, audit.Entry(f"job {job.kind}", "job", str(job.pk), changes=changes, reason=reason))


def _lock(job_id: int, allowed: Iterable[str], otherwise: str) -> Job:
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.status not in allowed:
        raise NotPossible(otherwise)
    return job


@transaction.atomic
def approve(actor: Actor, job_id: int) -> Job:
    job = _lock(job_id, [Status.WAITING_APPROVAL], _("This job does not wait for approval."))
    before, job.status, job.detail = job.status, Status.QUEUED, ""
    job.approved_by, job.approved_at = actor.name, clock.now()
    job.save(update_fields=["status", "detail", "approved_by", "approved_at"])
    _tell(actor, job, before)
    wake.after_commit(RUN, job.pk)
    return job


@transaction.atomic
def cancel(actor: Actor, job_id: int) -> Job:
    """What is done stays done. A running job ends with its present chunk."""
    allowed = (Status.QUEUED, Status.RUNNING, Status.WAITING_APPROVAL, Status.INTERRUPTED)
    job = _lock(job_id, allowed, _("This job has ended."))
    before = job.status
    if job.status == Status.RUNNING:
        job.cancel_asked = True
    else:
        job.status, job.finished_at = Status.CANCELLED, clock.now()
    job.detail = _("Cancelled by %(who)s.") % {"who": actor.name}
    job.save(update_fields=["status", "cancel_asked", "finished_at", "detail"])
    _tell(actor, job, before, "cancel asked" if job.cancel_asked else "")
    return job


@transaction.atomic
def resume(actor: Actor, job_id: int) -> Job:
    """Goes on at the mark: nothing that is done is done again."""
    allowed = (Status.CANCELLED, Status.INTERRUPTED, Status.FAILED)
    job = _lock(job_id, allowed, _("Only a job that was cancelled, was interrupted or has failed can go on."))
    if job.approved_at is None and job.started_at is None and job.result.get("guard"):
        raise NotPossible(_("This job was never approved. Start it anew."))
    before = job.status
    job.status, job.cancel_asked, job.detail, job.finished_at, job.interruptions = Status.QUEUED, False, "", None, 0
    job.save(update_fields=["status", "cancel_asked", "detail", "finished_at", "interruptions"])
    _tell(actor, job, before, "resumed")
    wake.after_commit(RUN, job.pk)
    return job


class Running:
    """What a kind's `run` works with. `given` and `mark` are as stored; `actor` is the person who started the job."""

    def __init__(self, job: Job) -> None:
        self.job_id, self.fence = job.pk, job.fence
        self.given: dict[str, Any] = job.given
        self.mark: Any = job.mark
        self.actor = Actor(job.user_id, job.actor_name, job.actor_local_id, job.actor_ip)
        self.approved = job.approved_at is not None

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job_id, fence=self.fence, status=Status.RUNNING)

    def check(self) -> None:
        """Call before each chunk, outside of its transaction. Raises Stopped when the job is not to go on."""
        asked = self._mine().values_list("cancel_asked", flat=True).first()
        if asked is None or asked:
            raise Stopped

    def count(self, total: int) -> None:
        self._mine().update(total=total)

    def say(self, stage: str, done: int | None = None) -> None:
        """The stage in words, and how many are done of those that are only counted (not stepped)."""
        more = {} if done is None else {"done": done}
        self._mine().update(stage=stage[:120], heartbeat_at=clock.now(), **more)

    def step(self, mark: Any, done: int = 0, failed: int = 0, rows: Iterable[JobRow] = ()) -> None:
        """Ends a chunk, inside its transaction: `done` and `failed` more records, `rows` for those that were no plain success."""
        changed = self._mine().update(
            mark=mark, done=F("done") + done, failed=F("failed") + failed, heartbeat_at=clock.now()
        )
        if not changed:
            raise Stopped
        made = list(rows)
        for row in made:
            row.job_id = self.job_id
        JobRow.objects.bulk_create(made, batch_size=500)
        self.mark = mark


class _Heart:
    """Beats while the job runs, in a thread of its own: a chunk may take longer than a lease."""

    def __init__(self, running: Running) -> None:
        self.running, self.done = running, threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"job-{running.job_id}", daemon=True)

    def _run(self) -> None:
        try:
            while not self.done.wait(settings.LEASE_HEARTBEAT_SECONDS):
                try:
                    Job.objects.filter(pk=self.running.job_id, fence=self.running.fence).update(
                        heartbeat_at=clock.now()
                    )
                except DatabaseError as error:
                    log.warning("Job %s: no heartbeat: %s.", self.running.job_id, type(error).__name__)
                    connection.close()
        finally:
            connection.close()

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *args: object) -> None:
        self.done.set()
        self.thread.join(timeout=5)


def run(job_id: int) -> None:
    """The worker's door. Harmless when the job runs elsewhere or has ended."""
    now = clock.now()
    claimed = Job.objects.filter(pk=job_id, status=Status.QUEUED).update(
        status=Status.RUNNING, fence=F("fence") + 1, heartbeat_at=now
    )
    if not claimed:
        return
    Job.objects.filter(pk=job_id, started_at=None).update(started_at=now)
    job = Job.objects.get(pk=job_id)
    running = Running(job)
    with _Heart(running):
        try:
            result = offers.jobs[job.kind].run(running)
        except Stopped:
            _finish(running, Status.CANCELLED, only_if_asked=True)
        except ValidationError as error:
            _finish(running, Status.FAILED, detail=" ".join(error.messages))
        except DatabaseError:
            # Busy, cut or restarted: not the job's fault. It goes on at its mark.
            log.warning("Job %s: the database failed; it goes on at its mark.", job_id)
            connection.close()
            _release(running)
        except Exception as error:
            log.exception("Job %s (%s) failed.", job_id, job.kind)
            _finish(running, Status.FAILED, detail=_("A fault of the product: %(name)s.") % {"name": type(error).__name__})
        else:
            job.refresh_from_db(fields=["failed"])
            _finish(running, Status.COMPLETED_WITH_PROBLEMS if job.failed else Status.COMPLETED, result=result or {})


def _finish(
    running: Running, status: str, *, detail: str = "", result: dict[str, Any] | None = None, only_if_asked: bool = False
) -> None:
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=running.job_id, fence=running.fence).first()
        if job is None or job.status != Status.RUNNING or (only_if_asked and not job.cancel_asked):
            return
        job.status, job.finished_at, job.stage = status, clock.now(), ""
        job.detail = detail or (job.detail if only_if_asked else "")
        if result is not None:
            job.result = {**job.result, **result}
        job.save(update_fields=["status", "finished_at", "stage", "detail", "result"])
        _tell(running.actor, job, Status.RUNNING)


def _release(running: Running) -> None:
    Job.objects.filter(pk=running.job_id, fence=running.fence, status=Status.RUNNING).update(status=Status.QUEUED)
    wake.now(RUN, running.job_id)


def sweep() -> None:
    """The tick's round: jobs whose wake was lost, and jobs whose worker died."""
    now = clock.now()
    dead = Job.objects.filter(
        status=Status.RUNNING, heartbeat_at__lt=now - clock.dt.timedelta(seconds=settings.LEASE_SECONDS)
    )
    for pk, interruptions in list(dead.values_list("pk", "interruptions")):
        again = interruptions < MOST_INTERRUPTIONS
        dead.filter(pk=pk).update(
            status=Status.QUEUED if again else Status.INTERRUPTED,
            interruptions=F("interruptions") + 1,
            fence=F("fence") + 1,
        )
    before = now - clock.dt.timedelta(seconds=settings.TICK_SECONDS)
    for pk in Job.objects.filter(status=Status.QUEUED, created_at__lt=before).order_by("id").values_list("pk", flat=True)[:5]:
        wake.now(RUN, pk, expires=10)
