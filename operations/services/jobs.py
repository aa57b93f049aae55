"""Jobs: work on many records as a row. Started by a person, claimed by a worker, resumed at its mark after a kill.

A kind of job is offered by its app in `jobs.py` (`offers.jobs`). Its `run` takes a `Running` and works in chunks: each chunk
is one transaction that ends with `running.step(...)`, so the mark, the counts and the work are stored together.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from operations import clock, faults, liveness, offers, rights, wake
from operations.actor import Actor
from operations.models import ApprovalSettings, Job, JobRow
from operations.services import audit

log = logging.getLogger(__name__)

RUN = "operations.job"
MOST_INTERRUPTIONS = 3  # a job whose worker died so often waits for a person
Status = Job.Status
_in_job: ContextVar[bool] = ContextVar("in_job", default=False)


def in_job() -> bool:
    """True while a job does what is done: work on many records, which lets that of people on single ones go first."""
    return _in_job.get()


class NotPossible(Exception):
    """The job is in a state in which this cannot be done; the message says so."""


class Stopped(Exception):
    """Raised inside of a run: somebody asked to cancel, or another worker has taken the job over."""


class RightLost(Stopped):
    """Raised inside of a run: the person who started it may not do this any more. The message says why."""


def start(
    actor: Actor,
    kind: str,
    inputs: Mapping[str, Any],
    *,
    total: int | None = None,
    needs_approval: str = "",
    guard: list[dict[str, Any]] | None = None,
    confirmed: bool = False,
) -> Job:
    """A new job; it begins after commit, or waits for a permitted person when `needs_approval` says why.

    `guard` is what the guard found, kept in the result for those who approve. `confirmed`: the person who starts it may approve
    it and has looked at its list, so that this is the approval; not where that takes another person.
    """
    if kind not in offers.jobs:
        raise KeyError(kind)
    confirmed = confirmed and not four_eyes()
    waits = bool(needs_approval) and not confirmed
    job = Job.objects.create(
        kind=kind,
        inputs=dict(inputs),
        total=total,
        status=Status.WAITING_APPROVAL if waits else Status.QUEUED,
        detail=needs_approval if waits else "",
        result={"guard": guard} if guard else {},
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_local_id=actor.local_id,
        actor_ip=actor.ip,
        created_at=clock.now(),
        **({"approved_by": actor.name, "approved_at": clock.now()} if needs_approval and confirmed else {}),
    )
    _tell(actor, job, None, "approved by its own confirmation" if job.approved_at else "")
    if not waits:
        wake.after_commit(RUN, job.pk)
    return job


def _tell(actor: Actor, job: Job, before: str | None, reason: str = "") -> None:
    changes = {"status": [before, job.status]}
    audit.record(actor, audit.Entry(audit.Verb.JOB, "job", str(job.pk), changes=changes, reason=reason))


def fault(where: str) -> str:
    """The sentence for what an exception of ours kept from being done."""
    return _("An error in PASI Connect: %(name)s.") % {"name": where}


def _lock(job_id: int, allowed: Iterable[str], otherwise: str) -> Job:
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.status not in allowed:
        raise NotPossible(otherwise)
    return job


def four_eyes() -> bool:
    """Whether the person who started a guarded job may not release it."""
    return ApprovalSettings.load().four_eyes


@transaction.atomic
def approve(actor: Actor, job_id: int) -> Job:
    """Releases what the guard has stopped. Raises NotPossible, also for the one who started it where that takes another person."""
    job = _lock(job_id, [Status.WAITING_APPROVAL], _("This job is not waiting for approval."))
    if actor.user_id == job.user_id and four_eyes():
        raise NotPossible(_("You started this job. Another person with the permission Approve must approve it."))
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
    job = _lock(job_id, allowed, _("Only a job that was cancelled, was interrupted or has failed can be resumed."))
    if job.approved_at is None and job.started_at is None and job.result.get("guard"):
        raise NotPossible(_("This job was never approved. Start a new one."))
    if why := rights.lost(job.user_id, right_of(job)):
        raise NotPossible(f"{why} {_('Start it anew with the rights that you have.')}")
    before = job.status
    job.status, job.cancel_asked, job.detail, job.finished_at, job.interruptions = Status.QUEUED, False, "", None, 0
    job.save(update_fields=["status", "cancel_asked", "detail", "finished_at", "interruptions"])
    _tell(actor, job, before, "resumed")
    wake.after_commit(RUN, job.pk)
    return job


def right_of(job: Job) -> offers.Right:
    """Of a kind that nobody offers any more it is what starts any job; such a job does nothing."""
    kind = offers.jobs.get(job.kind)
    return kind.right(job) if kind else offers.Right(rights.to("stop", "job"), frozenset())


class Running:
    """What a kind's `run` works with. `inputs` and `mark` are as stored; `actor` is the person who started the job."""

    def __init__(self, job: Job) -> None:
        self.job_id, self.fence = job.pk, job.fence
        self.inputs: dict[str, Any] = job.inputs
        self.mark: Any = job.mark
        who = (job.user.get_username(), job.user.full_name) if job.user else ("", "")
        self.actor = Actor(job.user_id, job.actor_name, job.actor_local_id, job.actor_ip, *who)
        self.approved = job.approved_at is not None
        self.right = right_of(job)
        self._may_go_on = False  # since the last chunk
        self._alone, self._tries = 0, 0  # so many chunks of one record are still to come; tries of the present one

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job_id, fence=self.fence, status=Status.RUNNING)

    def check(self) -> None:
        """Call before each chunk, outside of its transaction. Raises Stopped when the job is not to go on.

        Person, permission and schools are read again: a right that was lost ends the job, and what is done stays done.
        """
        stop = self._mine().values_list("cancel_asked", flat=True).first()
        if stop is None or stop:
            raise Stopped
        if why := rights.lost(self.actor.user_id, self.right):
            raise RightLost(why)
        self._may_go_on = True

    def count(self, total: int) -> None:
        self._mine().update(total=total)

    def say(self, stage: str, done: int | None = None) -> None:
        """The stage in words, and how many are done of those that are only counted (not stepped)."""
        more = {} if done is None else {"done": done}
        self._mine().update(stage=stage[:120], heartbeat_at=clock.now(), **more)

    def chunk(self, most: int, work: Callable[[int], Any], pass_over: Callable[[str], Any]) -> Any:
        """One chunk of up to `most` records in a transaction: `work(number)` ends with `step` and its result is given.

        Where an exception of ours comes out of it, the same records are worked one by one, and one that raises alone as often
        as MOST_TRIES is passed over: `pass_over(place)` steps behind it and leaves its row. Gives True then.
        """
        number = 1 if self._alone else most
        try:
            with transaction.atomic():
                result = work(number)
        except (Stopped, ValidationError):
            raise
        except Exception as error:
            if not faults.ours(error):
                raise
            where = faults.place(error)
            log.warning("Job %s: a chunk of %s raised: %s", self.job_id, number, where)
            if number > 1:
                self._alone = most
                return True
            self._tries += 1
            if self._tries < faults.MOST_TRIES:
                return True
            with transaction.atomic():
                pass_over(where)
            result = True
        self._tries, self._alone = 0, max(self._alone - 1, 0)
        return result

    def step(self, mark: Any, done: int = 0, failed: int = 0, rows: Iterable[JobRow] = ()) -> None:
        """Ends a chunk before which `check` was called, inside its transaction: `done` and `failed` more records, `rows` for those skipped or failed."""
        if not self._may_go_on:
            raise RuntimeError("check() asks for the rights before each chunk")
        changed = self._mine().update(
            mark=mark, done=F("done") + done, failed=F("failed") + failed, heartbeat_at=clock.now()
        )
        if not changed:
            raise Stopped
        batch = list(rows)
        for row in batch:
            row.job_id = self.job_id
        JobRow.objects.bulk_create(batch, batch_size=500)
        self.mark, self._may_go_on = mark, False


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
    mark = _in_job.set(True)
    running = Running(job)
    with _Heart(running), translation.override(_language(job)):
        try:
            running.check()
            result = offers.jobs[job.kind].run(running)
        except RightLost as error:
            _finish(running, Status.FAILED, detail=f"{error} {_('What was done until then stays done.')}")
        except Stopped:
            _finish(running, Status.CANCELLED, only_if_asked=True)
        except ValidationError as error:
            _finish(running, Status.FAILED, detail=" ".join(error.messages))
        except DatabaseError:
            # Busy, cut or restarted: not the job's fault. It goes on at its mark.
            log.warning("Job %s: the database failed; it goes on at its mark.", job_id)
            connection.close()
            _release(running)
        except Exception as error:  # noqa: BLE001 - told in the job; the log has no data
            where = faults.place(error)
            log.error("Job %s (%s) failed: %s", job_id, job.kind, where)
            _finish(running, Status.FAILED, detail=fault(where))
        else:
            job.refresh_from_db(fields=["failed"])
            _finish(running, Status.COMPLETED_WITH_PROBLEMS if job.failed else Status.COMPLETED, result=result or {})
        finally:
            _in_job.reset(mark)


