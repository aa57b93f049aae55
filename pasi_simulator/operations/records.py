"""The Get services: expected version and availability status. [Source: Get Student School Enrolment]"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.state import RECORD_TYPES, Call, Record, RecordType
from pasi_simulator.visibility import may_see, owns_school


def get_school_information(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return get(core, caller, "School", request["SchoolCodes"], "Key", call)


def get_school_authority_information(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return get(core, caller, "SchoolAuthority", request["SchoolAuthorityCodes"], "Key", call)


def get_student(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return get(core, caller, "Student", request["StateProvinceIds"], "Key", call)


def get_student_school_enrolment(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return get(core, caller, "StudentSchoolEnrolment", request["RefIds"], "RefId", call)


def get_section(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return get(core, caller, "Section", request["RefIds"], "RefId", call)


def get(core: Core, caller: Caller, type_name: str, wanted: list[dict[str, Any]], key: str, call: Call) -> Reply:
    """Items in the order asked. At the first that this node does not know yet, the list ends: the caller asks again."""
    kind, today, lag = RECORD_TYPES[type_name], core.today(), core.knobs["node_lag_ms"]
    newest = core.state.newest_known_to_node(lag)
    if len(wanted) == 1:
        call.key = wanted[0][key]
    answers = []
    for item in wanted:
        expected, record = item["ExpectedVersion"], core.state.record(type_name, item[key])
        document = _seen_by_node(record, lag)
        if record is None:
            if expected > newest:
                break
            answers.append(_answer(kind, "Unknown", _shell(kind, item[key])))
            continue
        if document is None or expected > document["PASICoreVersion"]:
            break
        if may_see(core.state.reader(), caller.organization, record, today):
            answers.append(_answer(kind, "Normal", _for(core, caller, kind, document)))
        else:
            answers.append(_answer(kind, "NoAccess", _shell(kind, item[key])))
    return Reply(answers, call)


def _for(core: Core, caller: Caller, kind: RecordType, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sections and their like are open to every client, but who changed one is told to its owner only. [Source: GetSection method]"""
    if kind.told_to_owner and not owns_school(core.state.reader(), caller.organization, document.get("SchoolCode")):
        return {name: value for name, value in document.items() if name != "LastUpdate"}
    return document


def _seen_by_node(record: Record | None, lag_ms: int) -> Mapping[str, Any] | None:
    """The record as a node that lags behind knows it, or None."""
    if record is None or not lag_ms or record.committed_at <= time.time() - lag_ms / 1000:
        return record.document if record else None
    return record.previous_document


def _answer(kind: RecordType, status: str, document: Mapping[str, Any]) -> dict[str, Any]:
    return {"AvailabilityStatus": status, kind.name: document}


def _shell(kind: RecordType, key: str) -> dict[str, Any]:
    """What PASI sends for a key it does not give: the object is there, the id echoed, booleans false, the rest nil.
    The version, which cannot be nil, is 0."""
    return {kind.key_member: key, "PASICoreVersion": 0, **dict.fromkeys(kind.flags, False)}
