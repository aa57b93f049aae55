"""One row of PASI's code lists, in our columns."""

from collections.abc import Mapping
from typing import Any

from pasi_connect.rules.days import LATEST, OLDEST
from sis.rules.school_year import SchoolYear


def code_value(document: Mapping[str, Any]) -> dict[str, Any]:
    def year(name: str) -> SchoolYear | None:
        value = document.get(name)
        return SchoolYear(value) if value and OLDEST <= value <= LATEST else None

    return {
        "class_name": document["CodeClassName"],
        "code": document["CodeText"],
        "short_description": document.get("ShortDescription") or "",
        "description": document.get("Description") or "",
        "short_description_fr": document.get("FrenchShortDescription") or "",
        "description_fr": document.get("FrenchDescription") or "",
        "first_school_year": year("FirstSchoolYear"),
        "last_school_year": year("LastSchoolYear"),
        "sequence": document.get("DisplaySequence") or 0,
        "core_version": document.get("PASICoreVersion") or 0,
    }
