"""Claiming a submission to send: its row, the message for the current state, the exchange, in one transaction.

The row is the claim. Rows that another sender is just taking are passed over, not waited for (ten senders were as slow as one);
the index of one flying submission a lane decides where two would still meet.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, When

from operations import clock, liveness
from operations.actor import Actor
from operations.statements import Parameter, Query
from pasi_connect import entities
from pasi_connect.entities import Entity, mapping
from pasi_connect.entities.definition import Message
from pasi_connect.models import Exchange, ExchangePart, Link, LinkState, Submission, SyncSettings
from pasi_connect.models.present import Present
from pasi_connect.models.submission import FLYING, Status
from pasi_connect.rules import compare, faults, versions
from pasi_connect.services import starting
from pasi_connect.services.compare import failures
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import copies
from pasi_connect.services.queue import lease, submissions
from pasi_connect.services.queue.version_check import our_steps
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Purpose


@dataclass(frozen=True)
class Leg:
    """A claimed submission with what is sent of it; `size` in bytes. `part`: the call that sends a part of the record alone."""

    submission: Submission
    document: dict[str, Any]
    organization: str
    size: int
    part: Message | None = None


@dataclass(frozen=True)
class Flight:
    """Claimed submissions with their message: the exchange's row is there, the call is still to be made.

    Several only of a kind of which PASI takes several in a call; each gets an outcome of its own.
    """

    legs: tuple[Leg, ...]
    message: gateway.Call

    @property
    def submissions(self) -> list[Submission]:
        return [leg.submission for leg in self.legs]


def reachable(link: LinkState) -> bool:
    """False while PASI is away or refuses our connection: then only the probe calls."""
    return link.state in (LinkState.State.UP, LinkState.State.UNKNOWN)


def may_call() -> bool:
    return reachable(LinkState.load()) and starting.begins_at(SyncSettings.load()) is None


WAIT_MOST = clock.dt.timedelta(seconds=5)  # beyond the longest back-off


def due(now: Any = None, far: Any = None) -> QuerySet[Submission]:
    """Waiting submissions whose time has come and before which nothing of the same lane waits or flies.

    What people did to single records comes first, then the bulks; each in the order of the changes. `far`: a time further ahead
    than anything waits; what was to wait until then has been written by a clock that was set back since.
    """
    # Who leads the lane is asked row by row, by the index of the lanes. NOT EXISTS would say the same, but PostgreSQL makes a
    # join of it, and with statistics from before a bulk job that took 650 ms among 2,000 waiting rows.
    live = Submission.objects.filter(lane=OuterRef("lane"), status__in=(Status.WAITING, *FLYING))
    leader = live.order_by(Case(When(status=Status.WAITING, then=1), default=0), "place", "id").values("pk")[:1]
    now = now or clock.now()
    come = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=far or _far(now))
    return Submission.objects.filter(come, status=Status.WAITING, pk=Subquery(leader)).order_by("bulk", "place", "id")


def _far(now: clock.dt.datetime) -> clock.dt.datetime:
    return now + clock.dt.timedelta(seconds=settings.BACK_OFF_MAX_SECONDS) + WAIT_MOST


def orphans() -> QuerySet[Submission]:
    """On their way, and in nobody's hands: what became of them is to be found out."""
    come = clock.reached("next_attempt_at", _far(clock.now()) - clock.now())
    return Submission.objects.filter(come, status__in=FLYING, lease_holder="").order_by("id")


_watch: liveness.Watch[int] = liveness.Watch()


def free_the_dead() -> int:
    """Takes submissions out of the hands of senders that show no sign of life; gives their number.

    For a process that calls it often: whether a sender lives is seen by whether it renews its lease.
    """
    held = Submission.objects.filter(status__in=FLYING).exclude(lease_holder="")
    signs = {pk: (fence, until) for pk, fence, until in held.values_list("pk", "fence", "lease_until")}
    return sum(_free(pk, *signs[pk]) for pk in _watch.silent(signs, settings.LEASE_SECONDS))


