"""The SIS's own kind of work on many records: a load."""

from django.utils.translation import gettext_lazy as _

from operations import offers, rights
from operations.models import Job
from sis.services.loading import loads


def _right(_job: Job) -> offers.Right:
    return offers.Right(rights.to("run", "load"), None)


JOBS: dict[str, offers.JobKind] = {loads.JOB: offers.JobKind(_("Data load"), loads.run, _right, counts="rows")}
offers.jobs.update(JOBS)
