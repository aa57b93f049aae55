"""What a job's page shows of decisions: the list awaiting approval, the action with its undo, names of records."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from operations import offers
from operations import selectors as operations_selectors
from operations.actor import user_of
from operations.models import Job, JobRow, User
from pasi_connect import selectors
from pasi_connect.models import Action, BulkSelection
from pasi_connect.services.decisions import taking_back
from pasi_connect.views.actions import what
from pasi_connect.views.record import titles
from sis import selectors as sis_selectors
from sis.models import School
from sis.services.events import SCHOOL_ENROLMENT


def action_of(user: User, job: Job) -> Action | None:
    """The action that the job does, or takes back."""
    pk = job.inputs.get("action")
    return selectors.actions(user).filter(pk=pk).first() if isinstance(pk, int) else None


def action(request: HttpRequest, job: Job) -> offers.Panel | None:
    """Where to look at the list, and where to take it back."""
    user = user_of(request)
    entry = action_of(user, job)
    if entry is None:
        return None
    undoable = (
        job.kind != taking_back.JOB
        and job.is_over
        and not entry.undone_at
        and taking_back.may_undo(selectors.Sight(user), entry)
        and entry.records.filter(undone_at=None).exists()
    )
    held = operations_selectors.job_result(user, job).get("guard", [])
    names = dict(School.objects.filter(code__in={row["school"] for row in held}).values_list("code", "name"))
    guard = [
        {
            **row,
            "name": names.get(row["school"], ""),
            "share": round(100 * row["count"] / row["live"]) if row["live"] else None,
        }
        for row in held
    ]
    context = {
        "action": entry,
        "what": what(entry),
        "reason": _reason(user, job, entry),
        "undo": reverse("pasi_connect:action-undo", args=[entry.pk]) if undoable else "",
        "guard": guard,
        "list": BulkSelection.objects.filter(action=entry).exists() and not job.is_over,
        "is_undo": job.kind == taking_back.JOB,
    }
    return offers.Panel(10, "pasi_connect/job_action.html", context)


def _reason(user: User, job: Job, action: Action) -> str:
    if not selectors.Sight(user).words(action):
        return ""
    return str(job.inputs.get("reason", "")) if job.kind == taking_back.JOB else action.reason


def changes(request: HttpRequest, rows: list[JobRow]) -> dict[int, tuple[str, str]]:
    """Names and addresses of the changes from PASI that rows are about."""
    wanted = {int(row.subject_id): row.pk for row in rows}
    items = {item.pk: item for item in selectors.discrepancies(user_of(request)).filter(pk__in=wanted)}
    named = titles(items.values())
    return {wanted[pk]: (named[pk], reverse("pasi_connect:change", args=[pk])) for pk in items}


def enrolments(request: HttpRequest, rows: list[JobRow]) -> dict[int, tuple[str, str]]:
    by_id: dict[int, list[int]] = {}
    for row in rows:
        if row.subject_id.isdecimal():
            by_id.setdefault(int(row.subject_id), []).append(row.pk)
    stays: Any = sis_selectors.enrolments(user_of(request)).filter(pk__in=by_id)
    return {
        pk: (one.student.name, reverse("sis:student", args=[one.student_id])) for one in stays for pk in by_id[one.pk]
    }


offers.panel_makers["operations.job"].append(action)
offers.job_rows["discrepancy"] = changes
offers.job_rows[SCHOOL_ENROLMENT] = enrolments
