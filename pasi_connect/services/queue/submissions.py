"""The queue of submissions and their states. A state changes only here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction

from operations import clock, previews, statements, wake
from operations.actor import SYNC, Actor
from operations.rules import callers, latin1
from operations.services import audit
from operations.statements import Parameter, Query
from pasi_connect import entities
from pasi_connect.entities import Entity, registry
from pasi_connect.models import Discrepancy, Link, Submission
from pasi_connect.models.submission import QUEUED, STUCK, Status
from pasi_connect.rules import compare, held, sendable
from pasi_connect.services import facts
from pasi_connect.services.compare import failures, values
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import code_lists
from pasi_connect.services.queue import chains
from sis.models import DataEvent
from sis.services import events as data_events

SEND = registry.SEND
COURSE_MARKS = "course_marks_integration"  # one of a school's two switches


def link_of(record: Any) -> Link:
    """The link of a SIS record, made with a key of our own when there is none: stored before anything is sent."""
    entity = entities.of(record)
    link, _created = Link.objects.get_or_create(
        entity=entity.kind, subject_id=record.pk, defaults={"key": entity.new_key(record)}
    )
    link.record = record
    return link


def new_link(kind: str, subject_id: int) -> Link:
    return link_of(entities.by_kind(kind).records.get(pk=subject_id))


def link_to(item: Discrepancy) -> Link | None:
    """The link of an item's record, with its SIS record."""
    return entities.by_kind(item.entity).links_along.filter(key=item.key).first()


def copy_of(link: Link) -> Any:
    """The local copy with its document, or None."""
    model = entities.by_kind(link.entity).copy
    return model._default_manager.filter(**{model.key_field: link.key}, vanished_at=None).first()


def verdict_of(record: Any, link: Link, copy: Any) -> compare.Verdict | None:
    """None when PASI has no such record."""
    if copy is None:
        entity = entities.of(record)
        hidden = link.hidden_at and entity.is_made and not entity.is_deleted(record)
        return compare.not_shown(entity.school_code(record)) if hidden else None
    return compare.compare(
        values.ours(record, link), values.theirs(copy), *values.before(link), values.identity(record, copy)
    )


@dataclass(frozen=True)
class Sides:
    """Both sides of a record and what their difference is; `verdict` is None when PASI has no such record."""

    ours: dict[str, Any]
    verdict: compare.Verdict | None
    version: int = 0  # PASI's, as the local copy has it; 0 when PASI has no such record
    unmatched: bool = False  # as the link says, while PASI has no record of its key
    names: tuple[
        str, ...
    ] = ()  # what goes out of ours, parts of the identity among them; nothing where nothing would be sent
    going: dict[str, Any] = field(default_factory=dict)  # every compared field as it would go out

    @classmethod
    def of(cls, record: Any, link: Link, copy: Any, part: str = "") -> "Sides":
        """`part`: of a kind that is sent in parts, what of the difference that part carries."""
        ours, verdict, entity = values.ours(record, link), verdict_of(record, link, copy), entities.of(record)
        if copy is None or verdict is None:
            return cls(ours, verdict, 0, names=tuple(ours), going=ours, unmatched=link.unmatched and copy is None)
        theirs = values.theirs(copy)
        names = compare.to_send(verdict, ours, theirs, *values.before(link))
        if part:
            mine = entity.fields_of(part)
            verdict, names = compare.within(verdict, mine), tuple(name for name in names if name in mine)
        held = {**entity.empty, **theirs}
        going = sendable.overlaid(held, ours, names)
        return cls(ours, verdict, copy.core_version, names=names, going=going)


STATE = (
    "status", "reason", "detail", "changed_at", "lease_until", "lease_holder", "finished_at", "actor_name", "actor_local_id",
)  # fmt: skip


