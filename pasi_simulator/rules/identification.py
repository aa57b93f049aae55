"""Why PASI refuses an identification, a name, or a preferred name: the rejections of their three services.

Rule 11228 needs the student's documents and 11407 a caller with limited access; neither is simulated. Rows whose number is ours
say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pasi_simulator.rules.case import Facts, Rule
from pasi_simulator.rules.documents import DERIVED, QUALITY, RESTRICTED
from pasi_simulator.rules.names import PARTS, alike, find, parts
from pasi_simulator.rules.student import GENERAL, NO_FACTS, UNCHANGED, StudentCase

# A number that no public page gives: ours, from a gap near its kin.
PREFERRED_DELETED = "11236"

PERIOD_INSIDE = re.compile(r"[^\s.]\.\S")
HYPHENS = re.compile(r"--")
PERIOD_FIRST = re.compile(r"(?:^|\s)\.")
DOCUMENT = ("DocumentType", "DocumentReferenceId")
CONTENT = (*PARTS, "IsNameExact", "BirthDate", *DOCUMENT, "DocumentIssueDate", "DocumentNumber")


def content(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a person would call the content of an identification."""
    return {name: record.get(name) or "" for name in CONTENT}


def _identification_unknown(case: StudentCase) -> Facts | None:
    ref_id, document = case.part["RefId"], case.part.get("DocumentReferenceId")
    if document:  # no student has documents here
        return {"type": "StudentRecordDocument", "ref_id": document, "asn": case.asn}
    if ref_id in (0, case.record.get("RefId", 0)):
        return None
    return {"type": "StudentIdentification", "ref_id": ref_id, "asn": case.asn}


def _name_unknown(case: StudentCase) -> Facts | None:
    ref_id = case.part["RefId"]
    if find(case.names, ref_id) or (ref_id == 0 and not case.deleting):
        return None
    return {"type": "StudentName", "ref_id": ref_id, "asn": case.asn}


def _pointer_unknown(case: StudentCase) -> Facts | None:
    ref_id = case.part["PreferredNameRefId"]
    name = find(case.names, ref_id)
    return None if name and not name.get("IsDeleted") else {"type": "StudentName", "ref_id": ref_id, "asn": case.asn}


def _no_source(case: StudentCase) -> Facts | None:
    return None if any(case.part.get(name) for name in DOCUMENT) else NO_FACTS


def _two_sources(case: StudentCase) -> Facts | None:
    return NO_FACTS if all(case.part.get(name) for name in DOCUMENT) else None


def _derived_source(case: StudentCase) -> Facts | None:
    return NO_FACTS if case.part.get("DocumentType") in DERIVED else None


def _restricted_source(case: StudentCase) -> Facts | None:
    kind = case.part.get("DocumentType") or ""
    if kind not in RESTRICTED or RESTRICTED[kind] & case.roles or kind == case.record.get("DocumentType"):
        return None
    return {"kind": kind}


def _lower_quality(case: StudentCase) -> Facts | None:
    now, new = (QUALITY.get(record.get("DocumentType") or "", 0) for record in (case.record, case.part))
    return NO_FACTS if new and new < now else None


def _descriptor(case: StudentCase) -> str:
    """Original, Legal or Alias."""
    part = case.part
    ref_id = part["RefId"] if "Type" in part else case.record.get("NameRefId")
    if ref_id and case.student and ref_id == case.student.get("OriginalNameRefId"):
        return "Original"
    return str(part.get("Type", "Legal"))


def _spelled(case: StudentCase, pattern: re.Pattern[str]) -> Facts | None:
    wrong = any(pattern.search(text) for text in parts(case.part))
    return {"name": _descriptor(case)} if wrong else None


def _period_inside(case: StudentCase) -> Facts | None:
    return _spelled(case, PERIOD_INSIDE)


def _repeated_hyphens(case: StudentCase) -> Facts | None:
    return _spelled(case, HYPHENS)


def _period_first(case: StudentCase) -> Facts | None:
    return _spelled(case, PERIOD_FIRST)


def _issued_before_birth(case: StudentCase) -> Facts | None:
    issued = case.part.get("DocumentIssueDate")
    return {"issued": issued} if issued and issued < case.part["BirthDate"] else None


def _equal_student(case: StudentCase) -> Facts | None:
    return {"asns": ", ".join(case.twins)} if case.twins and not case.ministry else None