def _language(job: Job) -> str:
    """What the job says, it says in the language of the person who started it, who reads it first."""
    return (job.user and job.user.language) or settings.LANGUAGE_CODE


def _finish(
    running: Running,
    status: str,
    *,
    detail: str = "",
    result: dict[str, Any] | None = None,
    only_if_asked: bool = False,
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


_watch: liveness.Watch[int] = liveness.Watch()


def sweep() -> None:
    """The tick's round: jobs whose wake was lost, and jobs whose worker died."""
    running = Job.objects.filter(status=Status.RUNNING)
    signs = {pk: (fence, at) for pk, fence, at in running.values_list("pk", "fence", "heartbeat_at")}
    for pk in _watch.silent(signs, settings.LEASE_SECONDS):
        fence, at = signs[pk]
        dead = running.filter(pk=pk, fence=fence, heartbeat_at=at)
        interruptions = dead.values_list("interruptions", flat=True).first() or 0
        again = interruptions < MOST_INTERRUPTIONS
        dead.update(
            status=Status.QUEUED if again else Status.INTERRUPTED,
            interruptions=F("interruptions") + 1,
            fence=F("fence") + 1,
        )
    late = clock.longer_ago("created_at", clock.dt.timedelta(seconds=settings.TICK_SECONDS))
    for pk in Job.objects.filter(late, status=Status.QUEUED).order_by("id").values_list("pk", flat=True)[:5]:
        wake.look(RUN, pk)


def _first_queued() -> int | None:
    return Job.objects.filter(status=Status.QUEUED).order_by("id").values_list("pk", flat=True).first()


def _run_first() -> None:
    pk = _first_queued()
    if pk is not None:
        run(pk)


def _idle_hands() -> int:
    """One, when a job waits and none runs: where one runs, the others wait for its worker."""
    return int(_first_queued() is not None and not Job.objects.filter(status=Status.RUNNING).exists())


ERRAND = offers.Errand(_idle_hands, _first_queued, _run_first)
