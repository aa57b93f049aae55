"""What becomes of a student's course enrolments when a stay ends, or continues under another enrolment. Pure.

Sources: Transferring Out Students Who Are Continuing Enrolment at the Concurrent School ("re-enrolling the student in the
courses as of the transfer date"); Transfer Out of School ("all of the student's course enrollments will end").
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from operations.rules.words import gettext_noop
from sis.rules.course_enrolment import COMPLETED, OPEN
from sis.rules.terms import TermShape, same_term


@dataclass(frozen=True)
class Place:
    """A section as plain values."""

    id: int
    course: str
    school: str
    term: TermShape
    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Seat:
    """A course enrolment that is not deleted; `exit` None means: until the section's end."""

    id: int
    place: Place
    entry: dt.date
    exit: dt.date | None
    status: str

    @property
    def last_day(self) -> dt.date:
        return self.exit or self.place.end


@dataclass(frozen=True)
class Reason:
    """Why something is not carried on, and how a person finishes it."""

    text: str
    next_step: str


_ADD = gettext_noop("Add the course manually on the student's page, in the matching section.")
_NOTHING = gettext_noop("Nothing to do, unless the student takes the course again. In that case, add it manually.")
REASONS = {
    "completed": Reason(gettext_noop("The course is completed."), _NOTHING),
    "withdrawn": Reason(gettext_noop("The student had already left the course."), _NOTHING),
    "ended": Reason(gettext_noop("The course enrolment ends before the new enrolment starts."), _NOTHING),
    "section_ended": Reason(gettext_noop("The section has ended before the new enrolment starts."), _NOTHING),
    "no_section": Reason(gettext_noop("The new school has no section of this course in a term of this name."), _ADD),
    "several": Reason(gettext_noop("The new school has several sections of this course."), _ADD),
    "already": Reason(gettext_noop("The student is already in this section."), _NOTHING),
    "outside": Reason(gettext_noop("The new enrolment ends before the section starts."), _ADD),
}


def ending(seat: Seat, on: dt.date) -> str:
    """What the end of the stay on `on` does to a course enrolment.

    "ended": it ends that day; "removed": it would have begun later, so it never happens; "": it is over already.
    """
    if seat.status == COMPLETED or seat.last_day <= on:
        return ""
    return "ended" if seat.entry <= on else "removed"


@dataclass(frozen=True)
class Step:
    """What happens to one course enrolment.

    `old`: "ended", "removed", "moved" (it goes over as it is, since it has not begun) or "" (it stays as it is). `target`: id
    of the section in which the student goes on from `entry` until `exit` (None: the section's end), or None with a `reason`.
    """

    seat: Seat
    old: str
    target: int | None = None
    entry: dt.date | None = None
    exit: dt.date | None = None
    reason: str = ""


@dataclass(frozen=True)
class NewStay:
    """The enrolment under which the courses go on."""

    school: str
    first_day: dt.date
    exit: dt.date


def carry(
    seats: Iterable[Seat], last_day: dt.date, stay: NewStay, offered: Sequence[Place] = (), taken: Collection[int] = ()
) -> list[Step]:
    """One step per course enrolment of the enrolment that ends on `last_day`.

    At the same school a course goes on in its own section. At another school it goes on in the one section of the same course
    and term among `offered`. `taken`: ids of sections in which the student sits otherwise.
    """
    used = set(taken)
    steps = []
    for seat in seats:
        step = _step(seat, last_day, stay, offered, used)
        if step.target is not None and step.target != seat.place.id:
            used.add(step.target)
        steps.append(step)
    return steps


def _step(seat: Seat, last_day: dt.date, stay: NewStay, offered: Sequence[Place], used: set[int]) -> Step:
    old = ending(seat, last_day)
    if reason := _over(seat, stay.first_day):
        return Step(seat, old, reason=reason)
    place, reason = _target(seat, stay, offered)
    if place is None:
        return Step(seat, old, reason=reason)
    entry = max(stay.first_day, place.start, seat.entry)
    if entry > min(stay.exit, place.end):
        return Step(seat, old, reason="outside")
    if seat.exit is not None and seat.exit < entry:
        return Step(seat, old, reason="ended")
    if place.id in used:
        return Step(seat, old, reason="already")
    planned = seat.exit if seat.exit is not None and seat.exit <= min(stay.exit, place.end) else None
    if old == "removed" and place.id == seat.place.id:
        old = "moved"
    return Step(seat, old, place.id, entry, planned)


def _over(seat: Seat, first_day: dt.date) -> str:
    """Why a course enrolment has nothing to carry on, "" when it has."""
    if seat.status not in OPEN:
        return "completed" if seat.status == COMPLETED else "withdrawn"
    if seat.place.end < first_day:
        return "section_ended"
    return "ended" if seat.last_day < first_day else ""


def _target(seat: Seat, stay: NewStay, offered: Sequence[Place]) -> tuple[Place | None, str]:
    if seat.place.school == stay.school:
        return seat.place, ""
    fitting = [
        place
        for place in offered
        if place.school == stay.school
        and place.course == seat.place.course
        and same_term(place.term, seat.place.term)
        and place.end >= stay.first_day
    ]
    if len(fitting) == 1:
        return fitting[0], ""
    return None, "several" if fitting else "no_section"
