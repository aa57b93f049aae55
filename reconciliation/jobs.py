"""The kinds of jobs of the reconciliation."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations import offers
from operations.models import Job
from reconciliation.services import comparing, runs


def page(job: Job) -> str:
    return reverse("reconciliation:run", args=[job.given["run"]])


offers.jobs[runs.CHECK] = offers.JobKind(_("Reconciliation: column check"), comparing.check, page)
offers.jobs[runs.COMPARE] = offers.JobKind(_("Reconciliation"), comparing.compare, page)
