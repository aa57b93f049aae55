"""What came of "Send now": a code for programs, a sentence and the next step for people."""

from dataclasses import dataclass

from operations.rules.words import gettext_noop

IN_STEP, ON_ITS_WAY, DIFFERS, HELD, STUCK = "in_step", "on_its_way", "differs", "held", "stuck"
WOULD_GO = "would_be_sent"
NOT_SHOWN, NOT_READ, NO_PART, FAULT = "not_shown", "not_read", "not_compared", "fault"


@dataclass(frozen=True)
class Row:
    code: str
    message: str
    next_step: str
    good: bool = False


ROWS = (
    Row(
        IN_STEP,
        gettext_noop("PASI was asked just now: both sides are equal. There is nothing to send."),
        gettext_noop("Nothing to do."),
        good=True,
    ),
    Row(
        ON_ITS_WAY,
        gettext_noop("PASI was asked just now. What is ours to send goes out now."),
        gettext_noop("Nothing to do."),
        good=True,
    ),
    Row(
        WOULD_GO,
        gettext_noop("PASI was asked just now. What is ours to send would go out."),
        gettext_noop("To send it, send the school now."),
    ),
    Row(
        DIFFERS,
        gettext_noop("PASI was asked just now and holds other values. Nothing is sent over them unseen."),
        gettext_noop("Decide which values stay."),
    ),
    Row(
        HELD,
        gettext_noop("It is held, and sending it now does not change the reason."),
        gettext_noop("Open the submission: it says why, and what comes next."),
    ),
    Row(
        STUCK,
        gettext_noop("The submission needs a person before it can go out."),
        gettext_noop("Open the submission: look at both values, then send again or take PASI's values."),
    ),
    Row(
        NOT_SHOWN,
        gettext_noop("PASI shows us no such record any more."),
        gettext_noop("Look the student up in PASIprep; the record may have moved to another school."),
    ),
    Row(
        NOT_READ,
        gettext_noop("PASI did not answer, so its record could not be compared."),
        gettext_noop("Nothing is lost: what is waiting is sent as soon as PASI answers. Try again when PASI answers."),
    ),
    Row(
        FAULT,
        gettext_noop("PASI Connect itself failed at this record, so it was left out. All others went on."),
        gettext_noop("Check its values, then send it by itself. If it fails again, tell your administrator."),
    ),
    Row(
        NO_PART,
        gettext_noop("This record takes no part in the synchronization."),
        gettext_noop("See the state of the school, and the school years, under Setup."),
    ),
)
BY_CODE = {row.code: row for row in ROWS}
