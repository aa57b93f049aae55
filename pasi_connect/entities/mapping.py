"""Maps PASI's members to our fields and back, by an entity's table of fields. Members that are not ours survive."""

from collections.abc import Iterable, Mapping
from typing import Any

from pasi_connect.entities.definition import CUT, IN_LIST, INSIDE, NO_TEXT, PLAIN, Entity, Read
from pasi_connect.rules.days import LATEST, OLDEST
from pasi_connect.rules.fields import Type
from sis.rules.enrolment import codes
from sis.rules.school_year import SchoolYear

Document = dict[str, Any]


def _pairs(entity: Entity, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    name = entity.submit.list_member if entity.submit else ""
    key_values = (document.get(name) if name else None) or {}
    return [(pair["Key"], pair["Value"]) for pair in key_values.get("KeyValues") or []]


def values(entity: Entity, document: Mapping[str, Any]) -> dict[str, Any]:
    """The compared fields of one record of PASI's, in the form in which the SIS record holds them."""
    return _read(entity, entity.compared_reads, document)


def _read(entity: Entity, reads: Iterable[Read], document: Mapping[str, Any]) -> dict[str, Any]:
    texts: dict[str, list[str]] = {}
    for key, text in _pairs(entity, document):
        texts.setdefault(key, []).append(text)
    values: dict[str, Any] = {}
    for name, way, member, inner, empty in reads:
        if way == PLAIN:
            there: Any = document.get(member)
        elif way == INSIDE:
            there = (document.get(member) or {}).get(inner)
        elif way == IN_LIST:
            values[name] = (texts.get(member) or [""])[0]
            continue
        else:
            # Several codes: a key of the list, else a member that is a list of its own.
            values[name] = " ".join(sorted(set(texts.get(member) or document.get(member) or ())))
            continue
        values[name] = empty if there is None else there
    return values


def columns(entity: Entity, document: Mapping[str, Any]) -> dict[str, Any]:
    """All typed columns of the local copy."""
    key: Any = entity.copy._meta.get_field(entity.copy.key_field)
    row: dict[str, Any] = {key.name: key.to_python(document[entity.key])}
    for part in entity.identity:
        row[part.column] = _part(document.get(part.member), part.type)
    odd: dict[str, Any] = {}
    read = _read(entity, entity.reads, document)
    for name, value in read.items():
        if isinstance(value, str) and name in entity.limits:
            kind, most = entity.limits[name]
            if kind == CUT:
                read[name] = value[:most]
            elif kind == NO_TEXT:
                read[name] = None
            elif len(value) > most:  # PASI holds it and the column cannot
                odd[name], read[name] = value, entity.by_name[name].empty
    for name in entity.flags:
        read[name] = bool(read[name])
    row.update(read)
    return {**row, "odd": odd} if entity.keeps_odd else row


def _part(value: Any, kind: Type) -> Any:
    if kind == Type.YEAR:
        return SchoolYear(value) if value and OLDEST <= value <= LATEST else None
    return value or ""


def identity(entity: Entity, record: Any) -> Document:
    """Whose record it is, in PASI's members; `record` is the SIS's."""
    return identity_of(entity, {part.name: part.of(record) for part in entity.identity})


def identity_of(entity: Entity, parts: Mapping[str, Any]) -> Document:
    """The same, by the names of the parts."""
    members = {part.member: parts[part.name] for part in entity.identity}
    return {member: value.ending if isinstance(value, SchoolYear) else value for member, value in members.items()}


def part_of(entity: Entity, document: Document, name: str) -> Any:
    """A part of the identity as the document says it; None where the kind has no such part."""
    return next((document.get(part.member) for part in entity.identity if part.name == name), None)


def new_document(entity: Entity, key: str, whose: Document) -> Document:
    """The ground of a record that PASI does not have yet; `whose` as `identity` gives it."""
    deleted = {field.member: False for field in entity.compared_fields if field.name == "deleted"}
    return {entity.key: key, **whose, **deleted, "PASICoreVersion": 0}


def lay_on(entity: Entity, document: Mapping[str, Any], ours: Mapping[str, Any], names: Iterable[str]) -> Document:
    """`document` with the fields `names` of ours laid on; every other member goes back as it came (a submit replaces all)."""
    laid = dict(document)
    pairs = _pairs(entity, document)
    for name in names:
        field, value = entity.by_name[name], ours[name]
        if field.in_list:
            kept = [pair for pair in pairs if pair[0] != field.member]
            parts = codes(value) if field.many else ([value] if value else [])
            pairs = [*kept, *((field.member, part) for part in parts)]
        elif "/" in field.member:
            _lay_inside(laid, field.member, value, value == field.empty and field.type not in (Type.FLAG, Type.COUNT))
        elif value == field.empty and field.type not in (Type.FLAG, Type.COUNT):
            laid.pop(field.member, None)
        elif field.many:
            laid[field.member] = codes(value)
        else:
            laid[field.member] = value
    submit = entity.submit
    if submit and submit.list_member and (pairs or document.get(submit.list_member) is not None):
        laid[submit.list_member] = {
            "KeyValues": [{"Key": key, "Value": value} for key, value in pairs],
            "Name": submit.list_name,
        }
    return laid


def _lay_inside(laid: Document, path: str, value: Any, is_empty: bool) -> None:
    """Sets a member of a nested record; both records are copied, since the document is not ours to change."""
    outer, _slash, inner = path.partition("/")
    inside = dict(laid.get(outer) or {})
    if is_empty:
        inside.pop(inner, None)
    else:
        inside[inner] = value
    laid[outer] = inside
    if not inside:
        del laid[outer]


def same_content(entity: Entity, sent: Mapping[str, Any], document: Mapping[str, Any], part: str = "") -> bool:
    """True when PASI's record holds what we sent: all fields of the part and the identity; versions and stamps aside."""
    members = (entity.key, *(one.member for one in entity.identity))
    same = all(str(sent.get(name) or "").lower() == str(document.get(name) or "").lower() for name in members)
    ours, theirs, names = values(entity, sent), values(entity, document), entity.fields_of(part)
    return same and all(ours[name] == theirs[name] for name in names)