def _equal_name(case: StudentCase) -> Facts | None:
    others = [name for name in case.names if name["RefId"] != case.part["RefId"] and not name.get("IsDeleted")]
    return {"name": _descriptor(case)} if alike(others, case.part) else None


def _identity_name(case: StudentCase) -> Facts | None:
    ref_id = case.part["RefId"]
    return NO_FACTS if ref_id and ref_id == case.record.get("NameRefId") else None


def _original_name(case: StudentCase) -> Facts | None:
    ref_id = case.part["RefId"]
    original = bool(ref_id and case.student and ref_id == case.student.get("OriginalNameRefId"))
    return NO_FACTS if original and (case.deleting or not case.fresh) and not case.ministry else None


def _preferred_deleted(case: StudentCase) -> Facts | None:
    chosen = (case.student or {}).get("PreferredNameRefId")
    return NO_FACTS if case.deleting and chosen and chosen == case.part["RefId"] else None


RULES = "Rule pages of student parts"
IDENTITY = "Submit Identification Information"
NAME = "Submit Name"


def _reference(fails: Callable[[StudentCase], Facts | None]) -> Rule[StudentCase]:
    def of_the_student(case: StudentCase) -> Facts | None:
        return fails(case) if case.student else None

    return Rule("9006", "Invalid reference id", "{type} {ref_id} does not exist for student {asn}",
                "Rule 9006", "RefId", of_the_student, when_deleting=True)  # fmt: skip


SPELLING: tuple[Rule[StudentCase], ...] = (
    Rule("11203", "Period inside a word", "A period stands inside a word of the {name} name",
         RULES, "FirstName", _period_inside),
    Rule("11220", "Repeated hyphens", "The {name} name has more than one hyphen in a row",
         RULES, "FirstName", _repeated_hyphens),
    Rule("11224", "Word that begins with a period", "A word of the {name} name begins with a period",
         RULES, "FirstName", _period_first),
)  # fmt: skip
ORIGINAL = Rule(
    "9049", "Original name later than 30 days", "The original name can no longer be changed", "Rule 9049", "RefId",
    _original_name, inferred="days counted from CreatedOnUtc; which organization created the student is not kept",
    when_deleting=True,
)  # fmt: skip

IDENTIFICATION: tuple[Rule[StudentCase], ...] = (
    *GENERAL,
    _reference(_identification_unknown),
    Rule("65031", "Neither source document type nor document", "A source document type or a document is required",
         RULES, "DocumentType", _no_source),
    Rule("65093", "Source document type and document", "A source document type and a document exclude each other",
         RULES, "DocumentType", _two_sources),
    Rule("12006", "Source document type that a client may not send", "The source document type follows from documents only",
         RULES, "DocumentType", _derived_source, inferred="the four code texts"),
    Rule("11225", "Source document type restricted", "The caller may not send source document type {kind}",
         RULES, "DocumentType", _restricted_source, inferred="an unchanged type passes"),
    Rule("11210", "Document of lower quality than the present one", "The source document is of lower quality than the present one",
         "Rule 11210", "DocumentType", _lower_quality, inferred="which type has which quality"),
    *SPELLING,
    Rule("11233", "Document issued before birth", "Issue date {issued} is before the birth date",
         RULES, "DocumentIssueDate", _issued_before_birth),
    Rule("11406", "Identity equals that of another student", "Another student has the same identity: {asns}",
         RULES, "LastName", _equal_student),
    UNCHANGED,
)  # fmt: skip

NAMES: tuple[Rule[StudentCase], ...] = (
    *GENERAL,
    _reference(_name_unknown),
    *SPELLING,
    Rule("11201", "Name equals another one of the student", "The {name} name equals another name of the student",
         RULES, "FirstName", _equal_name),
    Rule("11227", "Identity name changed as another name", "The identity name is changed with the identification only",
         RULES, "RefId", _identity_name, when_deleting=True),
    ORIGINAL,
    Rule(PREFERRED_DELETED, "Preferred name deleted", "The preferred name cannot be deleted; choose another one first",
         NAME, "RefId", _preferred_deleted, inferred="the number", when_deleting=True),
    UNCHANGED,
)  # fmt: skip

PREFERRED_NAME: tuple[Rule[StudentCase], ...] = (*GENERAL, _reference(_pointer_unknown), UNCHANGED)

TABLES = (IDENTIFICATION, NAMES, PREFERRED_NAME)