@transaction.atomic
def _free(pk: int, fence: int, until: Any) -> bool:
    """Only if it has shown none since: the fence makes whatever the sender still brings late and void."""
    freed = Submission.objects.filter(pk=pk, fence=fence, lease_until=until, status__in=FLYING).update(
        fence=F("fence") + 1, lease_until=None, lease_holder="", next_attempt_at=clock.now()
    )
    if freed:
        Exchange.objects.carrying(pk).filter(outcome="").update(
            outcome=faults.UNKNOWN, detail="The process ended before the answer was recorded."
        )
        submissions.move(Submission.objects.get(pk=pk), Status.CHECKING, reason="outcome_unknown")
    return bool(freed)


READ = tuple(field.name for field in Submission._meta.concrete_fields if field.name != "sent_document")


def _unlocked(ready: QuerySet[Submission], most: int = 1) -> QuerySet[Submission]:
    held = Submission.objects.filter(lane=OuterRef("lane"), status=Status.HELD, place__lt=OuterRef("place"))
    rows = ready.select_for_update(skip_locked=True, of=("self",)).select_related("user")
    return rows.annotate(after_held=Exists(held.order_by())).only(
        *READ, *(f"user__{name}" for name in ("username", "first_name", "last_name", "plain_name"))
    )[:most]


_first = Query(lambda: _unlocked(due(Parameter("now", DateTimeField()), Parameter("far", DateTimeField()))))
_this = Query(
    lambda: _unlocked(
        due(Parameter("now", DateTimeField()), Parameter("far", DateTimeField())).filter(
            pk=Parameter("pk", Submission._meta.pk)
        )
    )
)


@cache
def _record(kind: str) -> Query[Link]:
    subject = Parameter("subject_id", Link._meta.get_field("subject_id"))
    return Query(lambda: entities.by_kind(kind).links_along.filter(subject_id=subject)[:1])


@cache
def _copy(kind: str) -> Query[Any]:
    model = entities.by_kind(kind).copy
    named = {model.key_field: Parameter("key", Link._meta.get_field("key"))}
    return Query(lambda: model._default_manager.filter(**named, vanished_at=None)[:1])


def _in_the_order_of_the_index() -> None:
    """For this transaction. With old statistics PostgreSQL expects one waiting row, and sorts the thousands that there are.

    What sorting is said to cost then must not make it compile the statement first (measured: 300 ms).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off")


class _TakenMeanwhile(Exception):
    pass


class _HeldBefore(Exception):
    """An earlier change of the lane is held: why, must be asked before a later one goes."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission


def claim(pk: int | None = None) -> tuple[Submission, Flight | None] | None:
    """Takes the submission `pk`, or else the first that is due, and prepares its message.

    (submission, None) when it ended or was held instead; None when there is none to be had or PASI is away.
    """
    lanes: set[str] = set()
    while True:
        try:
            return _claim(pk, lanes)
        except _HeldBefore as before:
            later = before.submission
            lanes.add(later.lane)
            submissions.release_held(hurried=not later.bulk, lane=later.lane, place__lt=later.place)


def _claim(pk: int | None, lanes: set[str]) -> tuple[Submission, Flight | None] | None:
    """`lanes`: those whose held changes have just been looked at."""
    submission: Submission | None = None
    try:
        with transaction.atomic():
            present = Present.load()
            if not reachable(present.link) or starting.begins_at(present.sync) is not None:
                return None
            now = clock.now()
            _in_the_order_of_the_index()
            times = {"now": now, "far": _far(now)}
            submission = _first.first(**times) if pk is None else _this.first(**times, pk=pk)
            if submission is None:
                return None
            if submission.after_held and submission.lane not in lanes:  # type: ignore[attr-defined]  # annotated
                raise _HeldBefore(submission)
            leg = _prepare(submission, present)
            if leg is None:
                return submission, None
            legs = (leg, *(_neighbours(leg, present, now) if pk is None else ()))
            return submission, _flight(legs, present)
    except _TakenMeanwhile:
        return None
    except _HeldBefore:
        raise
    except Exception as error:
        if submission is None:
            raise
        failures.of_submission(submission, error, submissions.move)
        return submission, None


