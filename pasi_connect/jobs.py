"""The kinds of work on many records that the synchronisation offers."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations import offers
from pasi_connect.services import year_end


def _rehearsal(job: Any) -> str:
    return reverse("pasi_connect:year-end-rehearsal", args=[job.given["rehearsal"]])


offers.jobs[year_end.REHEARSAL] = offers.JobKind(_("Year-end rehearsal"), year_end.run_rehearsal, _rehearsal)
offers.jobs[year_end.RUN] = offers.JobKind(_("Year end"), year_end.run_closing, _rehearsal)
