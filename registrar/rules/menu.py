"""Which guided actions fit an enrolment as it stands, in the order in which people need them. Pure: one table.

The services refuse what cannot be done; this table says so before anybody has filled in a form.
"""

from collections.abc import Callable
from dataclasses import dataclass

from operations.rules.words import gettext_noop


@dataclass(frozen=True)
class Facts:
    """What the menu needs to know of an enrolment.

    `begun`: its first day has come. `courses_left`: it has ended, and some of its course enrolments have not. `side`: the student
    has a concurrent enrolment at another school in the same year that has not ended by a withdrawal.
    """

    deleted: bool = False
    withdrawn: bool = False
    concurrent: bool = False
    begun: bool = True
    courses_left: bool = False
    side: bool = False

    @property
    def stays(self) -> bool:
        """According to the record, the student is there."""
        return not (self.deleted or self.withdrawn)


@dataclass(frozen=True)
class Entry:
    """One action. `name` as in its address; `fits`: it concerns a record in this state; `why_not`: and cannot be done, because."""

    name: str
    icon: str
    label: str
    text: str
    fits: Callable[[Facts], bool]
    why_not: Callable[[Facts], str] = lambda facts: ""


# What each does, shown above its form: (here, pasi or know, sentence).
HERE, PASI, KNOW = "here", "pasi", "know"
_END = (PASI, gettext_noop("One submission changes the exit date and the exit date type in PASI."))
_DELETED = (PASI, gettext_noop("One submission deletes the record in PASI. It stays in the history."))
_COURSES_OUT = (HERE, gettext_noop("The enrolment and its course enrolments no longer count. You can restore them."))
EFFECTS: dict[str, tuple[tuple[str, str], ...]] = {
    "withdraw": (
        (HERE, gettext_noop("The exit date becomes the last day attended, and its type a withdrawal date.")),
        (HERE, gettext_noop("The course enrolments at this school end that day; those that had not started are "
                            "removed.")),
        _END,
        (KNOW, gettext_noop("For a student who comes back later, use “Return”: it adds a new enrolment.")),
    ),
    "transfer-out": (
        (HERE, gettext_noop("The main and the concurrent enrolment end on the transfer date, with their courses.")),
        (HERE, gettext_noop("A new main enrolment at the concurrent school starts afterwards, and its courses "
                            "continue in it.")),
        (PASI, gettext_noop("Three submissions, one after the other.")),
        (KNOW, gettext_noop("An action for a day in the future is planned and completed automatically on that day.")),
    ),
    "close-concurrent": (
        (HERE, gettext_noop("The exit date changes; its type remains a completion date. The course enrolments end "
                            "that day.")),
        (PASI, gettext_noop("One submission changes the exit date in PASI.")),
    ),
    "never-attended": (_COURSES_OUT, _DELETED),
    "correct-last-day": (
        (HERE, gettext_noop("The exit date changes, and so do the courses that ended with the enrolment.")),
        (PASI, gettext_noop("One submission changes the exit date in PASI.")),
    ),
    "end-courses": (
        (HERE, gettext_noop("The course enrolments end on the exit date of the school enrolment.")),
        (PASI, gettext_noop("Nothing is sent.")),
    ),
    "withdrawal-was-a-mistake": (
        (HERE, gettext_noop("The planned last day and the courses are restored in the same enrolment.")),
        _END,
        (KNOW, gettext_noop("For a student who left and came back, use “Return” instead.")),
    ),
    "entered-in-error": (_COURSES_OUT, _DELETED),
    "undelete": (
        (HERE, gettext_noop("The enrolment counts again, together with its course enrolments.")),
        (PASI, gettext_noop("One submission restores the record in PASI.")),
    ),
}  # fmt: skip


def _not_begun(facts: Facts) -> str:
    if facts.begun:
        return ""
    return gettext_noop("The enrolment has not started, so the student cannot have attended yet. Use “Never attended”.")


def _no_side(facts: Facts) -> str:
    if facts.side:
        return ""
    return gettext_noop("The student has no concurrent enrolment at another school in this school year. Add one first.")


MENU: tuple[Entry, ...] = (
    Entry(
        "withdraw", "exit", gettext_noop("Withdraw"),
        gettext_noop("The student attended at least one day and has left the school."),
        lambda f: f.stays, _not_begun,
    ),
    Entry(
        "transfer-out", "right", gettext_noop("Transfer out"),
        gettext_noop("The student leaves this school and stays at the concurrent school, which becomes the main "
                     "school."),
        lambda f: f.stays and not f.concurrent, _no_side,
    ),
    Entry(
        "close-concurrent", "check", gettext_noop("Close a concurrent enrolment"),
        gettext_noop("The student finishes at the second school before the planned last day."),
        lambda f: f.stays and f.concurrent,
    ),
    Entry(
        "concurrent", "plus", gettext_noop("Add a concurrent enrolment"),
        gettext_noop("The student also takes courses at a second school."),
        lambda f: f.stays and not f.concurrent,
    ),
    Entry(
        "never-attended", "x", gettext_noop("Never attended"),
        gettext_noop("The student did not attend on any day. The enrolment is deleted in PASI."),
        lambda f: f.stays,
    ),
    Entry(
        "return", "redo", gettext_noop("Return"),
        gettext_noop("The student left and has come back. A new enrolment is added; this one stays as it is."),
        lambda f: f.withdrawn and not f.deleted,
    ),
    Entry(
        "correct-last-day", "calendar", gettext_noop("Correct the last day"),
        gettext_noop("The student left on a different day from the one entered."),
        lambda f: f.withdrawn and not f.deleted,
    ),
    Entry(
        "end-courses", "list", gettext_noop("End course enrolments"),
        gettext_noop("The withdrawal came from PASI, and courses continue here."),
        lambda f: f.withdrawn and not f.deleted and f.courses_left,
    ),
    Entry(
        "withdrawal-was-a-mistake", "undo", gettext_noop("The withdrawal was a mistake"),
        gettext_noop("The student never left. The same enrolment continues."),
        lambda f: f.withdrawn and not f.deleted,
    ),
    Entry(
        "entered-in-error", "trash", gettext_noop("Entered in error"),
        gettext_noop("Wrong student, wrong school, or a duplicate. The enrolment is deleted in PASI."),
        lambda f: not f.deleted,
    ),
    Entry(
        "undelete", "undo", gettext_noop("Undelete"),
        gettext_noop("The enrolment was deleted by mistake. It counts again, here and in PASI."),
        lambda f: f.deleted,
    ),
)  # fmt: skip
BY_NAME = {entry.name: entry for entry in MENU}


def of(facts: Facts) -> list[tuple[Entry, str]]:
    """The actions that concern a record in this state, each with "" or the sentence that says why it cannot be done."""
    return [(entry, entry.why_not(facts)) for entry in MENU if entry.fits(facts)]
