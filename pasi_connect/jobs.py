"""The kinds of work on many records that the synchronisation offers, and how actions are taken back."""

from django.utils.translation import gettext_lazy as _

from operations import offers
from pasi_connect.services import forcing, year_end
from pasi_connect.services.actions import (  # noqa: F401 - `decided` registers how decisions go back
    bulk,
    decided,
    exit_codes,
    undoing,
)

offers.jobs[year_end.REHEARSAL] = offers.JobKind(_("Year-end rehearsal"), year_end.run_rehearsal)
offers.jobs[year_end.RUN] = offers.JobKind(_("Year end"), year_end.run_closing)
offers.jobs[exit_codes.JOB] = offers.JobKind(_("Exit codes in bulk"), exit_codes.run)
offers.jobs[bulk.JOB] = offers.JobKind(_("Decisions in bulk"), bulk.run)
offers.jobs[undoing.JOB] = offers.JobKind(_("Undo"), undoing.run)
offers.jobs[forcing.JOB] = offers.JobKind(_("Send a school now"), forcing.run)
