"""What the state of a submission means, in words: one message and one next step for every status and reason.

Held reasons come from `held`, PASI's codes from `faults`; here stands what the product itself says. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pasi_connect.rules import faults, held


@dataclass(frozen=True)
class Words:
    message: str
    next_step: str


NOTHING = "Nothing to do."
BY_ITSELF = faults.BY_ITSELF
COMPARE = "Compare both records, then send again, edit the record, or take PASI's values."

BY_STATUS: dict[str, Words] = {
    "waiting": Words("It waits for its turn.", BY_ITSELF),
    "held": Words("It is not sent now.", BY_ITSELF),
    "in_flight": Words("It is on its way to PASI.", "Nothing to do: the outcome follows."),
    "checking": Words("PASI is asked what it holds.", "Nothing to do: the outcome follows."),
    "accepted": Words("PASI holds it.", NOTHING),
    "no_change": Words("PASI holds exactly this already.", NOTHING),
    "rejected": Words("PASI did not take it.", "Correct the record; the change then goes out again."),
    "needs_review": Words("A person must look before it goes on.", COMPARE),
    "dead": Words("It is not tried any more.", "Send it again when the cause is gone."),
    "cancelled": Words("It was cancelled.", NOTHING),
}

BY_REASON: dict[str, Words] = {
    "changed_in_pasi": Words("The record was changed in PASI after it had been seen here.", COMPARE),
    "outcome_unknown": Words(
        "PASI's answer did not arrive.", "Nothing to do: PASI is asked what it holds before anything is sent again."
    ),
    "version_conflict": Words(
        "PASI says that the record has moved.", "Nothing to do: the record is being read from PASI."
    ),
    "no_access": Words(
        "PASI does not let us read this record.", "Check that the student is enrolled here, then send again."
    ),
    "attempts": Words(
        "It was tried as often as the settings allow.",
        "An administrator looks at the link to PASI; then send it again.",
    ),
    "our_fault": Words("PASI could not use the message.", faults.SUPPORT),
    "not_applied": Words("PASI had not seen it.", "Nothing to do: it goes out again."),
    "unavailable": Words("PASI is away.", BY_ITSELF),
    "not_authorised": Words("PASI refuses us.", faults.CERTIFICATE),
    "pasi_fault": Words("PASI could not save.", BY_ITSELF),
    "not_yet": Words("PASI does not see its newest version everywhere yet.", BY_ITSELF),
    "read_back": Words("PASI holds it; we learned so by asking.", NOTHING),
    "never_in_pasi": Words("The record was deleted before PASI had it.", NOTHING),
    "superseded": Words("A later change of the record took its place.", NOTHING),
    "by_person": Words("A person cancelled it.", "The difference, if any, waits for a decision."),
    "took_pasi": Words("PASI's values were taken over.", NOTHING),
    "undone": Words("The decision behind it was taken back.", NOTHING),
}


def explain(status: str, reason: str = "", rejections: Sequence[Mapping[str, str]] = ()) -> Words:
    """Never empty. `rejections` are PASI's own: [{"code", "message"}]; its sentence stands in where we have none."""
    if status == "rejected" and rejections:
        meaning = faults.of_rejections([row["code"] for row in rejections])
        said = " ".join(row["message"] for row in rejections if row.get("message"))
        return Words(meaning.message or said or BY_STATUS[status].message, meaning.next_step)
    if status == "held" and reason in held.BY_CODE:
        return Words(held.BY_CODE[reason].message, held.BY_CODE[reason].next_step)
    if reason in BY_REASON:
        return BY_REASON[reason]
    for table in (faults.REJECTIONS, faults.FAULTS):
        if reason in table:
            return Words(table[reason].message, table[reason].next_step)
    return BY_STATUS[status]
