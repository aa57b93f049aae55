"""Keeps the list of discrepancies true: compared again after every save and every pull, in sets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F

from operations import clock, faults, statements
from operations.actor import SYNC
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Decision, Discrepancy, Link, Submission, SyncCursor
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import LIVE
from pasi_connect.rules import compare as rules
from pasi_connect.rules.alike import likeness
from pasi_connect.rules.fields import Type
from pasi_connect.rules.versions import opaque
from pasi_connect.services import locks
from pasi_connect.services.compare import failures, tying, values
from pasi_connect.services.compare.context import Context
from sis.models import DataEvent
from sis.models.event import Origin

CHUNK = 500
# What an open item shows, and what therefore follows its two sides.
FOLLOWED = (
    "kind", "fields", "undecided", "first_comparison", "core_version", "version", "changed_by", "alike", "changed_at", "school_code", "school_year",
    "asn", "subject_id",
)  # fmt: skip


@dataclass
class Pair:
    """One PASI record key with what exists for it on each side."""

    key: str
    copy: Any  # the local copy
    link: Link | None
    item: Discrepancy | None

    @property
    def record(self) -> Any:
        """The SIS record, or None."""
        return self.link.record if self.link else None


def evaluate(entity: Entity, ids: Iterable[int] = (), keys: Iterable[str] = (), settled_by: str = "itself") -> None:
    """Looks again at records of one kind, named by the SIS's ids or PASI's keys, both sides of each."""
    wanted, subjects = set(keys), list(ids)
    context = Context()
    if context.has_kind(entity):
        wanted |= tying.tie(entity, subjects, wanted)
    if subjects:
        wanted |= set(entity.links.filter(subject_id__in=subjects).values_list("key", flat=True))
    ordered = sorted(wanted)
    for start in range(0, len(ordered), CHUNK):
        faults.each(
            ordered[start : start + CHUNK],
            lambda part: _evaluate_chunk(entity, part, context, settled_by),
            lambda key, error: _not_compared(entity, key, error),
        )


def look_at(entity: Entity, key: str, settled_by: str = "itself") -> None:
    """`evaluate` for one record whose decision is being made: what raises is raised, so that nothing is decided on an old picture."""
    _evaluate_chunk(entity, [key], Context(), settled_by)


def evaluate_all(kinds: Iterable[Entity] = ()) -> None:
    """Every linked record and every copy without a SIS record, of these kinds or of all.

    After a change of settings, of the years or of a school's state, and when a full set has been stored. Reads columns set by set
    and looks closer only where something differs.
    """
    context = Context()
    for entity in kinds or entities.written():
        opened = Discrepancy.objects.filter(entity=entity.kind, status=Discrepancy.Status.OPEN)
        if not context.has_kind(entity):
            evaluate(entity, keys=opened.values_list("key", flat=True))
            continue
        key = entity.copy.key_field
        keys = [one for one, equal in _linked_rows(entity) if not equal]
        alone = entity.copies.exclude(**{f"{key}__in": entity.links.values("key")})
        if entity.has_deletion:
            alone = alone.filter(deleted=False)
        keys += alone.values_list(key, flat=True)
        there = entity.copies.filter(vanished_at=None).values(key)
        keys += entity.links.exclude(key__in=there).values_list("key", flat=True)
        keys += opened.values_list("key", flat=True)
        evaluate(entity, keys=keys)


def _linked_rows(entity: Entity) -> Iterator[tuple[str, bool]]:
    """(key, both sides equal and agreed on it) of every linked record of a kind, in one pass over the joined tables.

    The ORM writes the SIS's side from the paths of the identity; the two sides have no relation that it could join.
    """
    assert entity.sis is not None
    parts = {f"part_{part.name}": F(part.path) for part in entity.identity}
    model = entity.sis.model
    side = model._default_manager.order_by().annotate(**parts).values("id", *entity.compared, *parts)
    record, values_of_it = side.query.sql_with_params()
    ours = ", ".join(f"e.{name}" for name in entity.compared)
    theirs = ", ".join(f"c.{name}" for name in entity.compared)
    unknown = {part.name: "IS NULL" if part.type == Type.YEAR else "= ''" for part in entity.identity}
    alike = " AND ".join(
        f"(e.part_{part.name} = c.{part.column} OR e.part_{part.name} IS NULL OR c.{part.column} {unknown[part.name]})"
        for part in entity.identity
    )
    width = len(entity.compared)
    statement = (
        f"SELECT l.key, l.agreed_digest, c.digest, {ours}, {theirs}, {alike or '1 = 1'} "  # noqa: S608
        f"FROM {Link._meta.db_table} l JOIN ({record}) e ON e.id = l.subject_id "
        f"JOIN {entity.copy._meta.db_table} c ON c.{entity.copy.key_field} = l.key WHERE l.entity = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values_of_it, entity.kind])
        while rows := cursor.fetchmany(2000):
            for row in rows:
                yield row[0], row[1] == row[2] and row[3 : 3 + width] == row[3 + width : -1] and bool(row[-1])


def _pairs(entity: Entity, keys: Sequence[str]) -> list[Pair]:
    copies, links = locks.sides_of_many(entity, keys)
    items = locks.open_items(entity, keys)
    return [Pair(key, copies.get(key), links.get(key), items.get(key)) for key in keys]


def evaluate_locked(entity: Entity, copy: Any, link: Link, context: Context) -> None:
    """Looks again at one record whose copy and link the caller holds locked. What is agreed changes in `link`, which the caller saves."""
    _judge(entity, [Pair(link.key, copy, link, locks.open_item(entity, link.key))], context, "itself")


def look(entity: Entity, keys: Iterable[str], context: Context) -> list[Pair]:
    """Locks and looks again at a set of records; gives both sides of each with its item as they are now.

    Inside the caller's transaction. The item of a pair is the one that was open before; it may have settled here.
    """
    pairs = _pairs(entity, sorted(keys))
    save(_judge(entity, pairs, context, "itself"))
    return pairs


def look_again(entity: Entity, pairs: list[Pair], context: Context, settled_by: str) -> list[Link]:
    """After the caller has changed one side of records that it holds locked (see `look`). Gives the links to be saved."""
    return _judge(entity, pairs, context, settled_by)


def save(links: Iterable[Link]) -> None:
    statements.update_all(links, ("agreed", "agreed_at", "agreed_digest", "kept"))


def _evaluate_chunk(entity: Entity, keys: Sequence[str], context: Context, settled_by: str) -> None:
    save(_judge(entity, _pairs(entity, keys), context, settled_by))
    failures.over(failures.Step.COMPARE, entity.kind, keys)


def _not_compared(entity: Entity, key: str, error: Exception) -> None:
    """Its item stays as it is; the others of the set are compared."""
    [pair] = _pairs(entity, [key])
    code = _place(entity, pair)["school_code"] if pair.record or pair.copy else ""
    failures.note(failures.Step.COMPARE, entity.kind, key, error, school_code=code)


def _judge(entity: Entity, pairs: list[Pair], context: Context, settled_by: str) -> list[Link]:
    """Opens, follows and settles the items of the pairs. Gives the links on which something else is agreed now, to be saved."""
    entity.read_schools(pair.record for pair in pairs if pair.record)
    without_copy = [pair.link.subject_id for pair in pairs if pair.link and not _live_copy(pair)]
    missing = _Missing.of(entity, without_copy)
    links, opened, followed, settled = [], [], [], []
    _show_again(pairs)
    for pair in pairs:
        verdict = _verdict(entity, pair, context, missing)
        if verdict is None:
            continue
        if (
            pair.link
            and pair.copy
            and _was_compared(entity, pair, context)
            and _move_agreed(pair.link, pair.copy, verdict)
        ):
            links.append(pair.link)
        needed = bool(verdict.kind or (pair.item and verdict.resetting))
        if not needed:
            if pair.item:
                settled.append(
                    _settle(
                        pair.item,
                        "reject" if any(row["state"] == rules.RESET for row in pair.item.fields) else settled_by,
                    )
                )
            continue
        picture = _picture(entity, pair, verdict)
        if pair.item is None:
            opened.append(Discrepancy(key=pair.key, opened_at=clock.now(), **picture))
        elif any(getattr(pair.item, name) != value for name, value in picture.items()):
            for name, value in picture.items():
                setattr(pair.item, name, value)
            followed.append(pair.item)
    Discrepancy.objects.bulk_create(opened, batch_size=200)
    statements.update_all(followed, FOLLOWED)
    _tell_mixed(settled)
    for by in sorted({item.settled_by for item in settled}):
        mine = [item for item in settled if item.settled_by == by]
        Discrepancy.objects.filter(pk__in=[item.pk for item in mine]).update(
            status=mine[0].status, settled_at=mine[0].settled_at, settled_by=by
        )
    audit.record_all(
        SYNC,
        [_audit_entry(audit.Verb.DISCREPANCY_OPENED, item) for item in opened]
        + [_audit_entry(audit.Verb.DISCREPANCY_SETTLED, item) for item in settled],
    )
    return links


def _show_again(pairs: Iterable[Pair]) -> None:
    """PASI shows these records again: their copies are live."""
    again = [pair.link for pair in pairs if pair.link and pair.link.hidden_at is not None and _live_copy(pair)]
    for link in again:
        link.hidden_at = None
    if again:
        Link.objects.filter(pk__in=[link.pk for link in again]).update(hidden_at=None)


def _audit_entry(action: audit.Verb, item: Discrepancy) -> audit.Entry:
    changes = {row["name"]: [row["sis"], row["pasi"]] for row in item.fields}
    return audit.Entry(action, "discrepancy", str(item.pk), item.school_code, changes, item.kind)


def _live_copy(pair: Pair) -> bool:
    return pair.copy is not None and pair.copy.vanished_at is None


def _was_compared(entity: Entity, pair: Pair, context: Context) -> bool:
    """Both sides were compared. Otherwise nothing counts as agreed, and the next comparison must still look at it."""
    return pair.record is not None and _live_copy(pair) and context.has_part(entity, pair.record)


def _verdict(entity: Entity, pair: Pair, context: Context, missing: "_Missing") -> rules.Verdict | None:
    """None: cannot be compared now, leave everything as it is."""
    record, copy, link = pair.record, pair.copy, pair.link
    if record is None:
        if copy is None or not entity.is_made or not _live_copy(pair) or entity.is_deleted(copy):
            return rules.Verdict()
        code, year = entity.part_in(copy, "school"), entity.part_in(copy, "school_year")
        return rules.Verdict(rules.CREATED_IN_PASI if context.takes_part(entity, code, year) else "")
    if not context.has_part(entity, record):
        return rules.Verdict()
    if not _live_copy(pair) and not entity.is_made:
        return rules.Verdict()  # who it is and where, PASI tells or does not
    if not _live_copy(pair) and link is not None and link.hidden_at is not None:
        return rules.Verdict() if entity.is_deleted(record) else rules.not_shown(entity.school_code(record))
    if not _live_copy(pair):
        here_only = not entity.is_deleted(record) and missing.in_pasi(record.pk, entity.year_of(record))
        return rules.Verdict(rules.MISSING_IN_PASI if here_only else "")
    assert copy is not None and link is not None
    if copy.core_version < link.accepted_version:
        return None  # an older picture than the one we know PASI to hold
    theirs = values.theirs(copy)
    if entity.has_deletion and "deleted" not in theirs:
        return None  # whether PASI's record lives is not read yet
    return rules.compare(values.ours(record, link), theirs, *values.before(link), values.identity(record, copy))


@dataclass(frozen=True)
class _Missing:
    """When "not there" means missing. `on_the_way`: ids of records that are to be sent. `pulled`: notifications, with their year,
    of which a full set has been stored once."""

    entity: Entity
    on_the_way: set[int]
    pulled: set[str]

    @classmethod
    def of(cls, entity: Entity, ids: list[int]) -> "_Missing":
        if not ids:
            return cls(entity, set(), set())
        mine = {"entity": entity.kind, "subject_id__in": ids}
        live = Submission.objects.filter(**mine, status__in=LIVE).values_list("subject_id", flat=True)
        coming = DataEvent.objects.filter(**mine, collected_at=None, origin=Origin.SIS)
        whole = SyncCursor.objects.filter(notification_type__startswith=entity.notification).exclude(complete_at=None)
        return cls(
            entity,
            {*live, *coming.values_list("subject_id", flat=True)},
            set(whole.values_list("notification_type", flat=True)),
        )

    def in_pasi(self, pk: int, year: Any) -> bool:
        name = self.entity.notification
        return pk not in self.on_the_way and (f"{name}.{year.ending}" if self.entity.by_year else name) in self.pulled


def _move_agreed(link: Link, copy: Any, verdict: rules.Verdict) -> bool:
    """Records values that are equal on both sides as agreed. True when the link changed."""
    differing = {row.name: row for row in verdict.fields}
    present, compared = values.plain(values.theirs(copy)), entities.of(copy).compared
    agreed = dict(link.agreed or {})
    if differing.keys() == {"deleted"} or verdict.identity:
        moved: dict[str, Any] = {}  # one side is gone or another one: the other fields were not compared
    else:
        moved = {name: value for name, value in present.items() if name not in differing}
    kept = {
        name: value
        for name, value in link.kept.items()
        if (
            differing[name].state == rules.RESET
            if name in differing
            else name in compared and (verdict.identity or name not in present)
        )
    }
    digest = copy.digest if verdict.in_step else ""
    changed = any(name not in agreed or agreed[name] != value for name, value in moved.items())
    if not changed and kept == link.kept and digest == link.agreed_digest:
        return False
    if changed:
        link.agreed, link.agreed_at = {**agreed, **moved}, clock.now()
    link.kept, link.agreed_digest = kept, digest
    return True


def _settle(item: Discrepancy, by: str) -> Discrepancy:
    item.status, item.settled_at, item.settled_by = Discrepancy.Status.SETTLED, clock.now(), by
    return item


def _tell_mixed(settled: list[Discrepancy]) -> None:
    """PASI's value was accepted for some fields and ours kept for others: neither word alone describes the end."""
    decided = {item.pk: item for item in settled if item.settled_by in ("accept", "reject")}
    if not decided:
        return
    sides: dict[int, set[str]] = {}
    rows = Decision.objects.filter(discrepancy__in=decided, undone_at=None).order_by()
    for pk, accepted, rejected in rows.values_list("discrepancy_id", "accepted", "rejected"):
        sides.setdefault(pk, set()).update({"accept"} if accepted else set(), {"reject"} if rejected else set())
    for pk, both in sides.items():
        if len(both) == 2:
            decided[pk].settled_by = "mixed"


