"""The door: a set of lines becomes new records, changes and refusals. Written once over `Resource`.

Call it outside of a transaction that must outlive a line that raises: each set is a transaction of its own (`faults.each`).
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from operations import faults, statements
from operations.actor import Actor
from operations.services import audit
from sis.models import Delivery
from sis.rules import loading as rules
from sis.rules.loading import Difference
from sis.services.loading import keys, reading
from sis.services.loading.definition import EXTERNAL, Line, Resource
from sis.services.loading.outcome import Kept, Outcome, refusal, sift

log = logging.getLogger(__name__)


Row = tuple[int, bytes]  # number of the line, and the line


def take(actor: Actor, resource: Resource, source: str, rows: Sequence[Row]) -> Outcome:
    """Loads the lines, each as far as it can be: a line that raises is refused and keeps no other from being loaded."""
    done, parts = Outcome(), list[Outcome]()

    def work(some: Sequence[Row]) -> None:
        part = Outcome()
        for lines in _rounds(reading.read(resource, some)):
            part.add(_take_lines(actor, resource, source, lines))
        parts.append(part)

    def left_out(row: Row, error: Exception) -> None:
        log.warning("A line of a load of %s raised: %s", resource.name, faults.place(error))
        [line] = reading.read(resource, [row])
        done.refused.append(refusal(line, {"": [_("An error in PASI Connect kept this line from being loaded.")]}))

    faults.each(rows, work, left_out)
    for part in parts:
        done.add(part)
    done.refused.sort(key=lambda one: one.line)
    return done


def _rounds(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Lines of one external ID one after the other: the later one is held against what the earlier one left."""
    left = list(lines)
    while left:
        ids: set[str] = set()
        now, later = list[Line](), list[Line]()
        for line in left:
            (later if line.external_id and line.external_id in ids else now).append(line)
            ids.add(line.external_id)
        yield now
        left = later


def _take_lines(actor: Actor, resource: Resource, source: str, lines: Sequence[Line]) -> Outcome:
    done = Outcome()
    sound = sift(done, lines)
    reading.resolve(resource, sound, source)
    sound = sift(done, sound)
    last = _last(resource, source, sound)
    records = _records(resource, source, sound)
    _refuse_taken(records, sound, source)
    sound = sift(done, sound)
    reason = _("Loaded from %(source)s.") % {"source": source} if source else _("Loaded by a bulk load.")
    new = [line for line in sound if line.external_id not in records]
    old = [line for line in sound if line.external_id in records]
    _require(resource, new)
    new = sift(done, new)
    new_records = _create(actor, resource, source, new, reason, done)
    wanted = _wanted(resource, source, old, records, last, done)
    old = sift(done, old)
    named = _name(actor, resource, source, old, records, reason)
    changed = _change(actor, resource, old, records, wanted, reason, done)
    old = sift(done, old)
    by_line = {**new_records, **{line.number: records[line.external_id] for line in old}}
    kept = [line for line in (*new, *old) if line.number in by_line]
    _adopt(actor, resource, kept, by_line, last, done)
    _remember(resource, source, kept, by_line, last, {line.number for line in new})
    changed |= named
    done.created += len(new_records)
    done.changed += sum(records[line.external_id].pk in changed for line in old)
    done.unchanged += sum(records[line.external_id].pk not in changed for line in old)
    return done


def _last(resource: Resource, source: str, lines: Sequence[Line]) -> dict[str, Delivery]:
    ids = [line.external_id for line in lines]
    rows = Delivery.objects.filter(entity=resource.kind, source=source, external_id__in=ids)
    return {row.external_id: row for row in rows}