# Whatever makes one message of several records: told to PASI by one person, on behalf of one school.
ALIKE = ("entity", "school_code", "bulk", "user_id", "actor_name", "actor_local_id", "actor_ip")
MOST_BYTES = gateway.MOST_REQUEST_BYTES - 6_000  # the envelope
DECLARED = re.compile(rb' xmlns:\w+="[^"]*"')  # at each element of a record by itself, and once a record in a message
DECLARATIONS = 250  # bytes of these


def _neighbours(first: Leg, present: Present, now: Any) -> list[Leg]:
    """What goes along in the call: the next that are due and alike, where PASI takes several of the kind. Each of a lane of its own.

    One that cannot be made ready is counted by itself, and one that another sender has just taken is its.
    """
    submission = first.submission
    entity = entities.by_kind(submission.entity)
    if entity.submit is None or entity.submit.most == 1 or submission.alone:
        return []
    alike = {name: getattr(submission, name) for name in ALIKE}
    year = mapping.part_of(entity, first.document, "school_year")
    ready = due(now).filter(**alike, alone=False).exclude(lane=submission.lane)
    legs: list[Leg] = []
    size = first.size
    for other in _unlocked(ready, entity.submit.most - 1):
        if other.after_held:  # type: ignore[attr-defined]  # annotated
            continue
        try:
            with transaction.atomic():
                leg = _prepare(other, present)
                if leg is None:
                    continue
                size += leg.size
                same = (leg.organization, mapping.part_of(entity, leg.document, "school_year"))
                if same != (first.organization, year) or size > MOST_BYTES:
                    raise _TakenMeanwhile
        except _TakenMeanwhile:
            if size > MOST_BYTES:
                break
            continue
        except Exception as error:  # noqa: BLE001 - counted, or raised on
            failures.of_submission(other, error, submissions.move)
            continue
        legs.append(leg)
    return legs


def _flight(legs: tuple[Leg, ...], present: Present) -> Flight:
    """The message with its exchange row, and a row for each record where it carries several."""
    first = legs[0]
    entity = entities.by_kind(first.submission.entity)
    call = first.part or entity.whole_message([leg.document for leg in legs])
    behalf = replace(purpose(first.submission), organization=first.organization)
    message = gateway.prepare(call.operation, call.request, behalf, present, writes=True)
    if len(legs) > 1:
        ExchangePart.objects.bulk_create(
            ExchangePart(exchange_id=message.exchange_id, submission=one, key=one.key)
            for one in Flight(legs, message).submissions
        )
    return Flight(legs, message)


