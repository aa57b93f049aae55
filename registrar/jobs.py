"""The registrar's kinds of work on many records."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations import offers, rights
from operations.models import Job
from pasi_connect.jobs import codes_of
from registrar.models import YearEndRehearsal
from registrar.services import exit_codes, year_end
from registrar.services.actions import undo  # noqa: F401 - registers how guided actions are taken back
from sis.models import SchoolEnrolment


def _rehearsal(job: Job) -> str:
    return reverse("registrar:year-end-rehearsal", args=[job.inputs["rehearsal"]])


def _run(job: Job) -> str:
    return reverse("registrar:year-end-run", args=[job.inputs["action"]])


def _exit_codes(job: Job) -> str:
    return f"{reverse('registrar:exit-codes')}?action={job.inputs['action']}"


# The permission that whoever started it must still have, checked before every chunk.


def _year_end_right(job: Job) -> offers.Right:
    rehearsal = YearEndRehearsal.objects.get(pk=job.inputs["rehearsal"])
    return offers.Right(
        rights.to("run", "year_end"), frozenset([rehearsal.school_code]) if rehearsal.school_code else None
    )


def _exit_codes_right(job: Job) -> offers.Right:
    enrolments = SchoolEnrolment.objects.order_by()
    ids = [pk for pk, _revision in job.inputs["chosen"]]
    return offers.Right(rights.to("run", "exit_code"), codes_of(enrolments, "pk", ids, "school__code"))


JOBS: dict[str, offers.JobKind] = {
    year_end.REHEARSAL: offers.JobKind(_("Year-end rehearsal"), year_end.run_rehearsal, _year_end_right, _rehearsal),
    year_end.RUN: offers.JobKind(_("Year end"), year_end.run_closing, _year_end_right, _run),
    exit_codes.JOB: offers.JobKind(_("Exit codes in bulk"), exit_codes.run, _exit_codes_right, _exit_codes),
}
offers.jobs.update(JOBS)
