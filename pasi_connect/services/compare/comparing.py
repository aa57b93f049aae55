"""Keeps the list of discrepancies true: looked at again at every save and at every pull, set by set."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from operations import clock, faults, statements
from operations.actor import SYNC
from operations.services import audit
from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.models import Decision, Discrepancy, EnrolmentCopy, Link, Submission, SyncCursor
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import LIVE
from pasi_connect.rules import compare as rules
from pasi_connect.rules.alike import likeness
from pasi_connect.rules.identity import PARTS
from pasi_connect.rules.versions import opaque
from pasi_connect.services import locks
from pasi_connect.services.compare import failures, values
from pasi_connect.services.compare.context import Context
from sis.models import DataEvent, School, SchoolEnrolment, Student
from sis.models.event import Origin
from sis.models.organization import State
from sis.services.events import SCHOOL_ENROLMENT

CHUNK = 500
# What an open item shows, and what therefore follows its two sides.
FOLLOWED = (
    "kind", "fields", "undecided", "core_version", "version", "changed_by", "alike", "changed_at", "school_code", "school_year",
    "asn", "subject_id",
)  # fmt: skip


@dataclass
class Pair:
    """One PASI record key with what exists for it on each side."""

    key: str
    copy: EnrolmentCopy | None
    link: Link | None
    item: Discrepancy | None

    @property
    def enrolment(self) -> SchoolEnrolment | None:
        return self.link.enrolment if self.link else None


def evaluate(enrolment_ids: Iterable[int] = (), keys: Iterable[str] = (), settled_by: str = "itself") -> None:
    """Looks again at the named SIS records and PASI records, both sides of each."""
    refs = set(keys)
    ids = list(enrolment_ids)
    if ids:
        refs |= set(Link.objects.of(SCHOOL_ENROLMENT, ids).values_list("key", flat=True))
    context = Context()
    ordered = sorted(refs)
    for start in range(0, len(ordered), CHUNK):
        part = ordered[start : start + CHUNK]
        faults.each(part, lambda refs: _evaluate_chunk(refs, context, settled_by), _not_compared)


def look_at(key: str, settled_by: str = "itself") -> None:
    """`evaluate` for one record whose decision is being made: what raises is raised, so that nothing is decided on an old picture."""
    _evaluate_chunk([key], Context(), settled_by)


def evaluate_all() -> None:
    """Every linked record and every copy without a SIS record: after a change of settings, of the years or of a school's state.

    Reads columns set by set and looks closer only where something differs.
    """
    refs: list[str] = []
    for key, equal in _linked_rows():
        if not equal:
            refs.append(key)
    linked = Link.objects.values("key")
    refs.extend(EnrolmentCopy.objects.filter(deleted=False).exclude(key__in=linked).values_list("key", flat=True))
    refs.extend(
        Link.objects.exclude(key__in=EnrolmentCopy.objects.filter(vanished_at=None).values("key")).values_list(
            "key", flat=True
        )
    )
    refs.extend(Discrepancy.objects.filter(status=Discrepancy.Status.OPEN).values_list("key", flat=True))
    evaluate(keys=refs)


def _linked_rows() -> Iterator[tuple[str, bool]]:
    """(key, both sides equal and agreed on it) of every linked record, in one pass over three joined tables."""
    ours = ", ".join(f"e.{name}" for name in COMPARED)
    theirs = ", ".join(f"c.{name}" for name in COMPARED)
    width = len(COMPARED)
    alike = (
        "(s.asn = c.asn OR s.asn IS NULL OR c.asn = '') AND o.code = c.school_code AND e.school_year = c.school_year"
    )
    statement = (
        f"SELECT l.key, l.agreed_digest, c.digest, {ours}, {theirs}, {alike} FROM {Link._meta.db_table} l "  # noqa: S608
        f"JOIN {SchoolEnrolment._meta.db_table} e ON e.id = l.subject_id AND l.entity = '{SCHOOL_ENROLMENT}' "
        f"JOIN {Student._meta.db_table} s ON s.id = e.student_id "
        f"JOIN {School._meta.db_table} o ON o.id = e.school_id "
        f"JOIN {EnrolmentCopy._meta.db_table} c ON c.key = l.key"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(2000):
            for row in rows:
                yield row[0], row[1] == row[2] and row[3 : 3 + width] == row[3 + width : -1] and bool(row[-1])


def _pairs(refs: Sequence[str]) -> list[Pair]:
    copies, links = locks.sides_of_many(refs)
    items = locks.open_items(refs)
    return [Pair(ref, copies.get(ref), links.get(ref), items.get(ref)) for ref in refs]


def evaluate_locked(copy: EnrolmentCopy | None, link: Link, context: Context) -> None:
    """Looks again at one record whose copy and link the caller holds locked. What is agreed changes in `link`, which the caller saves."""
    _judge([Pair(link.key, copy, link, locks.open_item(link.key))], context, "itself")


def look(refs: Iterable[str], context: Context) -> list[Pair]:
    """Locks and looks again at a set of records; gives both sides of each with its item as they are now.

    Inside the caller's transaction. The item of a pair is the one that was open before; it may have settled here.
    """
    pairs = _pairs(sorted(refs))
    save(_judge(pairs, context, "itself"))
    return pairs


def look_again(pairs: list[Pair], context: Context, settled_by: str) -> list[Link]:
    """After the caller has changed one side of records that it holds locked (see `look`). Gives the links to be saved."""
    return _judge(pairs, context, settled_by)


def save(links: Iterable[Link]) -> None:
    statements.update_all(links, ("agreed", "agreed_at", "agreed_digest", "kept"))


def _evaluate_chunk(refs: Sequence[str], context: Context, settled_by: str) -> None:
    save(_judge(_pairs(refs), context, settled_by))
    failures.over(failures.Step.COMPARE, EnrolmentCopy.notification_type, refs)


def _not_compared(key: str, error: Exception) -> None:
    """Its item stays as it is; the others of the set are compared."""
    code = Link.objects.filter(key=key).values_list("enrolment__school__code", flat=True).first()
    code = code or EnrolmentCopy.objects.filter(key=key).values_list("school_code", flat=True).first() or ""
    failures.note(failures.Step.COMPARE, EnrolmentCopy.notification_type, key, error, school_code=code)


def _judge(pairs: list[Pair], context: Context, settled_by: str) -> list[Link]:
    """Opens, follows and settles the items of the pairs. Gives the links on which something else is agreed now, to be saved."""
    without_copy = [pair.link.subject_id for pair in pairs if pair.link and not _live_copy(pair)]
    on_the_way = _on_the_way(without_copy)
    pulled = _pulled_years() if without_copy else set()
    links, opened, followed, settled = [], [], [], []
    _show_again(pairs)
    for pair in pairs:
        verdict = _verdict(pair, context, on_the_way, pulled)
        if verdict is None:
            continue
        if pair.link and pair.copy and _was_compared(pair, context) and _move_agreed(pair.link, pair.copy, verdict):
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
        picture = _picture(pair, verdict)
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
        [_told(audit.Verb.DISCREPANCY_OPENED, item) for item in opened]
        + [_told(audit.Verb.DISCREPANCY_SETTLED, item) for item in settled],
    )
    return links


def _show_again(pairs: Iterable[Pair]) -> None:
    """PASI shows these records again: their copies are live."""
    again = [pair.link for pair in pairs if pair.link and pair.link.hidden_at is not None and _live_copy(pair)]
    for link in again:
        link.hidden_at = None
    if again:
        Link.objects.filter(pk__in=[link.pk for link in again]).update(hidden_at=None)


def _told(action: audit.Verb, item: Discrepancy) -> audit.Entry:
    changes = {row["name"]: [row["sis"], row["pasi"]] for row in item.fields}
    return audit.Entry(action, "discrepancy", str(item.pk), item.school_code, changes, item.kind)


def _live_copy(pair: Pair) -> bool:
    return pair.copy is not None and pair.copy.vanished_at is None


def _takes_part(enrolment: SchoolEnrolment, context: Context) -> bool:
    return enrolment.school_year in context.years and enrolment.school.enrolment_sync == State.ACTIVE


def _was_compared(pair: Pair, context: Context) -> bool:
    """Both sides were laid side by side. Else nothing can be said to be agreed, and the next comparison must still see it."""
    enrolment = pair.enrolment
    return enrolment is not None and _live_copy(pair) and _takes_part(enrolment, context)


def _verdict(pair: Pair, context: Context, on_the_way: set[int], pulled: set[int]) -> rules.Verdict | None:
    """None: cannot be compared now, leave everything as it is."""
    enrolment, copy, link = pair.enrolment, pair.copy, pair.link
    if enrolment is None:
        if (
            copy is None
            or not _live_copy(pair)
            or copy.deleted
            or not context.takes_part(copy.school_code, copy.school_year)
        ):
            return rules.Verdict()
        return rules.Verdict(rules.CREATED_IN_PASI)
    if not _takes_part(enrolment, context):
        return rules.Verdict()
    if not _live_copy(pair) and link is not None and link.hidden_at is not None:
        return rules.Verdict() if enrolment.deleted else rules.not_shown(enrolment.school.code)
    if not _live_copy(pair):
        here_only = not enrolment.deleted and enrolment.pk not in on_the_way and enrolment.school_year.ending in pulled
        return rules.Verdict(rules.MISSING_IN_PASI if here_only else "")
    assert copy is not None and link is not None
    if copy.core_version < link.accepted_version:
        return None  # an older picture than the one we know PASI to hold
    theirs = values.theirs(copy)
    if "deleted" not in theirs:
        return None  # whether PASI's record lives is not read yet
    return rules.compare(
        values.ours(enrolment, link),
        theirs,
        values.typed(link.agreed),
        values.typed(link.kept),
        values.identity(enrolment, copy),
    )


def _on_the_way(enrolment_ids: list[int]) -> set[int]:
    if not enrolment_ids:
        return set()
    live = Submission.objects.filter(
        subject_type=SCHOOL_ENROLMENT, subject_id__in=enrolment_ids, status__in=LIVE
    ).values_list("subject_id", flat=True)
    events = DataEvent.objects.filter(
        subject_type=SCHOOL_ENROLMENT, subject_id__in=enrolment_ids, collected_at=None, origin=Origin.SIS
    ).values_list("subject_id", flat=True)
    return set(live) | set(events)


def _pulled_years() -> set[int]:
    """Ending years whose full set has been stored once: only then does "not there" mean missing."""
    names = (
        SyncCursor.objects.filter(notification_type__startswith="StudentSchoolEnrolment.")
        .exclude(complete_at=None)
        .values_list("notification_type", flat=True)
    )
    return {int(name.rpartition(".")[2]) for name in names}


def _move_agreed(link: Link, copy: EnrolmentCopy, verdict: rules.Verdict) -> bool:
    """Where both sides are equal, that is agreed. True when the link changed."""
    differing = {row.name: row for row in verdict.fields}
    present = values.plain(values.theirs(copy))
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
            else name not in PARTS and (verdict.identity or name not in present)
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
    """Of some fields PASI's value was accepted, of others ours was kept: neither word alone tells how the item ended."""
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


