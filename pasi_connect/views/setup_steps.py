"""The words of the set-up guide: each step of `rules.steps` with its state, what it waits for, who can do it, and its button."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import rights
from operations.models import Job, User
from pasi_connect.models import Submission, SyncCursor
from pasi_connect.models.submission import Status
from pasi_connect.rules import steps as rules
from pasi_connect.rules.steps import Step
from pasi_connect.services import first_reading, setting_up, steps
from pasi_connect.services.steps import Facts
from sis.models import Load, SchoolCalendar, SchoolEnrolment, Student

READ = ("code_values", "current_year", "schools")  # what one job reads
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Button:
    """A link, or a form where `post`. It does nothing while the step waits, or for somebody without the permission."""

    url: str
    label: str
    post: bool = False


@dataclass(frozen=True)
class Words:
    title: str
    text: str
    button: Button | None
    at: Any = None


@dataclass(frozen=True)
class StepRow:
    """`state` is done, running (a job is at it), now (it can be done) or blocked (`after` says by which steps)."""

    key: str
    number: int
    words: Words
    state: str
    after: str
    who: str
    may: bool


@dataclass(frozen=True)
class Phase:
    """`first`: the number of its first step."""

    name: str
    first: int
    steps: list[StepRow]

    @property
    def done(self) -> int:
        return sum(step.state == "done" for step in self.steps)


@dataclass(frozen=True)
class Role:
    name: str
    people: str


@dataclass(frozen=True)
class Guide:
    """`so_far`: what has happened, while the first synchronization is not over; `job` is the reading that is under way."""

    phases: list[Phase]
    title: str
    lead: str
    done: int
    total: int
    guard_stopped: int
    roles: list[Role]
    job: Job | None
    so_far: list[tuple[str, str]] = field(default_factory=list)


def guide(user: User) -> Guide:
    facts, job, holders = steps.facts(), first_reading.under_way(), _holders()
    done = facts.done
    rows = [_row(user, step, facts, done, job, holders) for step in rules.STEPS]
    phases = []
    for name in rules.PHASES:
        mine = [one for one, step in zip(rows, rules.STEPS, strict=True) if step.phase == name]
        phases.append(Phase(_(name), mine[0].number, mine))
    n, everything = len(done), len(rows)
    if n == everything:
        title, lead = (
            _("Everything is set up"),
            _("Every step is done. Settings take effect as soon as they are saved."),
        )
    else:
        title = ngettext("%(n)s of %(all)s steps is done", "%(n)s of %(all)s steps are done", n) % {
            "n": n, "all": everything
        }  # fmt: skip
        lead = _lead(rows)
    return Guide(
        phases,
        title,
        lead,
        n,
        everything,
        SyncCursor.objects.exclude(guard_stopped_at=None).count(),
        [Role(_(name), _names(people)) for name, (_codenames, people) in holders.items()],
        job,
        [] if "in_step" in done else _so_far(facts),
    )


def _lead(rows: list[StepRow]) -> str:
    ready = [one for one in rows if one.state in ("now", "running")]
    first = ready[0]
    if first.state == "running":
        return _("Next: %(step)s. It is being read from PASI now.") % {"step": first.words.title}
    return _("Next: %(step)s. Who can do it: %(who)s.") % {"step": first.words.title, "who": first.who}


def _row(
    user: User,
    step: Step,
    facts: Facts,
    done: set[str],
    job: Job | None,
    holders: dict[str, tuple[set[str], list[str]]],
) -> StepRow:
    waits = rules.waits_for(step, done)
    if step.key in done:
        state = "done"
    elif waits:
        state = "blocked"
    else:
        state = "running" if job and step.key in READ else "now"
    codenames = {name.partition(".")[2] for name in rights.to(step.verb, step.family)}
    roles = [_(name) for name, (mine, _people) in holders.items() if mine & codenames]
    return StepRow(
        step.key,
        rules.NUMBERS[step.key],
        WORDS[step.key](facts),
        state,
        _after(waits),
        get_text_list(roles, _("or")) if roles else _("nobody: no role has the permission"),
        rights.can(user, step.verb, step.family),
    )


def _after(waits: list[int]) -> str:
    if not waits:
        return ""
    numbers = get_text_list([str(number) for number in waits], _("and"))
    return ngettext("Waits for step %(numbers)s", "Waits for steps %(numbers)s", len(waits)) % {"numbers": numbers}


def _holders() -> dict[str, tuple[set[str], list[str]]]:
    """Role -> (codenames of its permissions, names of the people who have it), of the roles that can do one of the steps."""
    of_steps = {name.partition(".")[2] for step in rules.STEPS for name in rights.to(step.verb, step.family)}
    holders = {}
    for group in Group.objects.prefetch_related("permissions", "user_set").order_by("pk"):
        codenames = {one.codename for one in group.permissions.all()} & of_steps
        people = [one.full_name for one in group.user_set.all() if one.is_active and one.kind == User.Kind.PERSON]
        if codenames:
            holders[group.name] = (codenames, sorted(people))
    return holders


def _names(people: list[str]) -> str:
    if not people:
        return _("nobody yet")
    more = len(people) - NAMES_SHOWN
    if more <= 0:
        return ", ".join(people)
    return _("%(names)s and %(n)s more") % {"names": ", ".join(people[:NAMES_SHOWN]), "n": more}


def _so_far(facts: Facts) -> list[tuple[str, str]]:
    sent = Submission.objects.filter(status=Status.ACCEPTED).count()
    return [
        (_("Sent to PASI"), _count(sent)),
        (_("Kept to send"), _count(setting_up.held_by_the_switch())),
        (_("Regular synchronization"), _("on") if facts.settings.regular_synchronization else _("off")),
    ]


def _count(number: int) -> str:
    return number_format(number, force_grouping=True)


# --- The words of each step ---------------------------------------------------------------------------------------


def _certificate(facts: Facts) -> Words:
    connection_page = Button(reverse("pasi_connect:settings-connection"), _("Name the files"))
    page = Button(reverse("pasi_connect:certificate"), _("View the certificate"))
    if facts.problem is not None or facts.certificate is None:
        text = f"{facts.problem.message} {facts.problem.next_step}" if facts.problem else ""
        named = facts.problem is None or facts.problem.code != "missing"
        return Words(_("Certificate"), text, page if named else connection_page)
    text = _("Valid until %(day)s. You get a warning %(days)s days before.") % {
        "day": f"{facts.certificate.valid_to:%Y-%m-%d}", "days": facts.connection.warn_days
    }  # fmt: skip
    return Words(_("Certificate"), text, page)


def _connection(facts: Facts) -> Words:
    title, call = _("Connection"), facts.call
    test = Button(reverse("pasi_connect:connection-test"), _("Test the connection"), post=True)
    if not facts.connection.complete:
        text = _("Enter the address of PASI’s service and the files for certificate, key and authorities.")
        return Words(title, text, Button(reverse("pasi_connect:settings-connection"), _("Open the connection page")))
    if call is None:
        return Words(title, _("One call, which changes nothing, shows whether PASI answers."), test)
    if call.outcome in steps.GOOD:
        text = _("PASI answered us as %(who)s in %(ms)s ms.") % {"who": call.organization, "ms": call.milliseconds}
        return Words(title, text, test, call.answered_at)
    return Words(title, steps.trouble(call.outcome, call.code, call.detail), test, call.sent_at)


def _read(facts: Facts, label: str) -> Button | None:
    """Nothing to press once the listener reads by itself."""
    if facts.settings.regular_synchronization:
        return None
    return Button(reverse("pasi_connect:first-reading"), label, post=True)


def _code_values(facts: Facts) -> Words:
    title = _("Code values")
    if not facts.code_values:
        text = _("The lists of values that PASI allows, read from PASI. Nothing is sent.")
        return Words(title, text, _read(facts, _("Read from PASI")))
    text = _("%(lists)s lists with %(values)s values. New values are read daily once regular synchronization is on.") % {
        "lists": _count(facts.code_lists), "values": _count(facts.code_values)
    }  # fmt: skip
    return Words(title, text, _read(facts, _("Read again")), facts.settings.reference_read_at)


def _current_year(facts: Facts) -> Words:
    title, year = _("Current school year"), facts.settings.current_school_year
    if year is None:
        text = _("PASI says for which school year it accepts enrolments. Until it has, the current year is 0000-0000.")
        return Words(title, text, _read(facts, _("Read from PASI")))
    accepted = [f"{ending - 1}-{ending}" for ending in facts.settings.accepted_school_years]
    text = _("The current school year is %(year)s. PASI accepts enrolments for %(years)s.") % {
        "year": year, "years": get_text_list(accepted, _("and"))
    }  # fmt: skip
    return Words(title, text, _read(facts, _("Ask PASI again")), facts.settings.reference_read_at)


def _schools(facts: Facts) -> Words:
    title = _("Schools")
    if not facts.schools:
        text = _("The schools of your authority are read from PASI. Each begins inactive.")
        return Words(title, text, _read(facts, _("Read from PASI")))
    text = ngettext("%(n)s school.", "%(n)s schools.", facts.schools) % {"n": _count(facts.schools)}
    return Words(title, text, Button(reverse("sis:school-list"), _("Open the schools")))


def _calendars(facts: Facts) -> Words:
    title, year = _("Calendars and terms"), facts.settings.current_school_year
    how = Button(reverse("api:docs"), _("How data is loaded"))
    if not facts.has_terms:
        text = _("The other system delivers calendars and terms, school by school, through the API. Nothing is sent.")
        return Words(title, text, how)
    schools = SchoolCalendar.objects.filter(school_year=year).values("school").distinct().count()
    text = ngettext(
        "%(n)s of %(all)s school has a calendar for the current school year.",
        "%(n)s of %(all)s schools have a calendar for the current school year.",
        facts.schools,
    ) % {"n": _count(schools), "all": _count(facts.schools)}
    return Words(title, text, how)


def _data(facts: Facts) -> Words:
    title, how = _("Data in"), Button(reverse("api:docs"), _("How data is loaded"))
    if not facts.has_enrolments:
        text = _(
            "The other system delivers students and enrolments through the API. They stay here until you send them."
        )
        return Words(title, text, how)
    students, enrolments = _count(Student.objects.count()), _count(SchoolEnrolment.objects.count())
    text = _("Students: %(students)s. Enrolments: %(enrolments)s.") % {"students": students, "enrolments": enrolments}
    last = Load.objects.filter(dry_run=False).first()
    if last is not None and last.refused:
        text += " " + ngettext(
            "%(n)s line of the last load was refused.", "%(n)s lines of the last load were refused.", last.refused
        ) % {"n": _count(last.refused)}
    return Words(title, text, how, last.created_at if last else None)


def _active_schools(facts: Facts) -> Words:
    if not facts.schools:
        text = _("A school takes part in synchronization once it is active.")
        return Words(_("Active schools"), text, Button(reverse("sis:school-list"), _("Open the schools")))
    text = ngettext(
        "%(active)s of %(all)s school is active for enrolment synchronization.",
        "%(active)s of %(all)s schools are active for enrolment synchronization.",
        facts.schools,
    ) % {"active": facts.active_schools, "all": facts.schools}
    return Words(_("Active schools"), text, Button(reverse("sis:school-list"), _("Open the schools")))


def _regular(facts: Facts) -> Words:
    text = (
        _("On: every change reaches PASI within seconds.")
        if facts.settings.regular_synchronization
        else _("When this is off, changes are stored and counted, and sent as soon as it is switched on.")
    )
    page = Button(reverse("pasi_connect:settings-synchronization"), _("Open the synchronization settings"))
    return Words(_("Regular synchronization"), text, page)


def _in_step(facts: Facts) -> Words:
    at = facts.settings.first_in_step_at
    text = (
        _("Every synchronized record has matched on both sides.")
        if at
        else _(
            "This step ends when everything is read, compared, decided and sent. Open changes are listed under "
            "Changes from PASI."
        )
    )
    page = Button(reverse("pasi_connect:changes"), _("Open Changes from PASI"))
    return Words(_("First time in step"), text, page, at)


WORDS: dict[str, Callable[[Facts], Words]] = {
    "certificate": _certificate,
    "connection": _connection,
    "code_values": _code_values,
    "current_year": _current_year,
    "schools": _schools,
    "calendars": _calendars,
    "data": _data,
    "active_schools": _active_schools,
    "regular": _regular,
    "in_step": _in_step,
}