def _prepare(submission: Submission, present: Present) -> Leg | None:
    """The record as the state demands now, or None after moving the submission where it belongs."""
    kind, subject = submission.entity, submission.subject_id
    entity = entities.by_kind(kind)
    link = _record(kind).first(subject_id=subject) or submissions.new_link(kind, subject)
    record = link.record
    copy = _copy(kind).first(key=link.key)
    held = copy.core_version if copy else 0
    sides = submissions.Sides.of(record, link, copy, submission.part)
    if sides.verdict is not None and sides.verdict.in_step:
        submissions.move(submission, Status.NO_CHANGE, core_version=held)  # whoever wrote it, PASI holds it already
        return None
    if sides.verdict is not None and sides.verdict.kind == compare.IDENTITY_CHANGED:
        # Whatever version the person saw: it was another record.
        submissions.hold_or_release(submission, Context(present.sync), record, link, sides, claimed=True)
        return None
    if copy is None and entity.is_deleted(record) and link.hidden_at is not None:
        submissions.move(submission, Status.NO_CHANGE, reason="not_shown")  # PASI's record is no longer ours to delete
        return None
    if not _may_replace(submission, held) and not _is_no_news(submission, sides):
        submissions.move(submission, Status.NEEDS_REVIEW, reason="changed_in_pasi")
        return None
    if not submissions.hold_or_release(submission, Context(present.sync), record, link, sides, claimed=True):
        return None
    if copy is None:
        if entity.is_deleted(record):
            submissions.move(submission, Status.NO_CHANGE, reason="never_in_pasi")
            return None
        base = mapping.new_document(entity, link.key, mapping.identity(entity, record))
        names: tuple[str, ...] = entity.compared
    else:
        assert sides.verdict is not None
        names = sides.names
        if not names:
            submissions.move(submission, Status.NO_CHANGE, core_version=held)
            return None
        base = copies.to_document(copy.document, entity)
        if sides.verdict.identity:
            base |= mapping.identity(entity, record)
    document = mapping.lay_on(entity, base, sides.ours, (name for name in names if name in sides.ours))
    for stamp in entity.submit.stamps if entity.submit else ():
        document.pop(stamp, None)
    document["PASICoreVersion"] = base["PASICoreVersion"] = held
    part = entity.part_message(submission.part, base, document) if submission.part else None
    return _take(submission, entity, document, names, _organization(entity, record, copy), part)


def _may_replace(submission: Submission, held: int) -> bool:
    version = submission.seen_version
    return version == held or versions.may_replace(version, held, our_steps(submission.entity, submission.key, version))


def _is_no_news(submission: Submission, sides: submissions.Sides) -> bool:
    """Parts share a version: a newer one tells of nothing here where PASI holds of this part what both sides agreed on."""
    return bool(submission.part) and sides.verdict is not None and not sides.verdict.undecided


def _organization(entity: Entity, record: Any, copy: Any) -> str:
    """On whose behalf: the school's. A record that is taken back from another school of ours belongs to both: the authority's."""
    school = entity.school_of(record)
    if copy is not None and entity.school_column and entity.part_in(copy, "school") != school.code:
        return str(school.authority.organization_code)
    return str(school.organization_code)


def _take(
    submission: Submission,
    entity: Entity,
    document: dict[str, Any],
    names: tuple[str, ...],
    organization: str,
    part: Message | None,
) -> Leg:
    xml = copies.to_xml(document, entity)
    try:
        submissions.move(
            submission,
            Status.IN_FLIGHT,
            attempts=submission.attempts + 1,
            fence=submission.fence + 1,
            lease_until=lease.until(),
            lease_holder=lease.holder(),
            base_version=document["PASICoreVersion"],
            item=part.item if part else "",
            sent_fields=list(names),
            sent_document=copies.pack(xml),
        )
    except IntegrityError:
        raise _TakenMeanwhile from None  # another one of the lane flies since this moment
    return Leg(submission, document, organization, len(DECLARED.sub(b"", xml)) + DECLARATIONS, part)


def purpose(submission: Submission, actor: Actor | None = None) -> Purpose:
    user = submission.user
    who = (user.get_username(), user.full_name) if user else ("", "")
    caller = (submission.actor_name, submission.actor_local_id, submission.actor_ip)
    person = actor or Actor(submission.user_id, *caller, *who)
    return Purpose(person, f"S.{submission.school_code}", submission.key, submission.school_code, submission.pk)


def take_over(pk: int) -> Submission | None:
    """A submission whose sender died, now ours to find out about; None when it is in somebody's hands or not on its way."""
    with transaction.atomic():
        taken = (
            orphans().filter(pk=pk).update(fence=F("fence") + 1, lease_until=lease.until(), lease_holder=lease.holder())
        )
        return Submission.objects.get(pk=pk) if taken else None
