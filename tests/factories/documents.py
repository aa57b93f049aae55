"""School enrolments as PASI holds them: the entity's mapping, with its entity filled in."""

from collections.abc import Iterable, Mapping
from typing import Any

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.entities import mapping

Document = dict[str, Any]
NAMES = ENTITY.compared
EMPTY = ENTITY.empty


def identity(asn: str, school_code: str, school_year: Any) -> Document:
    return mapping.identity_of(ENTITY, {"asn": asn, "school": school_code, "school_year": school_year})


def new_document(ref_id: Any, asn: str, school_code: str, school_year: Any) -> Document:
    return mapping.new_document(ENTITY, str(ref_id), identity(asn, school_code, school_year))


def lay_on(document: Mapping[str, Any], record: Mapping[str, Any], names: Iterable[str] = NAMES) -> Document:
    return mapping.lay_on(ENTITY, document, record, names)


def values(document: Mapping[str, Any]) -> dict[str, Any]:
    return mapping.values(ENTITY, document)


def columns(document: Mapping[str, Any]) -> dict[str, Any]:
    return mapping.columns(ENTITY, document)


def same_content(sent: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return mapping.same_content(ENTITY, sent, found)
