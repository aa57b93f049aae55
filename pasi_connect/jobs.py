"""The kinds of work on many records that the synchronisation offers, and how actions are taken back."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations import offers
from operations.models import Job
from pasi_connect.services import forcing, year_end
from pasi_connect.services.actions import (  # noqa: F401 - `decided` registers how decisions go back
    bulk,
    decided,
    exit_codes,
    undoing,
)


def _rehearsal(job: Job) -> str:
    return reverse("pasi_connect:year-end-rehearsal", args=[job.given["rehearsal"]])


def _run(job: Job) -> str:
    return reverse("pasi_connect:year-end-run", args=[job.given["action"]])


def _exit_codes(job: Job) -> str:
    return f"{reverse('pasi_connect:exit-codes')}?action={job.given['action']}"


offers.jobs[year_end.REHEARSAL] = offers.JobKind(_("Year-end rehearsal"), year_end.run_rehearsal, _rehearsal)
offers.jobs[year_end.RUN] = offers.JobKind(_("Year end"), year_end.run_closing, _run)
offers.jobs[exit_codes.JOB] = offers.JobKind(_("Exit codes in bulk"), exit_codes.run, _exit_codes)
offers.jobs[bulk.JOB] = offers.JobKind(_("Decisions in bulk"), bulk.run)
offers.jobs[undoing.JOB] = offers.JobKind(_("Undo"), undoing.run)
offers.jobs[forcing.JOB] = offers.JobKind(_("Send a school now"), forcing.run)