def _records(resource: Resource, source: str, lines: Sequence[Line]) -> dict[str, Any]:
    """The record of each external ID: by that, else by a key of its own where the record has no external ID yet."""
    ids = [line.external_id for line in lines]
    rows: QuerySet[Any] = resource.model._default_manager.select_related(*resource.related)
    result = {row.external_id: row for row in rows.filter(source=source, external_id__in=ids)}
    if not resource.own:
        return result
    by_key: dict[tuple[Any, ...], Line] = {}
    for line in lines:
        key = _own_key(resource, line)
        if line.external_id not in result and None not in key:
            if key in by_key:
                line.errors[EXTERNAL] = [_("Another line of this load means the same record.")]
            by_key.setdefault(key, line)
    if not by_key:
        return result
    own = rows if resource.own_once else rows.filter(external_id=None, deleted=False)
    for place, path in enumerate(resource.own):
        own = own.filter(**{f"{path}__in": {key[place] for key in by_key}})
    for row in own.order_by("pk"):
        named = by_key.get(tuple(_own_value(row, path) for path in resource.own))
        if named is not None:
            result.setdefault(named.external_id, row)
    return result


def _own_key(resource: Resource, line: Line) -> tuple[Any, ...]:
    return tuple(
        getattr(line.targets.get(path), "pk", None) if path in line.targets else line.values.get(path) or None
        for path in resource.own
    )


def _own_value(row: Any, path: str) -> Any:
    column = row._meta.get_field(path)
    return getattr(row, column.attname)


def _refuse_taken(records: Mapping[str, Any], lines: Iterable[Line], source: str) -> None:
    """A record that another external ID of this source means already, or another source."""
    for line in lines:
        record = records.get(line.external_id)
        if record is not None and record.external_id not in (None, line.external_id):
            line.errors[EXTERNAL] = [_("The record has another external ID already.")]
        elif record is not None and record.external_id is not None and record.source != source:
            line.errors[EXTERNAL] = [_("The record was loaded from another source.")]


def _require(resource: Resource, lines: Iterable[Line]) -> None:
    """What no record begins without."""
    for line in lines:
        for name in resource.needed:
            if line.values.get(name) in (None, ""):
                line.errors[name] = [_("A new record needs this member.")]
        for reference in resource.references:
            if not reference.optional and reference.name not in line.targets:
                line.errors[reference.ways[0].members[0]] = [_("A new record needs this member.")]


def _create(
    actor: Actor, resource: Resource, source: str, lines: Sequence[Line], reason: str, done: Outcome
) -> dict[int, Any]:
    if not lines:
        return {}
    for line in lines:
        line.values |= {EXTERNAL: line.external_id, "source": source}
    result = resource.create(actor, lines, reason)
    new_records = {}
    for line in lines:
        record = result[line.number]
        if isinstance(record, ValidationError):
            done.refused.append(refusal(line, _messages(record)))
        else:
            new_records[line.number] = record
    return new_records


