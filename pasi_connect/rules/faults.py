"""What an answer from PASI means for the caller. One table, read by the gateway, the sender and the help pages.

Sources: Error Reporting (Technical API); Validation Rules between 0 and 9999. The reactions are INFERRED there and stand
only here.
"""

from dataclasses import dataclass

from operations.rules.words import gettext_noop

ACCEPTED = "accepted"
NO_CHANGE = "no_change"
REJECTED = "rejected"
VERSION_CONFLICT = "version_conflict"
NOT_AUTHORIZED = "not_authorized"
OUR_FAULT = "our_fault"
NOT_YET = "not_yet"
PASI_FAULT = "pasi_fault"
UNAVAILABLE = "unavailable"
UNKNOWN = "unknown"

HUNG_UP = "HANDSHAKE"  # no code of PASI's: nothing was said


@dataclass(frozen=True)
class Meaning:
    """`outcome` of the exchange, the message for people and their next step."""

    outcome: str
    message: str
    next_step: str


CERTIFICATE = gettext_noop("An administrator must check the certificate under Setup.")
SUPPORT = gettext_noop("Nothing to do for a registrar. An administrator must report it with the message number.")
BY_ITSELF = gettext_noop("Nothing to do: it is tried again automatically.")

FAULTS: dict[str, Meaning] = {
    "1001": Meaning(NOT_AUTHORIZED, gettext_noop("PASI does not know our certificate."), CERTIFICATE),
    "1002": Meaning(NOT_AUTHORIZED, gettext_noop("PASI has disabled our certificate."), CERTIFICATE),
    "1003": Meaning(NOT_AUTHORIZED, gettext_noop("PASI has disabled our client."), CERTIFICATE),
    "1004": Meaning(NOT_AUTHORIZED, gettext_noop("PASI cannot use our certificate."), CERTIFICATE),
    "1006": Meaning(NOT_AUTHORIZED, gettext_noop("PASI does not accept calls from our address."), CERTIFICATE),
    "1007": Meaning(
        NOT_AUTHORIZED,
        gettext_noop("Our client has no access to this service."),
        gettext_noop("An administrator must ask PASI for the role."),
    ),
    "1008": Meaning(
        NOT_AUTHORIZED,
        gettext_noop("Our client may not act for this organization."),
        gettext_noop("An administrator must check the organization code under Setup."),
    ),
    HUNG_UP: Meaning(
        UNAVAILABLE,
        gettext_noop(
            "PASI closed the connection during the TLS handshake: it is unavailable, or it does not accept our "
            "certificate."
        ),
        gettext_noop(
            "It is tried again automatically. If it keeps failing, an administrator must check the "
            "certificate under Setup."
        ),
    ),
    "2001": Meaning(UNAVAILABLE, gettext_noop("PASI Core is not available."), BY_ITSELF),
    "3001": Meaning(OUR_FAULT, gettext_noop("PASI could not read the message."), SUPPORT),
    "3002": Meaning(
        OUR_FAULT,
        gettext_noop("PASI did not accept a value."),
        gettext_noop("Correct the value, then send it again."),
    ),
    "3004": Meaning(
        VERSION_CONFLICT,
        gettext_noop("The record has changed in PASI since you saw it."),
        gettext_noop("Compare both values, then decide."),
    ),
    "3005": Meaning(OUR_FAULT, gettext_noop("PASI does not know this kind of notification."), SUPPORT),
    "3006": Meaning(OUR_FAULT, gettext_noop("A school year was sent where none is allowed."), SUPPORT),
    "3007": Meaning(
        OUR_FAULT,
        gettext_noop("PASI does not accept this wait time."),
        gettext_noop("An administrator must correct the wait time under Setup."),
    ),
    "3008": Meaning(OUR_FAULT, gettext_noop("A school year is missing."), SUPPORT),
    "4001": Meaning(PASI_FAULT, gettext_noop("PASI could not save."), BY_ITSELF),
    "4002": Meaning(UNKNOWN, gettext_noop("PASI took too long to process the request."), BY_ITSELF),
    "9001": Meaning(UNKNOWN, gettext_noop("Something unexpected happened in PASI."), BY_ITSELF),
    "9014": Meaning(NOT_YET, gettext_noop("PASI’s newest version has not reached all of its servers yet."), BY_ITSELF),
}

