"""StudentSchoolEnrolment: PASI's members against the fields of the SIS record and of the local copy.

Source: Student School Enrolment (business object); ExtendedSchoolEnrolmentInfo (V2019).
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sis.rules.enrolment import CODE_LISTS, codes
from sis.rules.school_year import SchoolYear

LIST_NAME = "SISV1"


@dataclass(frozen=True)
class Row:
    """`member` is PASI's; a member of the SISV1 list when `listed`, several of one key when `many`."""

    name: str
    member: str
    listed: bool = False
    many: bool = False
    empty: Any = ""


ROWS = (
    Row("grade", "Grade"),
    Row("start_date", "RegistrationStartDate", empty=None),
    Row("exit_date", "RegistrationExitDate", empty=None),
    Row("exit_date_type", "ExitDateType"),
    Row("programming_type", "ProgrammingType"),
    Row("programming_timeframe", "ProgrammingTimeframe"),
    Row("program_percentage", "SchoolProvidedProgramPercentage", empty=None),
    Row("local_student_id", "LocalStudentId", listed=True),
    Row("resident_board", "ResidentBoard", listed=True),
    Row("francophone_board", "FrancophoneBoard", listed=True),
    Row("fnmi_declaration", "FNMIDeclaration", listed=True),
    Row("french_hours", "FrenchHoursOfInstruction", listed=True),
    Row("enrolment_type_codes", "EnrolmentTypeCodes", listed=True, many=True),
    Row("exception_codes", "ExceptionCodes", listed=True, many=True),
    Row("grants_program_codes", "GrantsProgramCodes", listed=True, many=True),
    Row("deleted", "IsDeleted", empty=False),
)
BY_NAME = {row.name: row for row in ROWS}
TEXT_FIELDS = tuple(row.name for row in ROWS if row.listed)  # free or coded text of ours that goes into messages
assert {row.name for row in ROWS if row.many} == set(CODE_LISTS)

Document = dict[str, Any]


def _pairs(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    extended = document.get("ExtendedSchoolEnrolmentInfo") or {}
    return [(pair["Key"], pair["Value"]) for pair in extended.get("KeyValues") or []]


def values(document: Mapping[str, Any]) -> dict[str, Any]:
    """The compared fields of one PASI record, in the form in which the SIS record holds them."""
    listed: dict[str, list[str]] = {}
    for key, value in _pairs(document):
        listed.setdefault(key, []).append(value)
    found: dict[str, Any] = {}
    for row in ROWS:
        if row.many:
            found[row.name] = " ".join(sorted(set(listed.get(row.member, []))))
        elif row.listed:
            found[row.name] = (listed.get(row.member) or [""])[0]
        else:
            given = document.get(row.member)
            found[row.name] = row.empty if given is None else given
    return found


def columns(document: Mapping[str, Any]) -> dict[str, Any]:
    """All typed columns of the local copy."""
    last = document.get("LastUpdate") or {}
    year = document.get("SchoolYear")
    return {
        "ref_id": uuid.UUID(document["RefId"]),
        "asn": document.get("StateProvinceId") or "",
        "school_code": document.get("SchoolCode") or "",
        "school_year": SchoolYear(year) if year else None,
        "updated_by": (last.get("UserName") or "")[:160],
        "updated_by_organisation": (last.get("OrganizationCode") or "")[:6],
        "effective_at": document.get("EffectiveUtc"),
        **values(document),
    }


def new_document(ref_id: uuid.UUID, asn: str, school_code: str, school_year: SchoolYear) -> Document:
    """The ground of a record that PASI does not have yet."""
    return {
        "RefId": str(ref_id),
        "StateProvinceId": asn,
        "SchoolCode": school_code,
        "SchoolYear": school_year.ending,
        "IsDeleted": False,
        "PASICoreVersion": 0,
    }


def lay_on(document: Mapping[str, Any], ours: Mapping[str, Any], names: Iterable[str]) -> Document:
    """`document` with the fields `names` of ours laid on; every other member goes back as it came (a submit replaces all)."""
    laid = dict(document)
    pairs = _pairs(document)
    for name in names:
        row, value = BY_NAME[name], ours[name]
        if row.listed:
            kept = [pair for pair in pairs if pair[0] != row.member]
            given = codes(value) if row.many else ([value] if value else [])
            pairs = [*kept, *((row.member, part) for part in given)]
        elif value == row.empty and row.name != "deleted":
            laid.pop(row.member, None)
        else:
            laid[row.member] = value
    had_list = document.get("ExtendedSchoolEnrolmentInfo") is not None
    if pairs or had_list:
        laid["ExtendedSchoolEnrolmentInfo"] = {
            "KeyValues": [{"Key": key, "Value": value} for key, value in pairs],
            "Name": LIST_NAME,
        }
    return laid


def same_content(sent: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """True when PASI's record holds what we sent: all fields and the identity; versions and stamps aside."""
    identity = ("RefId", "StateProvinceId", "SchoolCode", "SchoolYear")
    same = all(str(sent.get(name) or "").lower() == str(found.get(name) or "").lower() for name in identity)
    return same and values(sent) == values(found)
