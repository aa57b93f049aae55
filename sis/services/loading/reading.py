"""From bytes to lines, and from what a line names to the records that it means. A handful of queries a set."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from operations.rules import latin1
from sis.rules import loading as rules
from sis.services.loading.definition import EXTERNAL, Line, Reference, Resource, Way

OTHER_KINDS = {"asn": rules.Kind.ASN, "school_year": rules.Kind.YEAR}
NEVER_DELETES = "deleted"
MOST_BYTES = 64 * 1024  # of a line
BOM = b"\xef\xbb\xbf"


def read(resource: Resource, rows: Iterable[tuple[int, bytes]]) -> list[Line]:
    """Every line, with its faults where it has any."""
    return [_line(resource, number, content) for number, content in rows]


def _line(resource: Resource, number: int, content: bytes) -> Line:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return Line(number, "", errors={"": [_("This line is not one JSON object.")]})
    if not isinstance(record, dict):
        return Line(number, "", errors={"": [_("This line is not one JSON object.")]})
    name = record.pop(EXTERNAL, None)
    if not isinstance(name, str) or not name.strip() or len(name) > rules.LONGEST_ID or not latin1.enterable(name):
        sentence = _("Enter a text of 1 to %(most)s characters.") % {"most": rules.LONGEST_ID}
        return Line(number, "", errors={EXTERNAL: [sentence]})
    line = Line(number, name)
    for member, value in record.items():
        try:
            _take(resource, line, member, value)
        except rules.Unreadable as error:
            line.errors.setdefault(member, []).append(_(error.message) % error.values)
    return line


def _take(resource: Resource, line: Line, name: str, value: Any) -> None:
    member = resource.members.get(name)
    if member is not None:
        line.values[name] = read_value = rules.read(member, value)
        line.delivered[name] = rules.plain(read_value)
    elif name in resource.pointers:
        pointer = rules.Member(name, OTHER_KINDS.get(name, rules.Kind.TEXT), most=rules.LONGEST_ID)
        line.delivered[name] = rules.plain(rules.read(pointer, value)) or None
    elif name == "ref_id" and resource.ref_ids:
        line.delivered[name] = _ref_id(value)
    elif name == NEVER_DELETES and value is False:
        return
    elif name == NEVER_DELETES:
        raise rules.Unreadable(_("A load never deletes a record. Delete it on its page."))
    else:
        sentence = _("Unknown member. Available members: %(names)s.") % {"names": ", ".join(resource.names)}
        line.errors.setdefault(name[:40], []).append(sentence)


def _ref_id(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise rules.Unreadable(_("A RefId has 32 hexadecimal digits.")) from None


def resolve(resource: Resource, lines: Sequence[Line], source: str) -> None:
    """Finds what the lines point to. What cannot be by_way is a fault of the line."""
    for reference in resource.references:
        by_way = [(way, _by_way(reference, way, lines, source)) for way in reference.ways]
        for line in lines:
            _point(reference, line, by_way)


def _key(line: Line, way: Way) -> tuple[Any, ...] | None:
    """None where the line does not name all of the way's members."""
    key = tuple(line.delivered.get(name) for name in way.members)
    return None if None in key else key


def _by_way(reference: Reference, way: Way, lines: Iterable[Line], source: str) -> Mapping[tuple[Any, ...], Any]:
    keys = {key for line in lines if (key := _key(line, way)) is not None}
    if not keys:
        return {}
    rows = reference.model._default_manager.select_related(*reference.related)
    for place, (member, path) in enumerate(way.columns.items()):
        wanted = {key[place] for key in keys}
        rows = rows.filter(**{f"{path}__in": wanted})
        if member.endswith("_external_id"):
            rows = rows.filter(**{f"{path.removesuffix(EXTERNAL)}source": source})
    return {tuple(_column(row, path) for path in way.columns.values()): row for row in rows}


def _column(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return rules.plain(row)


def _point(reference: Reference, line: Line, by_way: Sequence[tuple[Way, Mapping[tuple[Any, ...], Any]]]) -> None:
    named = [(way, rows.get(key)) for way, rows in by_way if (key := _key(line, way)) is not None]
    targets = {target.pk: target for _way, target in named if target is not None}
    if len(targets) > 1:
        line.errors[named[1][0].members[0]] = [_("This names another record than the line’s other members.")]
    elif targets:
        line.targets[reference.name] = next(iter(targets.values()))
    elif named:
        line.errors[named[0][0].members[0]] = [_("There is no such record. Load it first.")]


def rows(stream: Any) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line that is not blank. A line that is too long is cut, so that it cannot be read."""
    number = 0
    while content := stream.readline(MOST_BYTES + 1):
        number += 1
        while not content.endswith(b"\n") and (rest := stream.readline(MOST_BYTES)):
            if rest.endswith(b"\n"):
                break
        content = content.strip().removeprefix(BOM)
        if content:
            yield number, content[:MOST_BYTES]
