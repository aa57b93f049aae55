"""Why a change is not sent now. Each row: a reason code that people see, its sentence, the next step.

`by_itself` rows are released as soon as the cause is gone; the others wait for the person named in the next step.
"""

from collections.abc import Callable
from dataclasses import dataclass

from operations.rules.words import gettext_noop
from pasi_connect.rules import pasi
from pasi_connect.rules.sendable import NOTHING, Refused


@dataclass(frozen=True)
class Situation:
    """What the check needs to know of one submission, gathered by the service."""

    sync_on: bool
    school_active: bool  # of the school's two switches the one that the kind obeys
    year_ahead: bool  # a later year than PASI hands out in this calendar year
    year_synchronized: bool
    year_accepted: bool
    has_asn: bool
    undecided: bool  # every field that differs waits for a decision: nothing is ours to send
    person_outside: bool  # the person's own name or local ID cannot be sent
    values: Refused = NOTHING  # of the record as it would go out
    after: str = (
        ""  # one action, several submissions: "waits" for the one before, or "stopped" since that one needs a person
    )
    years_known: bool = True  # PASI has told its current school year
    year_closed: bool = False  # an older year than PASI takes at all
    course_marks: bool = False  # the kind obeys Course Marks Integration Status
    kind_on: bool = True  # the kind's own setting
    not_told: bool = False  # sent in parts over PASI's record, which PASI has not told us yet
    unmatched: bool = False  # loaded, and PASI may have it already under another key
    refused: str = ""  # the rule by which PASI would refuse the record for what it holds itself
    identity_changed: bool = False  # PASI's record is of another student, school or year, and nobody has decided
    read_live: bool = (
        False  # a person has seen PASI's present record beside ours; for years whose changes PASI does not announce
    )


@dataclass(frozen=True)
class Reason:
    """`number`: PASI's rule, where it is one."""

    code: str
    holds: Callable[[Situation], bool]
    message: str
    next_step: str
    number: str = ""


UNMATCHED = "unmatched"


def _of_refusal(row: pasi.Row) -> Reason:
    return Reason(f"pasi_{row.number}", lambda s: s.refused == row.number, row.message, row.next_step, row.number)


REASONS: tuple[Reason, ...] = (
    Reason(
        "sync_off",
        lambda s: not s.sync_on,
        gettext_noop("Regular synchronization is off."),
        gettext_noop("It is sent as soon as a district officer switches it on."),
    ),
    Reason(
        "kind_off",
        lambda s: not s.kind_on,
        gettext_noop("Synchronization of these records is off."),
        gettext_noop("It is sent as soon as a district officer switches it on."),
    ),
    Reason(
        "school_inactive",
        lambda s: not s.school_active and not s.course_marks,
        gettext_noop("Enrolment synchronization of this school is inactive."),
        gettext_noop("It is sent as soon as a district officer makes the school active."),
    ),
    Reason(
        "course_marks_inactive",
        lambda s: not s.school_active and s.course_marks,
        gettext_noop("Course Marks Integration Status of this school is inactive."),
        gettext_noop("It is sent as soon as a district officer makes it active."),
    ),
    Reason(
        "years_unknown",
        lambda s: not s.years_known,
        gettext_noop("PASI has not sent its current school year yet."),
        gettext_noop("It is sent as soon as PASI does. A district officer can check the years under Setup."),
    ),
    Reason(
        "year_ahead",
        lambda s: s.year_ahead,
        gettext_noop("PASI accepts this school year from 1 January of the calendar year in which it starts."),
        gettext_noop("It is sent on that day."),
    ),
    Reason(
        "year_closed",
        lambda s: s.year_closed,
        gettext_noop("PASI no longer accepts enrolments of this school year."),
        gettext_noop("It cannot be sent from here. Correct it in PASIprep, or contact the ministry."),
    ),
    Reason(
        "year_not_synchronized",
        lambda s: not s.year_synchronized and not s.read_live,
        gettext_noop("This school year is not synchronized, so PASI's record may have changed."),
        gettext_noop("Read PASI's record, compare both, then send the SIS values or take PASI's values."),
    ),
    Reason(
        "year_not_accepted",
        lambda s: not s.year_accepted,
        gettext_noop("PASI does not accept enrolments of this school year yet."),
        gettext_noop("It is sent as soon as PASI opens the year."),
    ),
    Reason(
        "no_asn",
        lambda s: not s.has_asn,
        gettext_noop("The student has no ASN yet."),
        gettext_noop("Find the student in PASI and enter the ASN on the record."),
    ),
    Reason(
        "not_told",
        lambda s: s.not_told,
        gettext_noop("PASI has not sent us this student yet."),
        gettext_noop("It is sent as soon as PASI does."),
    ),
    Reason(
        UNMATCHED,
        lambda s: s.unmatched,
        gettext_noop("The record was loaded, and PASI may already have one for this student and school."),
        gettext_noop(
            "It is sent once PASI's records have been compared and there is none. To send it as a new record now, use "
            "“Send now” on its page."
        ),
    ),
    Reason(
        "identity_changed",
        lambda s: s.identity_changed,
        gettext_noop("PASI has moved this record to another student, school or school year."),
        gettext_noop("Decide on that change first. Nothing is sent until you do."),
    ),
    *(_of_refusal(row) for row in pasi.REFUSED),
    Reason(
        "text_outside",
        lambda s: bool(s.values.texts),
        gettext_noop("A text contains characters that PASI cannot store."),
        gettext_noop("Approve a spelling in Latin letters, or change the text."),
    ),
    Reason(
        "code_unknown",
        lambda s: bool(s.values.unknown),
        gettext_noop("A code is not in PASI's lists."),
        gettext_noop(
            "Choose a code from PASI's list. If PASI adds this one, the change is sent once its code values "
            "are read again."
        ),
    ),
    Reason(
        "value_refused",
        lambda s: bool(s.values.broken),
        gettext_noop("PASI would refuse a value of this record, and PASI only accepts whole records."),
        gettext_noop("Correct it here. The correction is sent with the change."),
    ),
    Reason(
        "undecided_refused",
        lambda s: bool(s.values.undecided),
        gettext_noop("PASI would refuse one of its own values, and nobody has decided which value to keep."),
        gettext_noop("Keep the SIS value of that field, or have it corrected in PASI. The change is sent afterwards."),
    ),
    Reason(
        "person_outside",
        lambda s: s.person_outside,
        gettext_noop("Your name or local ID has characters that PASI cannot store."),
        gettext_noop("Approve a spelling of your name in your profile. An administrator can change the local ID."),
    ),
    Reason(
        "after",
        lambda s: bool(s.after),
        gettext_noop("Another submission of the same action must reach PASI first."),
        gettext_noop("It is sent as soon as PASI has that one."),
    ),
    Reason(
        "undecided",
        lambda s: s.undecided,
        gettext_noop("The same field was changed in PASI."),
        gettext_noop("Decide which value to keep."),
    ),
)

# The sentences of `after` when the submission before it needs a person.
STOPPED = (
    gettext_noop("An earlier submission of the same action needs attention, so this one is held."),
    gettext_noop("Correct that submission and send it again, or undo the whole action."),
)

BY_CODE = {reason.code: reason for reason in REASONS}


def reason_of(situation: Situation) -> Reason | None:
    """The first reason that holds, or None: it may be sent."""
    return next((reason for reason in REASONS if reason.holds(situation)), None)
