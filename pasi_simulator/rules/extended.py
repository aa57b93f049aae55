"""The keys of the SISV1 list: how often each may occur and what it may hold. [Source: ExtendedSchoolEnrolmentInfo]"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pasi_simulator.codes import LISTS


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the list; its values follow `pattern`, or are in the code list `codes`."""

    name: str
    most: int
    words: str
    pattern: str = ""
    codes: str = ""

    def accepts(self, value: str) -> bool:
        if self.codes:
            return value in LISTS[self.codes]
        return re.fullmatch(self.pattern, value) is not None


LIST_NAME = "SISV1"
KEYS = {
    key.name: key
    for key in (
        Key("LocalStudentId", 1, "1 to 15 characters", pattern=r".{1,15}"),
        Key("ResidentBoard", 1, "'0001' to '9999'", pattern=r"(?!0000)[0-9]{4}"),
        Key("FrancophoneBoard", 1, "'0001' to '9999'", pattern=r"(?!0000)[0-9]{4}"),
        Key("FNMIDeclaration", 1, "a code value of FNMIDeclaration", codes="FNMIDeclaration"),
        Key("FrenchHoursOfInstruction", 1, "'1' to '9999'", pattern=r"[1-9][0-9]{0,3}"),
        Key("EnrolmentTypeCodes", 3, "a code value of EnrolmentTypeCode", codes="EnrolmentTypeCode"),
        Key("ExceptionCodes", 2, "a code value of ExceptionCode", codes="ExceptionCode"),
        Key("GrantsProgramCodes", 3, "a code value of GrantsProgramCode", codes="GrantsProgramCode"),
    )
}