def move(
    submission: Submission, status: str, actor: Actor = SYNC, *, reason: str = "", detail: str = "", **more: Any
) -> Submission:
    """Moves it to another state, with an audit entry; `more`: other fields. The caller's transaction holds the row."""
    before = submission.status
    submission.status, submission.reason, submission.detail, submission.changed_at = status, reason, detail, clock.now()
    for name, value in more.items():
        setattr(submission, name, value)
    if status not in (Status.IN_FLIGHT, Status.CHECKING):
        submission.lease_until, submission.lease_holder = None, ""
    if status in (Status.ACCEPTED, Status.NO_CHANGE, Status.CANCELLED):
        submission.finished_at = clock.now()
    statements.update(submission, tuple(dict.fromkeys((*STATE, *more))))
    if status != before:
        audit.record(actor, step(submission, before))
    if status in STUCK:
        supersede_stuck(submission)  # the newest one speaks for the record
    if status in STUCK or submission.finished_at:
        transaction.on_commit(partial(_next_of_chain, submission.lane), robust=True)
    return submission


def _next_of_chain(lane: str) -> None:
    """Of the same student, what waits for a submission of the same action may go now, or hears that it has stopped."""
    if _after.first(lane=lane) is not None:
        release_held(lane=lane, reason="after")


def back_to_queue(submission: Submission, **more: Any) -> None:
    """What was on its way and is not in PASI waits again; `more` as for `move`.

    It keeps its place. Only one of a record may be queued: where a later change waits already, that one carries everything
    (what is sent is computed from the state then) at this one's place, and this one ends as superseded.
    """
    later = (
        Submission.objects.select_for_update()
        .filter(
            entity=submission.entity,
            subject_id=submission.subject_id,
            part=submission.part,
            status__in=QUEUED,
        )
        .exclude(pk=submission.pk)
        .first()
    )
    if later is None:
        move(submission, Status.WAITING, **more)
        return
    later.fields = sorted({*submission.fields, *later.fields})
    later.seen_version = min(submission.seen_version, later.seen_version)
    later.place = min(submission.place, later.place)
    later.bulk = later.bulk and submission.bulk
    later.attempts = max(more.get("attempts", submission.attempts), later.attempts)
    later.next_attempt_at = more["next_attempt_at"]
    later.save(update_fields=["fields", "seen_version", "place", "bulk", "attempts", "next_attempt_at"])
    move(submission, Status.CANCELLED, reason="superseded")


def end_of_the_line() -> int:
    """The place of something a person sends again now: behind every existing change."""
    return DataEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def step(submission: Submission, before: str) -> audit.Entry:
    """What the audit tells of it; `before` is "" for a new one."""
    changes = {"status": [before or None, submission.status]}
    return audit.Entry(
        audit.Verb.SUBMISSION, "submission", str(submission.pk), submission.school_code, changes, submission.reason
    )


def situation(
    submission: Submission,
    context: Context,
    record: Any,
    sides: Sides,
    after: str = "",
    record_facts: facts.Facts | None = None,
) -> held.Situation:
    """`record_facts`: what PASI knows of the record, where that has been read already."""
    entity, verdict = entities.of(record), sides.verdict
    assert entity.sis is not None
    year = entity.year_of(record)
    return held.Situation(
        sync_on=context.settings.regular_synchronization,
        kind_on=context.has_kind(entity),
        not_told=bool(entity.parts) and verdict is None,
        school_active=context.is_active(entity, record),
        course_marks=entity.sis.switch == COURSE_MARKS,
        year_ahead=year is not None and year > context.last_possible,
        year_synchronized=year is None or year in context.years,
        year_accepted=year is None or context.year_accepted(year),
        has_asn=entity.asn_of(record) != "",
        undecided=bool(verdict and verdict.undecided and not verdict.to_send),
        unmatched=sides.unmatched,
        identity_changed=bool(verdict and verdict.kind == compare.IDENTITY_CHANGED),
        values=_values_refused(entity, sides, year, submission.part),
        person_outside=not (latin1.fits(submission.actor_name) and latin1.fits(submission.actor_local_id)),
        after=after,
        years_known=bool(context.years),
        year_closed=year is not None and context.year_closed(year),
        read_live=submission.live_version == sides.version,
        refused=(record_facts or facts.of(record)).refused(record, sides.ours),
    )


