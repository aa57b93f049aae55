"""Reads of `operations`. Each takes the person who asks."""

from django.db.models import QuerySet

from operations import offers
from operations.models import Job, User

# Everybody who can start a job can stop their own; `jobs` says whose it is.
STARTERS = ("operations.core_alerts", "operations.edit_records", "operations.year_end", "operations.reconciliation")
STOPPABLE = (Job.Status.QUEUED, Job.Status.RUNNING, Job.Status.WAITING_APPROVAL, Job.Status.INTERRUPTED)
RESUMABLE = (Job.Status.CANCELLED, Job.Status.INTERRUPTED, Job.Status.FAILED)


def jobs(user: User) -> QuerySet[Job]:
    """A person's own jobs; all of them for those who see the whole authority."""
    if user.has_perm("operations.all_schools"):
        return Job.objects.all()
    return Job.objects.filter(user=user)


def to_approve(user: User) -> QuerySet[Job]:
    return jobs(user).filter(status=Job.Status.WAITING_APPROVAL)


def may_approve(user: User, job: Job) -> bool:
    """May release what the guard stopped; the kind names the permission."""
    kind = offers.jobs.get(job.kind)
    return user.has_perm(kind.approve if kind else "operations.approve")


def ways(user: User, job: Job) -> dict[str, bool]:
    """What the person can do with the job now: approve, cancel, resume."""
    starts = any(user.has_perm(name) for name in STARTERS)
    never_approved = bool(job.result.get("guard")) and job.approved_at is None and job.started_at is None
    return {
        "approve": job.status == Job.Status.WAITING_APPROVAL and may_approve(user, job),
        "cancel": job.status in STOPPABLE and starts and not job.cancel_asked,
        "resume": job.status in RESUMABLE and starts and not never_approved,
    }
