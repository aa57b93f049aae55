"""The synchronization's reads. Each takes the person who asks, or serves the health check."""

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, Min, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from operations import clock, keyset, rights
from operations import selectors as operations_selectors
from operations.models import Job, User
from pasi_connect.entities import Entity, written
from pasi_connect.models import (
    Action,
    ActionRecord,
    Decision,
    Discrepancy,
    Exchange,
    Failure,
    Submission,
    SyncCursor,
    SyncSettings,
)
from pasi_connect.models.discrepancy import FIRST, WAITS, Kind
from pasi_connect.models.exchange import Exchanges
from pasi_connect.models.submission import FLYING, QUEUED, STUCK, Status
from pasi_connect.rules import alike as rules
from pasi_connect.rules import elsewhere
from pasi_connect.rules.pasi import Expected
from pasi_connect.services.compare import failures as failing
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import pulling
from sis import selectors as sis_selectors
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.services import events

V = TypeVar("V")
M = TypeVar("M", bound=Model)


def at(codes: Collection[str], kind: str = "entity", subject: str = "subject_id", school: str = "school_code") -> Q:
    """Of rows of the engine, with the names of their columns: what stands at one of these schools.

    A record that stands at several schools of ours is asked for its schools, whatever code the row has.
    """
    several = sorted(_at_several())
    here = Q(**{f"{school}__in": list(codes)}) & ~Q(**{f"{kind}__in": several})
    for name in several if codes else ():
        statement = RawSQL(*_records_at(name, tuple(codes), clock.today()))  # noqa: S611 # nosec B611
        here |= Q(**{kind: name, f"{subject}__in": statement})
    return here


@functools.lru_cache(maxsize=256)
def _records_at(kind: str, codes: tuple[str, ...], _day: dt.date) -> tuple[str, tuple[Any, ...]]:
    """The statement for the ids of these records: every list asks for it, and to make it anew took half of Home's time."""
    entity = next(entity for entity in written() if entity.kind == kind)
    assert entity.sis is not None and entity.sis.at is not None
    return entity.sis.at(codes).order_by().query.sql_with_params()


def _at_several() -> set[str]:
    """Kinds of which a record stands at several schools."""
    return {entity.kind for entity in written() if entity.sis and entity.sis.at}


def _scoped(queryset: QuerySet[M], user: User, **columns: str) -> QuerySet[M]:
    codes = sis_selectors.school_codes(user)
    return queryset if codes is None else queryset.filter(at(codes, **columns))


def submissions(user: User) -> QuerySet[Submission]:
    return _scoped(Submission.objects.all(), user)


def discrepancies(user: User) -> QuerySet[Discrepancy]:
    return _scoped(Discrepancy.objects.select_related("school_enrolment__student", "school_enrolment__school"), user)


def stuck(user: User) -> QuerySet[Submission]:
    """Submissions that need a person, or wait for a cause to go; not those whose record waits as a change already.

    That is a change to decide, or one whose reset PASI has refused: its own submission is the same problem.
    """
    items = Discrepancy.objects.filter(key=OuterRef("key"), status=Discrepancy.Status.OPEN)
    as_change = Q(Exists(items.filter(undecided__gt=0))) | Q(Exists(items), status__in=STUCK)
    return submissions(user).filter(~as_change, status__in=(*STUCK, Status.HELD))


@dataclass(frozen=True)
class Alike:
    """Changes that are alike: how many wait, and the first of them, which shows what they are."""

    key: str
    count: int
    first: Discrepancy


def alike(user: User, most: int) -> list[Alike]:
    """The largest groups of alike changes that wait for the person. Two queries; looks at no more than lists count."""
    waiting = discrepancies(user).select_related(None).filter(WAITS)
    looked_at = Discrepancy.objects.filter(pk__in=waiting.order_by("id").values("pk")[: keyset.MOST_COUNTED])
    groups = looked_at.order_by().values("alike").annotate(n=Count("pk"), first=Min("pk"))
    largest = list(groups.filter(n__gte=rules.FROM).exclude(alike="").order_by("-n", "first")[:most])
    firsts = Discrepancy.objects.in_bulk([row["first"] for row in largest])
    return [Alike(row["alike"], row["n"], firsts[row["first"]]) for row in largest if row["first"] in firsts]


@dataclass(frozen=True)
class FirstCompared:
    """A field of a kind of record among first comparisons: how many records differ in it, of how many one side has nothing, and the
    first of them."""

    entity: Entity
    field: str
    count: int
    sis_empty: int
    pasi_empty: int
    first: Discrepancy

    @property
    def both(self) -> int:
        """Both sides have a value."""
        return self.count - self.sis_empty - self.pasi_empty


# What stands in the list of an item's fields, in the words of each database; "" and nothing are the same to people.
_EACH_FIELD = {
    "postgresql": ("CROSS JOIN LATERAL jsonb_array_elements(d.fields) part", "part ->> '{}'"),
    "sqlite": ("JOIN json_each(d.fields) part", "json_extract(part.value, '$.{}')"),
}


