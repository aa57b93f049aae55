"""Reading and changing records as another user of PASI would, and loading many at once."""

from __future__ import annotations

import json
import re
from typing import Any

from pasi_simulator.contract import ContractError, Document
from pasi_simulator.control.http import ControlError, Request, Response, as_json, filters, keyset_page
from pasi_simulator.core import Core
from pasi_simulator.state import RECORD_TYPES, SET_BY_PASI, Record, RecordType, canonical_key

FILTER_COLUMNS = {"SchoolCode": "school_code", "SchoolYear": "school_year", "StateProvinceId": "asn"}
SCHOOL_YEAR = re.compile(r"(?:(\d{4})-)?(\d{4})\Z", re.ASCII)
NOBODY_SAID = {"name": "PASIprep user", "organization": "O.1"}


def list_records(request: Request, type: str) -> Response:
    kind = kind_of(type)
    conditions = ["type = ?"]
    values: list[str | int] = [type]
    for name, value in filters(request, *FILTER_COLUMNS).items():
        conditions.append(f"{FILTER_COLUMNS[name]} = ?")
        values.append(school_year(value) if name == "SchoolYear" else value.replace("-", ""))

    def fetch(order: str, bound: int, limit: int) -> list[tuple[int, Any]]:
        side = ">" if order == "ASC" else "<"
        rows = request.core.state.reader().execute(
            f"SELECT id, document FROM records WHERE {' AND '.join(conditions)} AND id {side} ?"
            f" ORDER BY id {order} LIMIT ?",
            (*values, bound, limit),
        )
        return [(row[0], plain(request.core, kind, json.loads(row[1]))) for row in rows]

    return keyset_page(request, fetch)


def get_record(request: Request, type: str, key: str) -> Response:
    kind = kind_of(type)
    return as_json(plain(request.core, kind, existing(request.core, kind, key).document))


def patch_record(request: Request, type: str, key: str) -> Response:
    """Changes the named members of a record; null clears a member."""
    kind = kind_of(type)
    changes, by = body_and_actor(request.json())
    with request.core.state.writing() as writer:
        record = existing(request.core, kind, key)
        _same_key(kind, record.key, changes)
        checked = _checked(request.core, kind, changes, partial=True)
        kept = {name: value for name, value in record.document.items() if name not in changes or name in SET_BY_PASI}
        document = kept | {name: value for name, value in checked.items() if name not in SET_BY_PASI}
        _checked(request.core, kind, document)
        writer.put(kind, document, by, request.core.knobs["node_lag_ms"])
    return get_record(request, type, key)


def put_record(request: Request, type: str, key: str) -> Response:
    """Creates the record (201) or replaces it whole."""
    kind = kind_of(type)
    body, by = body_and_actor(request.json())
    _same_key(kind, canonical_key(type, key), body)
    document = _checked(request.core, kind, {**body, kind.key_member: key}, fill=True)
    with request.core.state.writing() as writer:
        new = request.core.state.record(type, key) is None
        plain = {name: value for name, value in document.items() if name not in SET_BY_PASI}
        writer.put(kind, plain, by, request.core.knobs["node_lag_ms"])
    answer = get_record(request, type, key)
    return Response(201 if new else 200, answer.body)


def delete_record(request: Request, type: str, key: str) -> Response:
    """Logical delete of an enrolment or a section; with ?physical=1 the row vanishes wholly, as one does that leaves a scope."""
    kind = kind_of(type)
    if not kind.own:
        raise ControlError(405, "Method not allowed", f"{type} records are not deleted")
    physical = filters(request, "physical").get("physical") == "1"
    _, by = body_and_actor(request.json())
    with request.core.state.writing() as writer:
        record = existing(request.core, kind, key)
        if physical:
            writer.remove(kind, record.key)
        else:
            writer.put(kind, record.document | {"IsDeleted": True}, by, request.core.knobs["node_lag_ms"])
    return as_json({"removed": record.key}) if physical else get_record(request, type, key)


def load(request: Request) -> Response:
    """Many new records in one transaction; keys that are there already are skipped."""
    body, by = body_and_actor(request.json())
    for name in body:
        kind_of(name)
    documents = {
        kind: [_loaded(request.core, kind, item, n) for n, item in enumerate(_list(body, kind.name))]
        for kind in RECORD_TYPES.values()
        if kind.name in body
    }
    answer = {}
    with request.core.state.writing() as writer:
        for kind, rows in documents.items():
            new = writer.load(kind, rows, by)
            answer[kind.name] = {"loaded": new, "skipped": len(rows) - new}
    return as_json(answer)


def plain(core: Core, kind: RecordType, document: Document) -> Document:
    """A record with all its members, absent ones as null, in the contract's order."""
    return {m.name: document.get(m.name) for m in core.contract.by_name[kind.contract_type].members}


def school_year(text: str) -> int:
    """2027 or "2026-2027": both are the year that ends in 2027."""
    match = SCHOOL_YEAR.match(text)
    if not match or (match[1] and int(match[1]) + 1 != int(match[2])):
        raise ControlError(400, "Bad filter", "SchoolYear is written 2027 or 2026-2027")
    return int(match[2])


def kind_of(name: str) -> RecordType:
    if name not in RECORD_TYPES:
        raise ControlError(404, "Unknown type", f"{name!r} is not one of {', '.join(RECORD_TYPES)}")
    return RECORD_TYPES[name]


def existing(core: Core, kind: RecordType, key: str) -> Record:
    record = core.state.record(kind.name, key)
    if record is None:
        raise ControlError(404, "Unknown record", f"There is no {kind.name} {key}")
    return record


def body_and_actor(body: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The body without `_as`, and who acts."""
    if not isinstance(body, dict):
        raise ControlError(400, "Bad body", "An object is expected")
    who = body.pop("_as", None) or {}
    if (
        not isinstance(who, dict)
        or set(who) - {"name", "organization"}
        or not all(isinstance(v, str) for v in who.values())
    ):
        raise ControlError(400, "Bad body", "_as takes name and organization")
    return body, NOBODY_SAID | who


def _list(body: dict[str, Any], name: str) -> list[Any]:
    if not isinstance(body[name], list):
        raise ControlError(400, "Bad body", f"{name} is a list")
    return list(body[name])


def _loaded(core: Core, kind: RecordType, item: Any, place: int) -> Document:
    document = _checked(core, kind, item, fill=True, path=f"{kind.name}[{place}]")
    return {name: value for name, value in document.items() if name not in SET_BY_PASI or name == "CreatedOnUtc"}


FILLED = {"PASICoreVersion": 0, "IsActive": True, "IsDeactivated": False, "IsDeceased": False, "IsDeleted": False}


def _checked(
    core: Core, kind: RecordType, body: Any, *, partial: bool = False, fill: bool = False, path: str = ""
) -> Document:
    """Members and forms by the contract; `fill` gives what PASI sets and plain flags a value."""
    if fill and isinstance(body, dict):
        names = {member.name for member in core.contract.by_name[kind.contract_type].members}
        body = {name: value for name, value in FILLED.items() if name in names} | body
    try:
        return core.contract.read_json(kind.contract_type, body, path or kind.name, partial=partial)
    except ContractError as problem:
        raise ControlError(400, "Bad record", str(problem)) from None


def _same_key(kind: RecordType, key: str, body: dict[str, Any]) -> None:
    value = body.get(kind.key_member, key)
    if not isinstance(value, str) or canonical_key(kind.name, value) != key:
        raise ControlError(400, "Bad record", f"{kind.name}.{kind.key_member}: the key of a record does not change")