REJECTIONS: dict[str, Meaning] = {
    "3004": FAULTS["3004"],
    "9002": Meaning(REJECTED, gettext_noop("PASI does not know this ASN, or we may not use it."), gettext_noop("Check the student's ASN.")),
    "9003": Meaning(REJECTED, gettext_noop("PASI does not know this school."), gettext_noop("Check the school code.")),
    "9009": Meaning(REJECTED, gettext_noop("This ASN has been deactivated."), gettext_noop("Use the student's current ASN.")),
    "9010": Meaning(REJECTED, gettext_noop("Our organization is not associated with the student."), gettext_noop("Check that the student is enrolled here.")),
    "9011": Meaning(REJECTED, gettext_noop("This is a secondary ASN."), gettext_noop("Use the student's primary ASN.")),
    "9013": Meaning(REJECTED, gettext_noop("The percentage is not valid."), gettext_noop("Correct the program percentage.")),
    "9023": Meaning(NO_CHANGE, gettext_noop("PASI already has exactly these values."), gettext_noop("Nothing to do.")),
    "9030": Meaning(REJECTED, gettext_noop("The school year is too far in the past."), gettext_noop("Use PASIprep for this year.")),
    "10016": Meaning(REJECTED, gettext_noop("The exit date is before the start date."), gettext_noop("Correct the exit date.")),
    "10058": Meaning(REJECTED, gettext_noop("Our organization may not submit for this school."), gettext_noop("Check the school of the enrolment.")),
    "10064": Meaning(REJECTED, gettext_noop("A percentage is allowed only with program 610 or 612."), gettext_noop("Clear it, or correct the program codes.")),
    "10088": Meaning(REJECTED, gettext_noop("A date is outside the two calendar years of the school year."), gettext_noop("Correct the date.")),
    "10133": Meaning(REJECTED, gettext_noop("This language program ends with grade 9."), gettext_noop("Correct the grants program codes.")),
    # Of sections.
    "9015": Meaning(REJECTED, gettext_noop("PASI does not know this course code."), gettext_noop("Correct the course codes.")),
    "9020": Meaning(REJECTED, gettext_noop("Our organization may not submit for this school."), gettext_noop("Check the school of the section.")),
    "40102": Meaning(REJECTED, gettext_noop("PASI does not accept sections of this school year."), gettext_noop("Use PASIprep for this year.")),
    "40104": Meaning(REJECTED, gettext_noop("PASI cannot tell this section from another one at the school."),
        gettext_noop("Change the local section ID or the description.")),
    "40108": Meaning(REJECTED, gettext_noop("The last day is not after the first day."), gettext_noop("Correct the last day.")),
    "40112": Meaning(REJECTED, gettext_noop("The school of a section cannot change."), gettext_noop("Delete the section and add a new one.")),
    "40113": Meaning(REJECTED, gettext_noop("The first day is outside the two calendar years of the school year."), gettext_noop("Correct the date.")),
    "40114": Meaning(REJECTED, gettext_noop("The last day is outside the two calendar years of the school year."), gettext_noop("Correct the date.")),
    "40115": Meaning(REJECTED, gettext_noop("The school year of a section cannot change."), gettext_noop("Delete the section and add a new one.")),
    "40125": Meaning(REJECTED, gettext_noop("PASI does not delete this section: students are enrolled in it."), gettext_noop("Remove its course enrolments first.")),
    "40135": Meaning(REJECTED, gettext_noop("The section has the same course twice."), gettext_noop("Correct the course codes.")),
    "40136": Meaning(REJECTED, gettext_noop("A mark of this section is approved, so the section cannot be changed or deleted."),
        gettext_noop("Unapprove its marks in PASIprep first.")),
    "40143": Meaning(REJECTED, gettext_noop("An Alberta school cannot teach a territory course."), gettext_noop("Correct the course codes.")),
    "40144": Meaning(REJECTED, gettext_noop("A territory school can teach only territory courses."), gettext_noop("Correct the course codes.")),
    "40609": Meaning(REJECTED, gettext_noop("A section cannot have a GED or achievement test as its course."), gettext_noop("Correct the course codes.")),
    "40613": Meaning(REJECTED, gettext_noop("A section cannot have an unallocated-credit course."), gettext_noop("Correct the course codes.")),
}  # fmt: skip


def of_fault(code: str) -> Meaning:
    """A fault code that is not in the table may have been saved or not: an unknown outcome, read back."""
    return FAULTS.get(
        code, Meaning(UNKNOWN, gettext_noop("PASI returned an error that PASI Connect does not know."), SUPPORT)
    )


def of_rejections(codes: list[str]) -> Meaning:
    """The meaning of a refused submit: a version conflict outranks all, then what a person must correct."""
    if "3004" in codes:
        return REJECTIONS["3004"]
    meanings = [
        REJECTIONS.get(code, Meaning(REJECTED, "", gettext_noop("Read PASI's message, then correct the record.")))
        for code in codes
    ]
    refused = [meaning for meaning in meanings if meaning.outcome == REJECTED]
    return refused[0] if refused else meanings[0]