def _values_refused(entity: Entity, sides: Sides, year: Any, part: str) -> sendable.Refused:
    if not sides.names or (sides.verdict is None and sides.ours.get("deleted")):
        return sendable.NOTHING  # nothing would be sent
    undecided = sides.verdict.undecided if sides.verdict else ()
    mine = entity.fields_of(part)
    fields = [field for field in entity.compared_fields if field.name in mine]
    unknown = code_lists.unknown(sendable.codes_in(fields, sides.going))
    broken = entity.broken(sides.going, year) if entity.broken else []
    broken = [one for one in broken if one.field in mine]
    return sendable.refused(fields, sides.going, unknown, broken, undecided)


def hold_or_release(
    submission: Submission,
    context: Context,
    record: Any,
    link: Link,
    sides: Sides | None = None,
    claimed: bool = False,
) -> bool:
    """Sets a queued submission to `held` with its reason, or to `waiting`. True when it may be sent.

    `record`: the SIS record with what its kind reads along; `sides` where they are known already. Whether another submission of
    the same action goes first is asked until it is let go, and never again after that.
    """
    after = "" if claimed else chains.place(link.entity, record.pk)
    sides = sides or Sides.of(record, link, copy_of(link), submission.part)
    return hold(submission, why_held(submission, context, record, sides, after))


def why_held(
    submission: Submission,
    context: Context,
    record: Any,
    sides: Sides,
    after: str,
    record_facts: facts.Facts | None = None,
) -> tuple[str, str] | None:
    """Reason and detail; None when it may be sent."""
    if submission.user is not None:  # the spelling may have been agreed in the profile since
        submission.actor_name = callers.renamed(submission.actor_name, submission.user.name_for_others)
    if submission.user is not None and not latin1.fits(submission.actor_local_id):
        submission.actor_local_id = submission.user.local_id or submission.user.get_username()
    picture = situation(submission, context, record, sides, after, record_facts)
    reason = held.reason_of(picture)
    if reason is None:
        return None
    details = {
        "text_outside": picture.values.texts,
        "code_unknown": picture.values.unknown,
        "value_refused": picture.values.broken,
        "undecided_refused": picture.values.undecided,
        "after": picture.after,
    }
    return reason.code, details.get(reason.code, "")


def forecast(link: Link | None, who: Actor, part: str = "") -> Submission:
    """What a change of the record that `who` has just made will be when it is taken up: held with its reason, or waiting.

    `part`: of a kind that is sent in parts, the one that changed. Not saved. For the message right after a decision, which comes before the submission does.
    """
    submission = Submission(
        user_id=who.user_id, actor_name=who.name, actor_local_id=who.local_id, status=Status.WAITING
    )
    if link is not None:
        submission.key, submission.entity, submission.part = link.key, link.entity, part
        sides = Sides.of(link.record, link, copy_of(link), part)
        reason = why_held(submission, Context(), link.record, sides, chains.place(link.entity, link.subject_id))
        if reason is not None:
            submission.status, (submission.reason, submission.detail) = Status.HELD, reason
    return submission


def forecast_of(record: Any, who: Actor, fields: Iterable[str] = ()) -> Submission:
    """The same of a SIS record, of the parts that carry these `fields` the first that is held. Leaves neither link nor place in a
    chain."""
    entity = entities.of(record)
    entity.read_schools([record])
    with previews.taken_back():
        link = link_of(record)
        coming = [forecast(link, who, part) for part in entity.by_part(fields)]
    return next((one for one in coming if one.status == Status.HELD), coming[0])