def _messages(error: ValidationError) -> Mapping[str, Sequence[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


def _wanted(
    resource: Resource,
    source: str,
    lines: Sequence[Line],
    records: Mapping[str, Any],
    last: Mapping[str, Delivery],
    done: Outcome,
) -> dict[int, dict[str, Any]]:
    """By record what is to be changed. What the source has not changed stays, and is listed where it differs."""
    wanted = {}
    for line in lines:
        record = records[line.external_id]
        before = last[line.external_id].values if line.external_id in last else {}
        values = {name: line.delivered[name] for name in line.values}

        def here(name: str, record: Any = record) -> Any:
            return rules.plain(getattr(record, name))

        changed, kept = rules.decide(values, before, here)
        for name in changed:
            if name in resource.fixed:
                line.errors[name] = [_("This makes another record: deliver it under an external ID of its own.")]
        kept += _moved(resource, line, record, before)
        done.kept += [
            Kept(line.number, line.external_id, record.pk, school_code(resource, record), one) for one in kept
        ]
        if changed:
            wanted[record.pk] = {name: line.values[name] for name in changed}
    return wanted


def _moved(resource: Resource, line: Line, record: Any, before: Mapping[str, Any]) -> list[Difference]:
    """What the line points to and the record does not: kept where the source has not changed it, else a fault of the line."""
    kept = []
    for reference in resource.references:
        target = line.targets.get(reference.name)
        if target is None or getattr(record, f"{reference.name}_id", target.pk) == target.pk:
            continue
        names = [name for way in reference.ways for name in way.members if name in line.delivered]
        if all(before.get(name, rules.NEVER) == line.delivered[name] for name in names):
            kept.append(Difference(names[0], line.delivered[names[0]], None))
        else:
            line.errors[names[0]] = [_("This makes another record: deliver it under an external ID of its own.")]
    return kept


def school_code(resource: Resource, record: Any) -> str:
    for name in resource.school.split("__") if resource.school else ():
        record = getattr(record, name)
    return record if resource.school else ""


def _name(
    actor: Actor,
    resource: Resource,
    source: str,
    lines: Iterable[Line],
    records: Mapping[str, Any],
    reason: str,
) -> set[int]:
    """Records that were here without an external ID get the line's. Gives their ids."""
    fresh = []
    for line in lines:
        record = records[line.external_id]
        if record.external_id is None:
            record.external_id, record.source = line.external_id, source
            fresh.append(record)
    statements.update_all(fresh, (EXTERNAL, "source"))
    audit.record_all(
        actor,
        [
            audit.Entry(
                audit.Verb.EXTERNAL_ID_SET, resource.kind, str(one.pk), school_code(resource, one),
                {EXTERNAL: [None, one.external_id]}, reason,
            )
            for one in fresh
        ],
    )  # fmt: skip
    return {one.pk for one in fresh}


def _change(
    actor: Actor,
    resource: Resource,
    lines: Sequence[Line],
    records: Mapping[str, Any],
    wanted: Mapping[int, Mapping[str, Any]],
    reason: str,
    done: Outcome,
) -> set[int]:
    by_record = {records[line.external_id].pk: line for line in lines}
    mine = {pk: values for pk, values in wanted.items() if pk in by_record}
    if not mine:
        return set()
    result = resource.change(actor, mine, reason)
    for pk, error in result.refused.items():
        by_record[pk].errors |= {name: list(texts) for name, texts in _messages(error).items()}
    return result.changed


def _adopt(
    actor: Actor,
    resource: Resource,
    lines: Sequence[Line],
    by_line: Mapping[int, Any],
    last: Mapping[str, Delivery],
    done: Outcome,
) -> None:
    """PASI's keys that lines carry, where the source says them for the first time."""
    fresh = [
        (by_line[line.number], key)
        for line in lines
        if (key := line.delivered.get("ref_id"))
        and (line.external_id not in last or last[line.external_id].values.get("ref_id") != key)
    ]
    if not fresh:
        return
    not_taken = keys.adopt(actor, resource.kind, fresh)
    for line in lines:
        record = by_line[line.number]
        if record.pk in not_taken and line.delivered.get("ref_id"):
            del line.delivered["ref_id"]
            code = school_code(resource, record)
            kept = Difference("ref_id", not_taken[record.pk].delivered, not_taken[record.pk].here)
            done.kept.append(Kept(line.number, line.external_id, record.pk, code, kept))


def _remember(
    resource: Resource,
    source: str,
    lines: Sequence[Line],
    by_line: Mapping[int, Any],
    last: Mapping[str, Delivery],
    new: set[int],
) -> None:
    fresh, changed = [], []
    for line in lines:
        row = last.get(line.external_id)
        if row is None:
            fresh.append(
                Delivery(
                    entity=resource.kind,
                    source=source,
                    external_id=line.external_id,
                    subject_id=by_line[line.number].pk,
                    values=line.delivered,
                    created=line.number in new,
                )
            )
            continue
        values = {**row.values, **line.delivered}
        if values != row.values or row.subject_id != by_line[line.number].pk:
            row.values, row.subject_id = values, by_line[line.number].pk
            changed.append(row)
    statements.insert_all(fresh)
    statements.update_all(changed, ("values", "subject_id"))


@transaction.atomic
def preview(actor: Actor, resource: Resource, source: str, rows: Sequence[Row]) -> Outcome:
    """The same, taken back: nothing is kept and nobody is woken."""
    done = take(actor, resource, source, rows)
    transaction.set_rollback(True)
    return done
