"""The names of a student: one list, into which the identity, the original and the preferred name point.

Older contracts give the preferred and the other names as records of their own. Both are derived from the list here; where a
record comes by hand in the older form, the list is made from it. [Source: Name; StudentInfo; Submit Preferred Name]
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

Name = dict[str, Any]
PARTS = ("FirstName", "MiddleName", "LastName", "Suffix")
LEGAL, ALIAS = "Legal", "Alias"


def parts(name: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes two names equal: case and accents count. [Source: Rule 11201]"""
    return tuple(name.get(part) or "" for part in PARTS)


def find(names: Sequence[Name], ref_id: object) -> Name | None:
    return next((name for name in names if name["RefId"] == ref_id), None)


def alike(names: Sequence[Name], wanted: Mapping[str, Any]) -> Name | None:
    """The name with the same parts, a deleted one as well."""
    return next((name for name in names if parts(name) == parts(wanted)), None)


def first_ref_id(asn: str) -> int:
    """The identification's RefId; names follow. That PASI numbers the parts is INFERRED, and so are the numbers."""
    number = int(asn) if asn.isascii() and asn.isdigit() and len(asn) < 12 else zlib.crc32(asn.encode())
    return number * 1000 + 1


def added(names: list[Name], asn: str, values: Mapping[str, Any], kind: str) -> Name:
    """A new name at the end of the list."""
    new: Name = {part: values[part] for part in PARTS if values.get(part)}
    new |= {"IsNameExact": bool(values.get("IsNameExact", True)), "IsDeleted": False, "Type": kind}
    new["RefId"] = max((name["RefId"] for name in names), default=first_ref_id(asn)) + 1
    names.append(new)
    return new


def rewritten(name: Name, values: Mapping[str, Any], kind: str) -> None:
    """Replaces the name's parts in place; a deleted one is restored."""
    for part in PARTS:
        name.pop(part, None)
        if values.get(part):
            name[part] = values[part]
    name |= {"IsNameExact": bool(values.get("IsNameExact", True)), "IsDeleted": False, "Type": kind}


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A student as PASI keeps one: with the list of names and the pointers into it.

    `IdentificationRecord`, `PreferredName` and `OtherNames` are what counts: whoever changes a record by hand changes those.
    """
    whole, record = dict(document), document.get("IdentificationRecord")
    if not record or not any(parts(record)):
        return whole
    asn, record = str(document["StateProvinceId"]), dict(record)
    names = [dict(name) for name in document.get("StudentNames") or ()]
    own = find(names, record.get("NameRefId")) or alike(names, record) or added(names, asn, record, LEGAL)
    rewritten(own, record, LEGAL)
    record["NameRefId"], record["RefId"] = own["RefId"], record.get("RefId") or first_ref_id(asn)
    chosen = _taken_in(names, asn, document.get("PreferredName")) or own
    kept = {own["RefId"], chosen["RefId"], document.get("OriginalNameRefId")}
    if document.get("OtherNames") is not None:
        others = [_taken_in(names, asn, other) for other in document["OtherNames"]]
        kept |= {other["RefId"] for other in others if other}
        for name in names:
            name["IsDeleted"] = name["RefId"] not in kept
    original = document.get("OriginalNameRefId") or own["RefId"]
    return with_older_form(
        whole
        | {
            "IdentificationRecord": record,
            "StudentNames": names,
            "OriginalNameRefId": original,
            "PreferredNameRefId": chosen["RefId"],
        }
    )


def _taken_in(names: list[Name], asn: str, values: Mapping[str, Any] | None) -> Name | None:
    if not values or not any(parts(values)):
        return None
    name = alike(names, values) or added(names, asn, values, ALIAS)
    name |= {"IsDeleted": False, "IsNameExact": bool(values.get("IsNameExact", True))}
    return name


def with_older_form(document: Mapping[str, Any]) -> dict[str, Any]:
    """With the preferred and the other names in the older form. A student who goes by the legal name has no `PreferredName`.

    [Source: StudentInfo]. That both forms stand side by side is INFERRED.
    """
    whole, names = dict(document), document["StudentNames"]
    own, chosen = document["IdentificationRecord"]["NameRefId"], document["PreferredNameRefId"]
    whole["OtherNames"] = [
        _older(name, False) for name in names if name["RefId"] not in (own, chosen) and not name.get("IsDeleted")
    ]
    whole["PreferredName"] = None if chosen == own else _older(find(names, chosen) or {}, True)
    return {name: value for name, value in whole.items() if value is not None}


def _older(name: Mapping[str, Any], preferred: bool) -> Name:
    older: Name = {part: name[part] for part in PARTS if name.get(part)}
    return older | {"IsNameExact": bool(name.get("IsNameExact")), "IsPreferred": preferred}