def hold(submission: Submission, reason: tuple[str, str] | None) -> bool:
    """`reason` as `why_held` gives it. True when it may be sent."""
    if reason is None:
        if submission.status == Status.HELD or submission.reason:
            move(submission, Status.WAITING, next_attempt_at=clock.now())
        return True
    if submission.status != Status.HELD or (submission.reason, submission.detail) != reason:
        move(submission, Status.HELD, reason=reason[0], detail=reason[1])
    return False


def release_held(*, hurried: bool = False, **which: Any) -> int:
    """Looks again at every held submission; those whose cause is gone go out. Gives the number released.

    Those that wait for a match are looked at only where `which` names them: `matching` knows when there is one.
    Many that are released together are a bulk; `hurried`: something waits behind them that goes before bulks.
    """
    context = Context()
    released, after = 0, 0
    rows = Submission.objects.filter(status=Status.HELD, **which)
    if not which:
        rows = rows.exclude(reason=held.UNMATCHED)
    while batch := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:500]):
        after = batch[-1]
        for pk in batch:
            released += _released(pk, context, hurried, released >= data_events.FEW)
    return released


@transaction.atomic
def let_go(entity: Entity, subject_ids: list[int]) -> None:
    """What was held for want of a match waits from now on; whoever claims it asks for every other reason. As a set, however many."""
    rows = list(
        Submission.objects.select_for_update(of=("self",))
        .filter(entity=entity.kind, subject_id__in=subject_ids, status=Status.HELD, reason=held.UNMATCHED)
        .defer("sent_document")
        .order_by("pk")
    )
    now = clock.now()
    for row in rows:
        row.status, row.reason, row.detail, row.changed_at, row.next_attempt_at = Status.WAITING, "", "", now, now
    statements.update_all(rows, ("status", "reason", "detail", "changed_at", "next_attempt_at"))
    audit.record_all(SYNC, [step(row, Status.HELD) for row in rows])
    if rows:
        wake.look_after_commit(SEND)


def _released(pk: int, context: Context, hurried: bool, many: bool) -> bool:
    try:
        return _release(pk, context, hurried, many)
    except Exception as error:  # noqa: BLE001 - counted, or raised on
        failures.of_submission(Submission(pk=pk), error, move)
        return False


@transaction.atomic
def _release(pk: int, context: Context, hurried: bool, many: bool) -> bool:
    rows = Submission.objects.select_for_update(of=("self",)).select_related("user")
    submission = rows.filter(pk=pk, status=Status.HELD).first()
    if submission is None:
        return False
    record = entities.by_kind(submission.entity).records.get(pk=submission.subject_id)
    if not hold_or_release(submission, context, record, link_of(record)):
        return False
    if hurried or many:
        hurry = Submission.objects.filter(lane=submission.lane, status=Status.WAITING, bulk=False)
        submission.bulk = not hurried and not hurry.exclude(pk=pk).exists()
        submission.save(update_fields=["bulk"])
    wake.look_after_commit(SEND)
    return True


def supersede_stuck(submission: Submission) -> None:
    """A later submission of the record, accepted or stuck itself, answers the older ones that a person was asked to look at."""
    for stuck in _stuck.rows(entity=submission.entity, subject_id=submission.subject_id):
        if stuck.pk != submission.pk and stuck.part == submission.part:
            move(stuck, Status.CANCELLED, reason="superseded")


_field: Callable[[str], Any] = Submission._meta.get_field
_after = Query(
    lambda: Submission.objects.filter(lane=Parameter("lane", _field("lane")), status=Status.HELD, reason="after").only(
        "pk"
    )[:1]
)
_stuck = Query(
    lambda: (
        Submission.objects.select_for_update()
        .filter(
            entity=Parameter("entity", _field("entity")),
            subject_id=Parameter("subject_id", _field("subject_id")),
            status__in=STUCK,
        )
        .defer("sent_document")
        .order_by("id")
    )
)
