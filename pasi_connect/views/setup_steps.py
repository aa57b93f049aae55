"""The ordered steps from an empty product to regular synchronization: what is done, what comes now, what blocks the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pasi_connect.models import ConnectionSettings, Exchange, SyncCursor, SyncSettings
from pasi_connect.models.exchange import Outcome
from pasi_connect.rules import faults
from pasi_connect.soap import certificate
from sis.models import School
from sis.models.organization import State

LONG_POLL = "IsDataAvailable"  # PASI holds it open while there is nothing new: its time says nothing
GOOD = (Outcome.ACCEPTED, Outcome.NO_CHANGE)


@dataclass
class Step:
    """`state` is done, now, waits (its turn has come, and it goes by itself) or blocked (`after` names the step)."""

    key: str
    title: str
    text: str
    done: bool
    url: str = ""
    label: str = ""
    state: str = ""
    after: int = 0
    at: Any = None


@dataclass(frozen=True)
class Guide:
    steps: list[Step]
    title: str
    done: int
    guard_stopped: int


def meaning(outcome: str, code: str) -> faults.Meaning:
    """The words for an answer that was not good."""
    if code in faults.FAULTS:
        return faults.FAULTS[code]
    if outcome == faults.NOT_AUTHORIZED:
        return faults.Meaning(outcome, _("PASI is refusing our connection."), _("Check the certificate under Setup."))
    if outcome == faults.PASI_FAULT:
        return faults.Meaning(
            outcome,
            _("PASI answered, but its answer cannot be used."),
            _("Send the entry from the exchange log to support."),
        )
    return faults.Meaning(
        outcome, _("PASI could not be reached."), _("Check the address and the network, then test again.")
    )


def guide() -> Guide:
    connection, settings = ConnectionSettings.load(), SyncSettings.load()
    makers: list[Callable[[], Step]] = [
        lambda: _connection(connection),
        lambda: _certificate(connection),
        _test,
        lambda: _reference(settings),
        _schools,
        lambda: _regular(settings),
        lambda: _first(settings),
    ]
    steps = [make() for make in makers]
    blocked_by = 0
    for number, step in enumerate(steps, 1):
        if step.done:
            step.state = "done"
        elif blocked_by:
            step.state, step.after = "blocked", blocked_by
        else:
            step.state, blocked_by = "now", number
    done = sum(step.done for step in steps)
    if blocked_by:
        title = _("Setup guide: step %(n)s of %(all)s is next") % {"n": blocked_by, "all": len(steps)}
    else:
        title = _("Setup guide: everything is set up")
    stopped = SyncCursor.objects.exclude(guard_stopped_at=None).count()
    return Guide(steps, title, done, stopped)


def _connection(connection: ConnectionSettings) -> Step:
    text = (
        _("The address of the service and three files are entered.")
        if connection.complete
        else _("Enter the address of the service and the files for certificate, key and authorities.")
    )
    return Step(
        "connection",
        _("Connection"),
        text,
        connection.complete,
        reverse("pasi_connect:settings-connection"),
        _("Open the connection page"),
    )


def _certificate(connection: ConnectionSettings) -> Step:
    details, problem = certificate.look(connection)
    if problem or details is None:
        text = f"{problem.message} {problem.next_step}" if problem else ""
    else:
        text = _("Valid until %(day)s. You get a warning %(days)s days before.") % {
            "day": f"{details.valid_to:%Y-%m-%d}", "days": connection.warn_days
        }  # fmt: skip
    return Step(
        "certificate",
        _("Certificate"),
        text,
        problem is None,
        reverse("pasi_connect:certificate"),
        _("Open the certificate page"),
    )


def _test() -> Step:
    last = Exchange.objects.filter(operation="HelloWorld").exclude(outcome="").order_by("-id").first()
    answered = (
        Exchange.objects.exclude(operation=LONG_POLL)
        .filter(outcome__in=GOOD)
        .order_by("-id")
        .only("answered_at", "milliseconds", "organization")
        .first()
    )
    call = last if last and last.outcome not in GOOD and (not answered or last.pk > answered.pk) else answered
    if call is None:
        return Step(
            "test", _("Test the connection"), _("One call, which changes nothing, shows whether PASI answers."), False
        )
    if call.outcome in GOOD:
        text = _("PASI answered us as %(who)s in %(ms)s ms.") % {"who": call.organization, "ms": call.milliseconds}
        return Step("test", _("Test the connection"), text, True, at=call.answered_at)
    reason = meaning(call.outcome, call.code)
    text = " ".join(part for part in (reason.message, call.detail, reason.next_step) if part)
    return Step("test", _("Test the connection"), text, False, at=call.sent_at)


def _reference(settings: SyncSettings) -> Step:
    done = settings.reference_read_at is not None
    text = (
        _("Years and code values were read. The current school year is %(year)s.")
        % {"year": settings.current_school_year}
        if done
        else _("Years and code values are read automatically as soon as PASI answers, and daily after that.")
    )
    return Step("reference", _("Reference data"), text, done, at=settings.reference_read_at)


def _schools() -> Step:
    all_schools = School.objects.count()
    active = School.objects.filter(enrolment_sync=State.ACTIVE).count()
    text = ngettext(
        "%(active)s of %(all)s school is active for enrolment synchronization.",
        "%(active)s of %(all)s schools are active for enrolment synchronization.",
        all_schools,
    ) % {"active": active, "all": all_schools}
    return Step("schools", _("Active schools"), text, active > 0, reverse("sis:school-list"), _("Open the schools"))


def _regular(settings: SyncSettings) -> Step:
    on = settings.regular_synchronization
    text = (
        _("On: every change reaches PASI within seconds.")
        if on
        else _("When this is off, changes are stored and counted, and sent as soon as it is switched on.")
    )
    return Step(
        "regular",
        _("Regular synchronization"),
        text,
        on,
        reverse("pasi_connect:settings-synchronization"),
        _("Open the synchronization settings"),
    )


def _first(settings: SyncSettings) -> Step:
    done = settings.first_in_step_at is not None
    text = (
        _("Every synchronized record has matched on both sides.")
        if done
        else _(
            "This step ends when everything is read, compared, decided and sent. Open changes are listed under "
            "Changes from PASI."
        )
    )
    return Step("first", _("First time in step"), text, done, at=settings.first_in_step_at)
