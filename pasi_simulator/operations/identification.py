"""The identification and the names of a student, and the documents that an identity may rest on.

[Source: Submit Identification Information; Submit Name; Submit Preferred Name; Get Source Document Type Quality Values]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pasi_simulator.clock import utc_now
from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.operations.student_parts import Document, Part, submit_part
from pasi_simulator.rules.documents import QUALITY
from pasi_simulator.rules.identification import DOCUMENT, IDENTIFICATION, NAMES, PREFERRED_NAME, content
from pasi_simulator.rules.names import (
    ALIAS,
    LEGAL,
    PARTS,
    Name,
    added,
    alike,
    find,
    first_ref_id,
    parts,
    rewritten,
    with_older_form,
)
from pasi_simulator.rules.structure import Problem, part_problems
from pasi_simulator.state import Call

IDENTITY, NAME = "NewIdentificationInformation", "NewName"
REPLACED = (*PARTS, "IsNameExact", "BirthDate", "DocumentIssueDate", "DocumentNumber", *DOCUMENT)


def get_source_document_type_quality_values(
    core: Core, caller: Caller, request: dict[str, Any], call: Call
) -> Reply:  # fmt: skip
    """All values when any is newer than the caller's, else none."""
    version = core.code_version()
    newer = version > request["LastKnownSourceVersion"]
    rows = [
        {"CodeText": code, "PASICoreVersion": version, "QualityValue": quality}
        for code, quality in (QUALITY.items() if newer else ())
    ]
    call.version = version
    return Reply({"SourceDocumentTypeQualityValues": rows, "SourceVersion": version}, call)


def submit_identification_information(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return submit_part(IDENTIFICATION_PART, core, caller, request, call)


def submit_name(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return submit_part(NAME_PART, core, caller, request, call)


def submit_preferred_name(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return submit_part(PREFERRED_NAME_PART, core, caller, request, call)


# What a submit makes of the student ------------------------------------------------------------------------------


def _identified(stored: Document, request: Mapping[str, Any], fresh: bool) -> tuple[Document, int]:
    """Another name with another document is a change: a new legal name, and the old one stays as an alias. Another name alone is a
    correction in place, save for the original name once it may not be touched.

    That the preferred name follows when it was the legal one is INFERRED, and so is what becomes of the original name.
    """
    part, record = request[IDENTITY], dict(stored.get("IdentificationRecord") or {})
    names, student = _names(stored), dict(stored)
    own = find(names, record.get("NameRefId"))
    was = own["RefId"] if own else 0
    if own is None:
        own = added(names, stored["StateProvinceId"], part, LEGAL)
    elif parts(own) != parts(part):
        changed = any((record.get(name) or "") != (part.get(name) or "") for name in DOCUMENT)
        other = alike(names, part)
        kept = was == stored.get("OriginalNameRefId") and not fresh
        if other or changed or kept:
            own["Type"] = ALIAS
            own = other or added(names, stored["StateProvinceId"], part, LEGAL)
            own["EffectiveUtc"] = utc_now()
    rewritten(own, part, LEGAL)
    record = {name: value for name, value in record.items() if name not in REPLACED}
    record |= {name: part[name] for name in REPLACED if part.get(name) not in (None, "")}
    record |= {"NameRefId": own["RefId"], "IsNameExact": part["IsNameExact"]}
    student |= {"IdentificationRecord": record, "StudentNames": names}
    student.setdefault("OriginalNameRefId", own["RefId"])
    if student.get("PreferredNameRefId") in (None, was):
        student["PreferredNameRefId"] = own["RefId"]
    record.setdefault("RefId", first_ref_id(stored["StateProvinceId"]))
    return with_older_form(student), record["RefId"]


def _named(stored: Document, request: Mapping[str, Any], fresh: bool) -> tuple[Document, int]:
    part, names, student = request[NAME], _names(stored), dict(stored)
    name = find(names, part["RefId"])
    if name is None:
        name = added(names, stored["StateProvinceId"], part, part["Type"])
        name["EffectiveUtc"] = utc_now()
    elif request["DeleteName"]:
        name["IsDeleted"] = True
    else:
        rewritten(name, part, part["Type"])
    student["StudentNames"] = names
    if request["IsPreferred"] and not request["DeleteName"]:
        student["PreferredNameRefId"] = name["RefId"]
    return with_older_form(student), name["RefId"]


def _preferred(stored: Document, request: Mapping[str, Any], fresh: bool) -> tuple[Document, int]:
    if find(_names(stored), request["PreferredNameRefId"]) is None:
        return stored, 0
    chosen = request["PreferredNameRefId"]
    return with_older_form(stored | {"PreferredNameRefId": chosen}), chosen


def _names(stored: Document) -> list[Name]:
    return [dict(name) for name in stored.get("StudentNames") or ()]


def _same_identification(before: Document, after: Document) -> bool:
    return content(before.get("IdentificationRecord") or {}) == content(after.get("IdentificationRecord") or {})


def _same_names(before: Document, after: Document) -> bool:
    pointers = all(before.get(name) == after.get(name) for name in ("PreferredNameRefId", "OriginalNameRefId"))
    return pointers and _plain(before) == _plain(after)


def _plain(student: Document) -> list[dict[str, Any]]:
    skipped = ("EffectiveUtc",)
    return [
        {key: value for key, value in name.items() if key not in skipped} for name in student.get("StudentNames") or ()
    ]


# Structure -------------------------------------------------------------------------------------------------------


def _identification_problems(request: Mapping[str, Any]) -> Iterator[Problem]:
    yield from part_problems(request, IDENTITY, ("FirstName", "LastName"), {"DocumentType": "SourceDocumentType"})


def _name_problems(request: Mapping[str, Any]) -> Iterator[Problem]:
    yield from part_problems(request, NAME, ("FirstName", "LastName"), {})


def _pointer_problems(request: Mapping[str, Any]) -> Iterator[Problem]:
    yield from part_problems(request, "", (), {})


IDENTIFICATION_PART = Part(
    rules=IDENTIFICATION,
    problems=_identification_problems,
    change=_identified,
    same=_same_identification,
    member=IDENTITY,
    twins=True,
)
NAME_PART = Part(
    rules=NAMES, problems=_name_problems, change=_named, same=_same_names, member=NAME, delete="DeleteName"
)
PREFERRED_NAME_PART = Part(rules=PREFERRED_NAME, problems=_pointer_problems, change=_preferred, same=_same_names)
