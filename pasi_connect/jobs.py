"""The jobs that the synchronization offers on many records, and how actions are undone."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations import offers, rights
from operations.models import Job
from pasi_connect import selectors
from pasi_connect.models import Action, BulkSelection, Discrepancy
from pasi_connect.services import archiving, first_reading
from pasi_connect.services.decisions import bulk, taking_back, undoers  # noqa: F401 - `undoers` registers how decisions go back
from pasi_connect.services.pull import refilling, vanishing
from pasi_connect.services.queue import forcing

# What each kind asks of the person who started it, before every chunk anew.


def _bulk_right(job: Job) -> offers.Right:
    ids = BulkSelection.objects.get(action=job.inputs["action"]).ids
    return offers.Right(
        rights.to("decide", "change"), codes_of(Discrepancy.objects.order_by(), "pk", ids, "school_code")
    )


def _undo_right(job: Job) -> offers.Right:
    action = Action.objects.get(pk=job.inputs["action"])
    undoer = taking_back.of(action)
    touched = [action.school_code] if undoer.across else selectors.touched(action)[action.pk]
    codes = frozenset(touched) - {""}
    return offers.Right((undoer.permission,), codes)


def _force_right(job: Job) -> offers.Right:
    return offers.Right(rights.to("force", "school_enrolment"), frozenset([job.inputs["school"]]))


def _vanish_right(job: Job) -> offers.Right:
    codes = job.inputs.get("schools")
    return offers.Right(rights.to("approve", "guard"), None if codes is None else frozenset(codes))


def _archive_right(job: Job) -> offers.Right:
    return offers.Right(rights.to("set_up", "settings"), None)


def _refill_right(job: Job) -> offers.Right:
    return offers.Right(rights.to("force", "school_enrolment"), None)


def codes_of(rows: QuerySet[Any], key: str, ids: Sequence[Any], column: str) -> frozenset[str]:
    """The schools of these rows, read a thousand at a time."""
    codes: set[str] = set()
    for start in range(0, len(ids), 1000):
        codes.update(rows.filter(**{f"{key}__in": ids[start : start + 1000]}).values_list(column, flat=True).distinct())
    return frozenset(codes)


def _setup_right(job: Job) -> offers.Right:
    return offers.Right(rights.to("set_up", "settings"), None)


def _guide(job: Job) -> str:
    return reverse("pasi_connect:setup")


JOBS: dict[str, offers.JobKind] = {
    archiving.JOB: offers.JobKind(_("Archive data events"), archiving.run, _archive_right, counts="rows"),
    bulk.JOB: offers.JobKind(_("Bulk decisions"), bulk.run, _bulk_right),
    taking_back.JOB: offers.JobKind(_("Undo"), taking_back.run, _undo_right),
    forcing.JOB: offers.JobKind(_("Send a school now"), forcing.run, _force_right),
    forcing.PREVIEW: offers.JobKind(_("Preview: send a school now"), forcing.run_preview, _force_right),
    first_reading.JOB: offers.JobKind(
        _("Reading code values, years and schools"), first_reading.run, _setup_right, page=_guide
    ),
    refilling.JOB: offers.JobKind(_("Fill new fields of local copies"), refilling.run, _refill_right),
    vanishing.JOB: offers.JobKind(_("Records missing from PASI"), vanishing.run, _vanish_right),
}
offers.jobs.update(JOBS)
