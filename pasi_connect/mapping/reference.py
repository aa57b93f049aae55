"""Student, School, SchoolAuthority and code values: PASI's members against the columns of the local copies."""

from collections.abc import Mapping
from typing import Any

from sis.rules.school_year import SchoolYear


def student(document: Mapping[str, Any]) -> dict[str, Any]:
    identity = document.get("IdentificationRecord") or {}
    preferred = document.get("PreferredName") or {}
    return {
        "asn": document["StateProvinceId"],
        "primary_asn": document.get("PrimaryStateProvinceId") or "",
        "is_deactivated": bool(document.get("IsDeactivated")),
        "first_name": identity.get("FirstName") or "",
        "middle_name": identity.get("MiddleName") or "",
        "last_name": identity.get("LastName") or "",
        "preferred_first_name": preferred.get("FirstName") or "",
        "preferred_last_name": preferred.get("LastName") or "",
        "birth_date": identity.get("BirthDate"),
        "gender": identity.get("Gender") or "",
    }


def school(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": document["SchoolCode"],
        "name": (document.get("Name") or "")[:160],
        "authority_code": document.get("SchoolAuthorityCode") or "",
        "is_active": bool(document.get("IsActive")),
    }


def authority(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": document["SchoolAuthorityCode"],
        "name": (document.get("Name") or "")[:160],
        "is_active": bool(document.get("IsActive")),
    }


def code_value(document: Mapping[str, Any]) -> dict[str, Any]:
    def year(name: str) -> SchoolYear | None:
        value = document.get(name)
        return SchoolYear(value) if value and 1900 <= value <= 2200 else None

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