def first_comparisons(items: QuerySet[Discrepancy]) -> list[FirstCompared]:
    """The fields in which these items differ that were never compared before, by kind of record. Two queries."""
    chosen = items.filter(FIRST).select_related(None).order_by().values("pk")
    try:
        within, values = chosen.query.sql_with_params()
    except EmptyResultSet:  # a filter that finds nothing by itself
        return []
    join, read = _EACH_FIELD[connection.vendor]
    name, ours, theirs, state = (read.format(part) for part in ("name", "sis", "pasi", "state"))
    # Names and operators stand in the text, values beside it.
    statement = (
        f"SELECT d.entity, {name}, count(*), "  # noqa: S608
        f"sum(CASE WHEN coalesce({ours}, '') = '' THEN 1 ELSE 0 END), "
        f"sum(CASE WHEN coalesce({theirs}, '') = '' THEN 1 ELSE 0 END), min(d.id) "
        f"FROM {Discrepancy._meta.db_table} d {join} "
        f"WHERE d.id IN ({within}) AND {state} = %s GROUP BY d.entity, {name} ORDER BY d.entity, count(*) DESC, {name}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, str(Kind.NEVER_AGREED)])
        rows = cursor.fetchall()
    firsts = Discrepancy.objects.in_bulk([row[-1] for row in rows])
    kinds = {entity.kind: entity for entity in written()}
    return [
        FirstCompared(kinds[kind], field, count, sis_empty, pasi_empty, firsts[first])
        for kind, field, count, sis_empty, pasi_empty, first in rows
        if kind in kinds
    ]


def alike_in_jobs(user: User) -> dict[str, Job]:
    """By key of a group the job that is to decide it and waits for approval, of those that the person may see."""
    waiting = Action.objects.filter(kind=Action.Kind.BULK_DECISION, job__status=Job.Status.WAITING_APPROVAL)
    mine = waiting.filter(job__in=operations_selectors.jobs(user)).select_related("job")
    by_group = {each.inputs.get("filter", {}).get("alike"): each.job for each in mine}
    return {key: job for key, job in by_group.items() if key and job}


def refused() -> Q:
    """Of discrepancies: decided to keep the SIS, and PASI did not take it. A person is needed again.

    Only while nothing newer of the record is on its way: a new decision or edit ends it at once, before it is sent.
    """
    mine = Submission.objects.filter(entity=OuterRef("entity"), key=OuterRef("key"))
    coming = DataEvent.objects.filter(
        entity=OuterRef("entity"),
        subject_id=OuterRef("subject_id"),
        collected_at=None,
        origin=Origin.SIS,
    )
    stands = Exists(mine.filter(status__in=STUCK)) & ~Exists(mine.filter(status__in=(*QUEUED, *FLYING)))
    return Q(status=Discrepancy.Status.OPEN, undecided=0) & Q(stands) & ~Q(Exists(coming))


def decisions(user: User) -> QuerySet[Decision]:
    item = {"kind": "discrepancy__entity", "subject": "discrepancy__subject_id", "school": "discrepancy__school_code"}
    return _scoped(Decision.objects.select_related("discrepancy"), user, **item)


def actions(user: User) -> QuerySet[Action]:
    """Actions done at the person's schools or with a record there; those that have touched nothing yet for their author."""
    return Sight(user).actions()


def action_records(user: User) -> QuerySet[ActionRecord]:
    """What actions did to records of the person's schools."""
    return Sight(user).records()


def touched(*actions: Action) -> dict[int, set[str]]:
    """Codes of the schools at which each action has written, by id; of a record that a decision has moved, the one before and
    after. Two queries however many there are."""
    codes: dict[int, set[str]] = {action.pk: set() for action in actions}
    records = ActionRecord.objects.filter(action__in=codes).order_by()
    for pk, code in records.values_list("action_id", "school_code").distinct():
        codes[pk].add(code)
    moving = records.filter(decision__discrepancy__kind=Kind.IDENTITY_CHANGED_IN_PASI)
    for record in moving.select_related("decision__discrepancy"):
        codes[record.action_id] |= touched_by(record.decision)  # type: ignore[arg-type]
    return codes


def touched_by(decision: Decision) -> set[str]:
    """The same of one decision; of a record that stands at several schools, where it was made."""
    item = decision.discrepancy
    if item.entity in _at_several():
        places = set(decision.action_records.values_list("school_code", flat=True))
        return places or {item.school_code}
    codes = {item.school_code}
    if decision.before and "school" in decision.before:  # it has moved the SIS record to where PASI has it
        codes |= {str(decision.before["school"])}
        codes |= {str(part["pasi"]) for part in decision.picture if part["name"] == "school"}
    return codes


class Sight:
    """What one person may be shown of other schools. Made once for a page or an answer; see docs/notes/0014.

    Guided actions may write at another school of the authority; of such a record the person sees school, dates and type.
    """

    def __init__(self, user: User) -> None:
        self.user = user
        self.codes = sis_selectors.school_codes(user)

    def school(self, code: str) -> bool:
        """Records of this school are the person's to read."""
        return self.codes is None or code in self.codes

    def fields(self, code: str, values: Mapping[str, V]) -> dict[str, V]:
        """The fields of a record at the school that the person may read."""
        return (
            dict(values) if self.school(code) else {name: values[name] for name in values if name in elsewhere.FIELDS}
        )

    def expected(self, code: str, expectations: Iterable[Expected]) -> list[Expected]:
        """What PASI will say about another school's record, without fields that the person may not read."""
        return [one for one in expectations if self.school(code) or one.code in elsewhere.CODES]

    def reason(self, decision: Decision) -> str:
        """The reason for a decision: for a record of several schools, that of the school that decided for all."""
        elsewhere_too = decision.discrepancy.entity in _at_several()
        return decision.reason if not elsewhere_too or all(map(self.school, touched_by(decision))) else ""

    def actions(self) -> QuerySet[Action]:
        """As `selectors.actions`; each knows whether it has touched another school (`touches_others`)."""
        entries = Action.objects.select_related("job")
        if self.codes is None:
            return entries
        records = ActionRecord.objects.filter(action=OuterRef("pk"))
        there = Q(school_code__in=self.codes) | Exists(records.filter(school_code__in=self.codes))
        others = Exists(records.exclude(school_code__in=self.codes))
        return entries.filter(there | Q(~Exists(records), user=self.user)).annotate(touches_others=others)

    def records(self) -> QuerySet[ActionRecord]:
        records = ActionRecord.objects.all()
        return records if self.codes is None else records.filter(school_code__in=self.codes)

    def sees(self, action: Action) -> bool:
        """The action is on the person's list."""
        return self.actions().filter(pk=action.pk).exists()

    def words(self, action: Action) -> bool:
        """The action was done at one of the person's schools: why, what was entered and why it stopped are theirs to read."""
        if self.codes is None:
            return True
        if action.school_code:
            return action.school_code in self.codes
        if hasattr(action, "touches_others"):
            return not action.touches_others
        return touched(action)[action.pk] <= set(self.codes)


def exchanges(user: User) -> Exchanges:
    """Calls for records of the person's schools; the calls of internal processes for those who set the product up."""
    calls = Exchange.objects.defer("request_body", "answer_body")
    if sis_selectors.sees_all(user):
        return calls
    return calls.filter(school_code__in=sis_selectors.school_codes(user) or [])


def failures(user: User) -> QuerySet[Failure]:
    """Records set aside at the person's schools; those of no or an unknown school for people who see all schools."""
    return sis_selectors.scoped(failing.set_aside(), user)


def of_action(enrolments: QuerySet[SchoolEnrolment], action_id: int) -> QuerySet[SchoolEnrolment]:
    """Those of these records that belong to one action, such as those closed by a year end."""
    records = ActionRecord.objects.filter(action_id=action_id, entity=events.SCHOOL_ENROLMENT)
    return enrolments.filter(pk__in=records.values("subject_id"))


def in_step() -> bool:
    """Every record that takes part is the same here and in PASI; remembered once it was so (first synchronization done)."""
    settings = SyncSettings.load()
    if settings.first_in_step_at:
        return True
    context = Context(settings)
    if not context.years:
        return False
    wanted = {kind.name for kind in pulling.kinds(context)}
    complete = set(SyncCursor.objects.exclude(complete_at=None).values_list("notification_type", flat=True))
    if wanted - complete or Discrepancy.objects.filter(status=Discrepancy.Status.OPEN).exists():
        return False
    if events.uncollected().exists():
        return False
    if any(_some_not_agreed(entity, context) for entity in written()):
        return False
    SyncSettings.objects.filter(pk=1).update(first_in_step_at=clock.now())
    return True


def _some_not_agreed(entity: Entity, context: Context) -> bool:
    """A live record of the kind that takes part and of which PASI does not hold the same."""
    if not context.has_kind(entity):
        return False
    live = entity.taking_part(context.years, context.active_schools(entity))
    if not entity.is_made:  # what PASI does not tell us of is not missed
        live = live.filter(pk__in=entity.links.values("subject_id"))
    present = entity.copies.filter(vanished_at=None).values(entity.copy.key_field)
    agreed = entity.links.filter(agreed__isnull=False, key__in=present)
    return live.exclude(pk__in=agreed.values("subject_id")).exists()


def counts(user: User) -> dict[str, int]:
    """What waits for the person: open changes with a field to decide, and submissions that are stuck or held.

    Neither is counted further than `keyset.MOST_COUNTED` and one.
    """
    open_items = discrepancies(user).select_related(None).filter(WAITS)
    stuck = submissions(user).filter(status__in=["rejected", "needs_review", "dead", "held"])
    return {"changes": keyset.counted(open_items), "stuck": keyset.counted(stuck)}


def decides(user: User) -> bool:
    """May decide on changes from PASI."""
    return rights.can(user, "decide", "change")


def sends(user: User) -> bool:
    """May send again, cancel, or take PASI's values."""
    return rights.can(user, "send", "submission")
