"""Which steps of the set-up are done (`rules.steps`), from the database and the certificate's files."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from pasi_connect.models import CodeValue, ConnectionSettings, Exchange, SyncSettings
from pasi_connect.models.exchange import Outcome
from pasi_connect.rules import faults, steps
from pasi_connect.soap.certificate import Certificate, Problem, look
from sis.models import Authority, School, SchoolEnrolment, Term
from sis.models.organization import State

LONG_POLL = "IsDataAvailable"  # PASI holds it open while there is nothing new: its time says nothing
GOOD = (Outcome.ACCEPTED, Outcome.NO_CHANGE)


@dataclass(frozen=True)
class Facts:
    """What the steps are judged by. `call`: the one that says whether PASI answers us; None before the first."""

    connection: ConnectionSettings
    settings: SyncSettings
    certificate: Certificate | None
    problem: Problem | None
    call: Exchange | None
    code_values: int
    code_lists: int
    schools: int
    active_schools: int
    has_terms: bool
    has_enrolments: bool

    @property
    def done(self) -> set[str]:
        answers = self.call is not None and self.call.outcome in GOOD
        states = {
            "certificate": self.problem is None,
            "connection": self.connection.complete and answers,
            "code_values": self.code_values > 0,
            "current_year": self.settings.current_school_year is not None,
            "schools": self.schools > 0,
            "calendars": self.has_terms,
            "data": self.has_enrolments,
            "active_schools": self.active_schools > 0,
            "regular": self.settings.regular_synchronization,
            "in_step": self.settings.first_in_step_at is not None,
        }
        return {key for key, holds in states.items() if holds}


def facts() -> Facts:
    connection = ConnectionSettings.load()
    details, problem = look(connection)
    return Facts(
        connection,
        SyncSettings.load(),
        details,
        problem,
        _telling_call(),
        CodeValue.objects.count(),
        CodeValue.objects.values("class_name").distinct().count(),
        School.objects.count(),
        School.objects.filter(enrolment_sync=State.ACTIVE).count(),
        Term.objects.exists(),
        SchoolEnrolment.objects.exists(),
    )


def report() -> dict[str, object]:
    """For /healthz, which everybody can ask: keys of what is not set up, and nothing else."""
    first = [] if Authority.objects.exists() else [steps.FIRST_START]
    missing = first + steps.missing(facts().done)
    return {"complete": not missing, "missing": missing}


def _telling_call() -> Exchange | None:
    """The newest good answer, or the newest test of the connection where that failed later."""
    ended = Exchange.objects.exclude(outcome="").order_by("-id")
    last = ended.filter(operation="HelloWorld").first()
    answered = (
        Exchange.objects.exclude(operation=LONG_POLL)
        .filter(outcome__in=GOOD)
        .order_by("-id")
        .only("answered_at", "milliseconds", "organization", "outcome")
        .first()
    )
    failed = last is not None and last.outcome not in GOOD and (answered is None or last.pk > answered.pk)
    return last if failed else answered


def trouble(outcome: str, code: str, detail: str = "") -> str:
    """What an answer that was not good means, and what to do, in one line."""
    if code in faults.FAULTS:
        message, next_step = _(faults.FAULTS[code].message), _(faults.FAULTS[code].next_step)
    elif outcome == faults.NOT_AUTHORIZED:
        message, next_step = _("PASI is refusing our connection."), _("Check the certificate under Setup.")
    elif outcome == faults.PASI_FAULT:
        message = _("PASI answered, but its answer cannot be used.")
        next_step = _("Send the entry from the exchange log to support.")
    else:
        message = _("PASI could not be reached.")
        next_step = _("Check the address and the network, then test again.")
    return " ".join(part for part in (message, detail, next_step) if part)
