"""Why a change is not sent now. Each row: a reason code that people see, its sentence, the next step.

`by_itself` rows are released as soon as the cause is gone; the others wait for the person named in the next step.
"""

from collections.abc import Callable
from dataclasses import dataclass

from operations.rules.words import gettext_noop


@dataclass(frozen=True)
class Situation:
    """What the check needs to know of one submission, gathered by the service."""

    sync_on: bool
    school_active: bool
    year_ahead: bool  # a later year than PASI hands out in this calendar year
    year_synchronised: bool
    year_accepted: bool
    has_asn: bool
    undecided: bool  # every field that differs waits for a decision: nothing is ours to send
    text_outside: str  # names of text fields that PASI cannot store, comma-separated
    person_outside: bool  # the person's own name cannot be sent
    after: str = ""  # one action, several submissions: "waits" for the one before, or "stopped" since that one needs a person
    years_known: bool = True  # PASI has told its current school year
    year_closed: bool = False  # an older year than PASI takes at all
    read_live: bool = False  # a person has seen PASI's present record beside ours; for years of which PASI tells no news


@dataclass(frozen=True)
class Reason:
    code: str
    holds: Callable[[Situation], bool]
    message: str
    next_step: str


REASONS: tuple[Reason, ...] = (
    Reason(
        "sync_off",
        lambda s: not s.sync_on,
        gettext_noop("Regular synchronisation is off."),
        gettext_noop("It goes out when a district officer switches it on."),
    ),
    Reason(
        "school_inactive",
        lambda s: not s.school_active,
        gettext_noop("Enrolment synchronisation of this school is inactive."),
        gettext_noop("It goes out when a district officer makes the school active."),
    ),
    Reason(
        "years_unknown",
        lambda s: not s.years_known,
        gettext_noop("PASI has not told yet which school year is its current one."),
        gettext_noop("It goes out by itself when it has; a district officer reads the years under Setup."),
    ),
    Reason(
        "year_ahead",
        lambda s: s.year_ahead,
        gettext_noop("PASI takes this school year from 1 January of the calendar year in which it begins."),
        gettext_noop("It goes out by itself then."),
    ),
    Reason(
        "year_closed",
        lambda s: s.year_closed,
        gettext_noop("PASI does not take enrolments of this school year any more."),
        gettext_noop("Correct it in PASIprep, or ask the ministry. It is not sent from here."),
    ),
    Reason(
        "year_not_synchronised",
        lambda s: not s.year_synchronised and not s.read_live,
        gettext_noop(
            "This school year is not synchronised, so PASI's record may be another one than the one known here."
        ),
        gettext_noop("Read PASI's record, compare both, then send yours or take PASI's values."),
    ),
    Reason(
        "year_not_accepted",
        lambda s: not s.year_accepted,
        gettext_noop("PASI does not take enrolments of this school year yet."),
        gettext_noop("It goes out by itself when PASI opens the year."),
    ),
    Reason(
        "no_asn",
        lambda s: not s.has_asn,
        gettext_noop("The student has no ASN yet."),
        gettext_noop("Find the student in PASI and put the ASN on the record."),
    ),
    Reason(
        "text_outside",
        lambda s: bool(s.text_outside),
        gettext_noop("A text has letters that PASI cannot store."),
        gettext_noop("Agree to a spelling in Latin letters, or change the text."),
    ),
    Reason(
        "person_outside",
        lambda s: s.person_outside,
        gettext_noop("Your own name has letters that PASI cannot store."),
        gettext_noop("Agree in your profile how your name is written."),
    ),
    Reason(
        "after",
        lambda s: bool(s.after),
        gettext_noop("It belongs to one action with another submission, which goes to PASI first."),
        gettext_noop("It goes out by itself when that one is in PASI."),
    ),
    Reason(
        "undecided",
        lambda s: s.undecided,
        gettext_noop("The same field was changed in PASI."),
        gettext_noop("Decide which value stays."),
    ),
)

# The sentences of `after` when the submission before it needs a person.
STOPPED = (
    gettext_noop("The submission before it in the same action needs a person, so this one does not go out."),
    gettext_noop("Settle that one: correct it and send it again, or take the whole action back."),
)

BY_CODE = {reason.code: reason for reason in REASONS}


def reason_of(situation: Situation) -> Reason | None:
    """The first reason that holds, or None: it may be sent."""
    return next((reason for reason in REASONS if reason.holds(situation)), None)
