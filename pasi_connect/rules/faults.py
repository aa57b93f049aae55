"""What an answer of PASI means for the one who asked. One table, read by the gateway, the sender and the help pages.

Sources: Error Reporting (Technical API); Validation Rules between 0 and 9999. The reactions are INFERRED there and stand
only here.
"""

from dataclasses import dataclass

ACCEPTED = "accepted"
NO_CHANGE = "no_change"
REJECTED = "rejected"
VERSION_CONFLICT = "version_conflict"
NOT_AUTHORISED = "not_authorised"
OUR_FAULT = "our_fault"
NOT_YET = "not_yet"
PASI_FAULT = "pasi_fault"
UNAVAILABLE = "unavailable"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meaning:
    """`outcome` of the exchange, the message for people and their next step."""

    outcome: str
    message: str
    next_step: str


CERTIFICATE = "An administrator checks the certificate under Setup."
SUPPORT = "Nothing to do for a registrar; an administrator reports it with the message number."
BY_ITSELF = "Nothing to do: it is tried again by itself."

FAULTS: dict[str, Meaning] = {
    "1001": Meaning(NOT_AUTHORISED, "PASI does not know our certificate.", CERTIFICATE),
    "1002": Meaning(NOT_AUTHORISED, "PASI has disabled our certificate.", CERTIFICATE),
    "1003": Meaning(NOT_AUTHORISED, "PASI has disabled our client.", CERTIFICATE),
    "1004": Meaning(NOT_AUTHORISED, "PASI cannot use our certificate.", CERTIFICATE),
    "1006": Meaning(NOT_AUTHORISED, "PASI does not accept calls from our address.", CERTIFICATE),
    "1007": Meaning(
        NOT_AUTHORISED, "Our client has no access to this service.", "An administrator asks PASI for the role."
    ),
    "1008": Meaning(
        NOT_AUTHORISED,
        "Our client may not act for this organisation.",
        "An administrator checks the organisation code under Setup.",
    ),
    "2001": Meaning(UNAVAILABLE, "PASI Core is not available.", BY_ITSELF),
    "3001": Meaning(OUR_FAULT, "PASI could not read the message.", SUPPORT),
    "3002": Meaning(OUR_FAULT, "PASI found a value that it does not take.", "Correct the value named, and send again."),
    "3004": Meaning(
        VERSION_CONFLICT, "The record has changed in PASI since you saw it.", "Look at both values, then decide."
    ),
    "3005": Meaning(OUR_FAULT, "PASI does not know this kind of notification.", SUPPORT),
    "3006": Meaning(OUR_FAULT, "A school year was given where none is allowed.", SUPPORT),
    "3007": Meaning(
        OUR_FAULT, "PASI does not take this wait time.", "An administrator checks the wait time under Setup."
    ),
    "3008": Meaning(OUR_FAULT, "A school year is missing.", SUPPORT),
    "4001": Meaning(PASI_FAULT, "PASI could not save.", BY_ITSELF),
    "4002": Meaning(UNKNOWN, "PASI took too long inside.", BY_ITSELF),
    "9001": Meaning(UNKNOWN, "Something unexpected happened in PASI.", BY_ITSELF),
    "9014": Meaning(NOT_YET, "PASI does not see its newest version everywhere yet.", BY_ITSELF),
}

REJECTIONS: dict[str, Meaning] = {
    "3004": FAULTS["3004"],
    "9002": Meaning(REJECTED, "PASI does not know this ASN, or we may not use it.", "Check the student's ASN."),
    "9003": Meaning(REJECTED, "PASI does not know this school.", "Check the school code."),
    "9009": Meaning(REJECTED, "This ASN has been deactivated.", "Use the student's present ASN."),
    "9010": Meaning(REJECTED, "Our organisation is not associated with the student.", "Check that the student is enrolled here."),
    "9011": Meaning(REJECTED, "This is a secondary ASN.", "Use the student's primary ASN."),
    "9013": Meaning(REJECTED, "The percentage cannot be used.", "Correct the program percentage."),
    "9023": Meaning(NO_CHANGE, "PASI holds exactly this already.", "Nothing to do."),
    "9030": Meaning(REJECTED, "The school year lies too far back.", "Use PASIprep for this year."),
    "10016": Meaning(REJECTED, "The exit date lies before the start date.", "Correct the exit date."),
    "10058": Meaning(REJECTED, "Our organisation may not write for this school.", "Check the school of the enrolment."),
    "10064": Meaning(REJECTED, "A percentage goes only with program 610 or 612.", "Empty the percentage or correct the program codes."),
    "10088": Meaning(REJECTED, "A date lies outside the two calendar years of the school year.", "Correct the date."),
    "10133": Meaning(REJECTED, "This language program ends with grade 9.", "Correct the grants program codes."),
}  # fmt: skip


def of_fault(code: str) -> Meaning:
    """A fault code that is not in the table may have been saved or not: an unknown outcome, read back."""
    return FAULTS.get(code, Meaning(UNKNOWN, "PASI answered with a fault that is not known here.", SUPPORT))


def of_rejections(codes: list[str]) -> Meaning:
    """The meaning of a refused submit: a version conflict outranks all, then what a person must correct."""
    if "3004" in codes:
        return REJECTIONS["3004"]
    known = [REJECTIONS.get(code, Meaning(REJECTED, "", "Read PASI's message, correct the record.")) for code in codes]
    refused = [meaning for meaning in known if meaning.outcome == REJECTED]
    return refused[0] if refused else known[0]