def _picture(pair: Pair, verdict: rules.Verdict) -> dict[str, Any]:
    """Everything that an open item shows."""
    enrolment, copy = pair.enrolment, pair.copy
    if verdict.kind in (rules.CREATED_IN_PASI, rules.MISSING_IN_PASI):
        one = values.theirs(copy) if copy and not enrolment else values.ours(enrolment, pair.link)  # type: ignore[arg-type]
        side, other = ("sis", "pasi") if enrolment else ("pasi", "sis")
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
    seen = copy if hidden_at is None else None  # who changed it last, and when, PASI tells of what it shows
    who = ", ".join(part for part in (seen.updated_by, seen.updated_by_organization) if part) if seen else ""
    return {
        "kind": kind,
        "entity": SCHOOL_ENROLMENT,
        "subject_id": enrolment.pk if enrolment else None,
        "school_code": enrolment.school.code if enrolment else copy.school_code,  # type: ignore[union-attr]
        "school_year": enrolment.school_year if enrolment else copy.school_year,  # type: ignore[union-attr]
        "asn": (enrolment.student.asn if enrolment else copy.asn) or "",  # type: ignore[union-attr]
        "fields": fields,
        "undecided": undecided,
        "core_version": core_version,
        "version": opaque(enrolment.revision if enrolment else 0, core_version),
        "changed_by": who,
        "alike": likeness(kind, who, fields),
        "changed_at": seen.effective_at if seen else hidden_at,
    }
