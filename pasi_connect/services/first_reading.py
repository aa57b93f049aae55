"""What an installation needs of PASI before it synchronizes: code values, school years, authorities and schools. A job, for the guide.

It changes nothing in PASI, and nothing of students is read. Once regular synchronization is on, the listener reads all of it by itself.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations.actor import Actor
from operations.models import Job
from operations.services import audit, jobs
from operations.services.jobs import Running
from pasi_connect.entities import by_kind
from pasi_connect.models import AuthorityCopy, CodeValue, SchoolCopy, SyncSettings
from pasi_connect.services import steps
from pasi_connect.services.pull import pulling, reference
from pasi_connect.soap.answers import Answer
from sis.models import Authority, School

JOB = "pasi_connect.first_reading"
MOST_QUESTIONS = 500  # each brings a block of a set; PASI alone knows how large


class NotPossible(Exception):
    """Why there is nothing to be read by a button now, in words."""


@transaction.atomic
def start(actor: Actor) -> Job:
    """The job, or the one that is under way. Raises NotPossible while the listener reads, or before there is an authority."""
    if SyncSettings.load().regular_synchronization:
        raise NotPossible(_("Regular synchronization is on: all of it is read automatically."))
    if not Authority.objects.select_for_update().exists():  # two who press at once start one job
        raise NotPossible(_("This installation has no school authority yet."))
    running = under_way()
    return running or jobs.start(actor, JOB, {})


def under_way() -> Job | None:
    job = Job.objects.filter(kind=JOB).order_by("-id").first()
    return job if job and not job.is_over else None


def run(running: Running) -> dict[str, Any]:
    """Stopped in the middle, it begins anew: what is stored already is not asked for again."""
    running.say(_("Code values and school years"))
    _good(reference.read(whole=True))
    with transaction.atomic():
        audit.record(running.actor, audit.Entry(audit.Verb.CODE_VALUES_READ, "settings", "syncsettings"))
    puller = pulling.Puller(entities=[by_kind("school_authority"), by_kind("school")])
    for _turn in range(MOST_QUESTIONS):
        running.check()
        running.say(_("Authorities and schools"), SchoolCopy.objects.count())
        _good(puller.ask(0))
        if not puller.full:
            break
    counts = {
        "code_values": CodeValue.objects.count(),
        "authorities": AuthorityCopy.objects.count(),
        "schools_in_pasi": SchoolCopy.objects.count(),
        "schools": School.objects.count(),
    }
    return {"counts": counts}


def _good(answer: Answer) -> None:
    """Raises ValidationError, which ends the job with its sentence."""
    if not answer.good:
        raise ValidationError(steps.trouble(answer.outcome, answer.code, answer.detail))
