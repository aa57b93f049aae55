"""Whose enrolment it is: PASI may move a linked record to another ASN, school or school year. What may then be done, as a table.

Sources: Managing Alberta Student Numbers; State Province ID Management; rules 9009, 9010, 9011, 9063, 10058.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from operations.rules.words import gettext_noop

# A person's choices on such a record.
CHOICES = ACCEPT, REJECT, LINK_ANEW = ("accept", "reject", "link_anew")


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """(part, ours, theirs) of each part in which the two differ; both have the same parts, "" for what is not known.

    A student who has no ASN yet differs from nobody.
    """
    pairs = [(name, mine, theirs[name]) for name, mine in ours.items()]
    return tuple((name, mine, other) for name, mine, other in pairs if mine and other and mine != other)


@dataclass(frozen=True)
class Case:
    """What a decision on a moved record depends on, gathered by the service."""

    school_is_ours: bool  # PASI's present record lies at a school of this SIS
    in_scope: bool  # that school, and the student who is known here by that ASN, are in the person's sight
    student_known: bool  # the student of PASI's present record: here, or told by PASI
    asn_moved: bool
    same_person: bool  # PASI has linked the ASN here to the one on its record, and no other student here holds that one
    asn_retired: bool  # the ASN here is secondary or deactivated by now
    has_courses: bool  # live course enrolments of the stay
    on_its_way: bool = False  # a submission of the record is being sent
    hidden: bool = False  # PASI does not show us its record any more
    movable: bool = True  # records of this kind can follow PASI to another school or year, and be moved back


@dataclass(frozen=True)
class Obstacle:
    """Why a decision is not offered: the first row that holds."""

    decision: str
    holds: Callable[[Case], bool]
    message: str


_FLYING = gettext_noop("A submission of this record is on its way to PASI. Wait for its outcome.")
_HIDDEN = gettext_noop(
    "PASI no longer shows us its record. Look the student up in PASIprep, then relink the SIS record or delete it here."
)
_ASK = gettext_noop("PASI’s record is now outside your schools. Ask a district officer, or relink the SIS record.")
_FIXED = gettext_noop(
    "A record of this kind keeps its school and school year. Relink the SIS record, or delete it here."
)
OBSTACLES: tuple[Obstacle, ...] = (
    Obstacle(ACCEPT, lambda c: not c.movable, _FIXED),
    Obstacle(REJECT, lambda c: not c.movable, _FIXED),
    Obstacle(ACCEPT, lambda c: c.on_its_way, _FLYING),
    Obstacle(ACCEPT, lambda c: c.hidden, _HIDDEN),
    Obstacle(
        ACCEPT,
        lambda c: not c.school_is_ours,
        gettext_noop("PASI’s record is now at a school that is not in this SIS. Relink the SIS record."),
    ),
    Obstacle(ACCEPT, lambda c: not c.in_scope, _ASK),
    Obstacle(
        ACCEPT,
        lambda c: c.asn_moved and not c.student_known,
        gettext_noop("PASI has not sent us this student yet. Try again in a minute."),
    ),
    Obstacle(
        ACCEPT,
        lambda c: c.has_courses and not c.same_person,
        gettext_noop(
            "This stay still has open courses here that cannot move with it. Delete them first, or relink the SIS "
            "record."
        ),
    ),
    Obstacle(REJECT, lambda c: c.on_its_way, _FLYING),
    Obstacle(REJECT, lambda c: c.hidden, _HIDDEN),
    Obstacle(
        REJECT,
        lambda c: not c.school_is_ours,
        gettext_noop(
            "PASI’s record is now at another authority’s school, and only that authority may change it (rule 10058). "
            "Relink the SIS record."
        ),
    ),
    Obstacle(REJECT, lambda c: not c.in_scope, _ASK),
    Obstacle(
        REJECT,
        lambda c: c.asn_retired and c.asn_moved,
        gettext_noop(
            "PASI no longer accepts records under the ASN in the SIS: it is secondary or deactivated (rules 9009 to "
            "9011, 9063)."
        ),
    ),
    Obstacle(LINK_ANEW, lambda c: c.on_its_way, _FLYING),
)


def why_not(decision: str, case: Case) -> str:
    """ "" where the decision is possible, else the sentence."""
    return next((row.message for row in OBSTACLES if row.decision == decision and row.holds(case)), "")
