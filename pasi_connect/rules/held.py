"""Why a change is not sent now. Each row: a reason code that people see, its sentence, the next step.

`by_itself` rows are released as soon as the cause is gone; the others wait for the person named in the next step.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Situation:
    """What the check needs to know of one submission, gathered by the service."""

    sync_on: bool
    school_active: bool
    year_synchronised: bool
    year_accepted: bool
    has_asn: bool
    undecided: bool  # every field that differs waits for a decision: nothing is ours to send
    text_outside: str  # names of text fields that PASI cannot store, comma-separated
    person_outside: bool  # the person's own name cannot be sent


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
        "Regular synchronisation is off.",
        "It goes out when a district officer switches it on.",
    ),
    Reason(
        "school_inactive",
        lambda s: not s.school_active,
        "Enrolment synchronisation of this school is inactive.",
        "It goes out when a district officer makes the school active.",
    ),
    Reason(
        "year_not_synchronised",
        lambda s: not s.year_synchronised,
        "This school year is not synchronised.",
        "A district officer can add historical years under Setup.",
    ),
    Reason(
        "year_not_accepted",
        lambda s: not s.year_accepted,
        "PASI does not take enrolments of this school year yet.",
        "It goes out by itself when PASI opens the year.",
    ),
    Reason(
        "no_asn",
        lambda s: not s.has_asn,
        "The student has no ASN yet.",
        "Find the student in PASI and put the ASN on the record.",
    ),
    Reason(
        "text_outside",
        lambda s: bool(s.text_outside),
        "A text has letters that PASI cannot store.",
        "Agree to a spelling in Latin letters, or change the text.",
    ),
    Reason(
        "person_outside",
        lambda s: s.person_outside,
        "Your own name has letters that PASI cannot store.",
        "Agree in your profile how your name is written.",
    ),
    Reason("undecided", lambda s: s.undecided, "The same field was changed in PASI.", "Decide which value stays."),
)

BY_CODE = {reason.code: reason for reason in REASONS}


def reason_of(situation: Situation) -> Reason | None:
    """The first reason that holds, or None: it may be sent."""
    return next((reason for reason in REASONS if reason.holds(situation)), None)
