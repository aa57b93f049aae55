"""The result of "Send now": a code for programs, a sentence and the next step for people."""

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
        gettext_noop("Read from PASI just now: both sides match. There is nothing to send."),
        gettext_noop("Nothing to do."),
        good=True,
    ),
    Row(
        ON_ITS_WAY,
        gettext_noop("Read from PASI just now. The SIS values are being sent."),
        gettext_noop("Nothing to do."),
        good=True,
    ),
    Row(
        WOULD_GO,
        gettext_noop("Read from PASI just now. The SIS values would be sent."),
        gettext_noop("To send them, use “Send a school now”."),
    ),
    Row(
        DIFFERS,
        gettext_noop(
            "Read from PASI just now: it has other values. They are not overwritten until you have seen them."
        ),
        gettext_noop("Decide which values to keep."),
    ),
    Row(
        HELD,
        gettext_noop("The submission is held, and sending it now does not change the reason."),
        gettext_noop("Open the submission to see why, and what comes next."),
    ),
    Row(
        STUCK,
        gettext_noop("The submission needs attention before it can be sent."),
        gettext_noop("Open the submission, compare both values, then send it again or take PASI's values."),
    ),
    Row(
        NOT_SHOWN,
        gettext_noop("PASI no longer shows us this record."),
        gettext_noop("Look the student up in PASIprep; the record may have moved to another school."),
    ),
    Row(
        NOT_READ,
        gettext_noop("PASI did not answer, so its record could not be compared."),
        gettext_noop("Nothing is lost: waiting changes are sent as soon as PASI answers. Try again then."),
    ),
    Row(
        FAULT,
        gettext_noop("PASI Connect failed to process this record and skipped it. All other records were processed."),
        gettext_noop("Check its values, then send this record alone. If it fails again, tell your administrator."),
    ),
    Row(
        NO_PART,
        gettext_noop("This record is not part of the synchronization."),
        gettext_noop("Check the state of the school and the school years under Setup."),
    ),
)
BY_CODE = {row.code: row for row in ROWS}