def _place(entity: Entity, pair: Pair) -> dict[str, Any]:
    """Where a person finds the record: by the SIS record, else by the local copy."""
    record, copy = pair.record, pair.copy
    if record is not None:
        asn, year = entity.asn_of(record), entity.year_of(record)
        return {"school_code": entity.school_code(record), "school_year": year, "asn": asn or ""}
    return {
        "school_code": entity.part_in(copy, "school") or "",
        "school_year": entity.part_in(copy, "school_year"),
        "asn": entity.part_in(copy, "asn") or "",
    }


def _picture(entity: Entity, pair: Pair, verdict: rules.Verdict) -> dict[str, Any]:
    """Everything that an open item shows."""
    record, copy = pair.record, pair.copy
    if verdict.kind in (rules.CREATED_IN_PASI, rules.MISSING_IN_PASI):
        one = values.theirs(copy) if copy and not record else values.ours(record, pair.link)
        side, other = ("sis", "pasi") if record else ("pasi", "sis")
        fields = [
            {"name": name, "agreed": None, side: values.to_json(value), other: None, "state": verdict.kind}
            for name, value in one.items()
            if value not in ("", None, False)
        ]
        undecided = 1
    else:
        rows = [row for row in verdict.fields if row.state != rules.OURS_TO_SEND]
        fields = [
            {
                "name": row.name,
                "agreed": values.to_json(row.agreed),
                "sis": values.to_json(row.ours),
                "pasi": values.to_json(row.theirs),
                "state": row.state,
            }
            for row in rows
        ]
        undecided = len(verdict.undecided)
    kind = verdict.kind or (pair.item.kind if pair.item else Kind.CHANGED_IN_PASI)
    core_version = copy.core_version if copy else 0
    hidden_at = pair.link.hidden_at if pair.link else None
    source = copy if hidden_at is None else None  # who changed it last, and when, PASI tells of what it shows
    who = ", ".join(part for part in source.author if part) if source else ""
    return {
        "kind": kind,
        "entity": entity.kind,
        "subject_id": record.pk if record else None,
        **_place(entity, pair),
        "fields": fields,
        "undecided": undecided,
        "first_comparison": verdict.is_first_comparison,
        "core_version": core_version,
        "version": opaque(record.revision if record else 0, core_version),
        "changed_by": who,
        "alike": likeness(kind, who, fields),
        "changed_at": source.changed_at if source else hidden_at,
    }
