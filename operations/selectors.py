"""Reads of `operations`. Each takes the person who asks."""

from typing import Any

from django.db.models import Q, QuerySet

from operations import offers, rights
from operations.models import ApprovalSettings, Job, JobRow, User
from operations.rules import callers

STOPPABLE = (Job.Status.QUEUED, Job.Status.RUNNING, Job.Status.WAITING_APPROVAL, Job.Status.INTERRUPTED)
RESUMABLE = (Job.Status.CANCELLED, Job.Status.INTERRUPTED, Job.Status.FAILED)


def jobs(user: User) -> QuerySet[Job]:
    """A person's own jobs, and what waits for their approval; all of them for those who see the whole authority."""
    if user.has_perm(rights.EVERY_SCHOOL):
        return Job.objects.all()
    if (
        user.token and user.token.schools
    ):  # those that the limited token started: the owner's others may be about other schools
        return Job.objects.filter(user=user, actor_name=callers.named(user.name_for_others, user.token.name))
    return Job.objects.filter(Q(user=user) | Q(pk__in=_to_release(user)))


def _codes(user: User) -> frozenset[str] | None:
    """The schools that the person sees now; None stands for all."""
    limits = [frozenset(codes) for codes_of in offers.school_codes if (codes := codes_of(user)) is not None]
    return frozenset.intersection(*limits) if limits else None


def job_rows(user: User, job: Job) -> QuerySet[JobRow]:
    """A job's rows of the schools that the person sees now: who has lost a school since has lost what was said of its records."""
    codes = _codes(user)
    return job.rows.all() if codes is None else job.rows.filter(school_code__in=codes)


def job_result(user: User, job: Job) -> dict[str, Any]:
    """A job's result, as far as it is about schools that the person sees now."""
    codes, kind = _codes(user), offers.jobs.get(job.kind)
    if codes is None:
        return dict(job.result)
    if kind and kind.school and (school := kind.school(job)) and school not in codes:
        return {}
    guard = {"guard": [row for row in job.result["guard"] if row["school"] in codes]} if "guard" in job.result else {}
    return {**job.result, **guard}


def _to_release(user: User) -> list[int]:
    """Other people's jobs that wait for an approval which the person may give. Few ever wait."""
    kinds = [name for name, kind in offers.jobs.items() if user.has_perm(kind.approve)]
    if not kinds:
        return []
    waiting = Job.objects.filter(status=Job.Status.WAITING_APPROVAL, kind__in=kinds).exclude(user=user)
    return [job.pk for job in waiting if rights.covers(user, offers.jobs[job.kind].right(job).schools)]


def to_approve(user: User) -> QuerySet[Job]:
    return jobs(user).filter(status=Job.Status.WAITING_APPROVAL)


def confirms(user: User) -> bool:
    """Whether the person's own confirmation of a list is its approval."""
    return rights.can(user, "approve", "guard") and not ApprovalSettings.load().four_eyes


def approvable(user: User) -> QuerySet[Job]:
    """Jobs that wait for an approval which the person may give."""
    kinds = [name for name, kind in offers.jobs.items() if user.has_perm(kind.approve)]
    rows = to_approve(user).filter(kind__in=kinds)
    return rows.exclude(user=user) if kinds and ApprovalSettings.load().four_eyes else rows


def may_approve(user: User, job: Job) -> bool:
    """May release what the guard stopped: the kind names the permission, and all of the job's schools are the person's."""
    kind = offers.jobs.get(job.kind)
    if kind is None:
        return rights.can(user, "approve", "guard") and rights.covers(user, None)
    return user.has_perm(kind.approve) and rights.covers(user, kind.right(job).schools)


def _own_and_guarded(user: User, job: Job) -> bool:
    return job.user_id == user.pk and ApprovalSettings.load().four_eyes


def ways(user: User, job: Job) -> dict[str, bool]:
    """What the person can do with the job now: approve, cancel, resume."""
    starts = rights.can(user, "stop", "job")
    never_approved = bool(job.result.get("guard")) and job.approved_at is None and job.started_at is None
    return {
        "approve": job.status == Job.Status.WAITING_APPROVAL
        and may_approve(user, job)
        and not _own_and_guarded(user, job),
        "cancel": job.status in STOPPABLE and starts and not job.cancel_asked,
        "resume": job.status in RESUMABLE and starts and not never_approved,
    }
