"""The same decision on a set of records, in a handful of statements however many there are.

A single decision takes about forty statements. Special cases (a record to be created here, one missing in PASI)
are still decided one by one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock, faults, statements
from operations.actor import Actor
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Decision, Discrepancy, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import FLYING, QUEUED
from pasi_connect.rules.compare import RESET
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.compare.comparing import Pair
from pasi_connect.services.compare.context import Context
from pasi_connect.services.decisions import holding
from pasi_connect.services.decisions.deciding import decide, enrolment_of
from pasi_connect.services.decisions.rows import OF_THE_RECORD, Moved
from sis.models import DataEvent
from sis.models.event import Origin
from sis.services import events

ONE_BY_ONE = (Kind.CREATED_IN_PASI, Kind.MISSING_IN_PASI, Kind.IDENTITY_CHANGED_IN_PASI)


@dataclass(frozen=True)
class NotDecided:
    """Why an item of the set was not decided. `code` is for programs; not `failed` where nobody has anything to do."""

    code: str
    message: str
    failed: bool = True


@dataclass
class Decided:
    """`decisions` by item id, each with its SIS record's id; `others` by item id."""

    decisions: dict[int, tuple[Decision, int]] = field(default_factory=dict)
    others: dict[int, NotDecided] = field(default_factory=dict)


def moved() -> NotDecided:
    return NotDecided("moved", _("It has changed since the list was made. Check the new values, then decide."))


def settled() -> NotDecided:
    return NotDecided("settled", _("It was already settled."), failed=False)


def under_way() -> NotDecided:
    return NotDecided("decided", _("It is already decided; the reset is on its way to PASI."), failed=False)


def decide_many(
    actor: Actor,
    items: Mapping[int, Discrepancy],
    versions: Mapping[int, str],
    *,
    accept: bool,
    reason: str,
    field: str = "",
) -> Decided:
    """Decides every undecided field of the items, inside the caller's transaction; `versions` are what was seen, by item id.

    `field`: this field alone, the others of an item stay open.
    """
    done = Decided()
    alone = {pk: item for pk, item in items.items() if item.kind in ONE_BY_ONE}
    for entity in entities.written():
        together = {pk: item for pk, item in items.items() if pk not in alone and item.entity == entity.kind}
        if not together:
            continue
        some = Decided()
        try:
            with transaction.atomic():
                some = _together(actor, entity, together, versions, accept, reason, field)
        except Exception as error:  # one of them: each by itself then, so that the others are decided
            if not isinstance(error, OF_THE_RECORD) and not faults.ours(error):
                raise
            alone |= together
            continue
        done.decisions |= some.decisions
        done.others |= some.others
    for entity in entities.written():
        if keys := [item.key for item in alone.values() if item.entity == entity.kind]:
            locks.records(entity, keys)
    for pk in (pk for pk in items if pk in alone):
        _alone(actor, pk, versions[pk], accept, reason, done, field)
    return done


def _alone(actor: Actor, pk: int, version: str, accept: bool, reason: str, done: Decided, field: str = "") -> None:
    one = [field] if field else None
    try:
        decision = decide(
            actor,
            pk,
            all_accepted=accept and not field,
            all_rejected=not accept and not field,
            accepted=one if accept else (),
            rejected=() if accept else one,
            reason=reason,
            version=version,
            record_action=False,
        )
        done.decisions[pk] = (decision, enrolment_of(decision))
    except Moved as refused:
        open_ = refused.item.is_open
        done.others[pk] = settled() if not open_ else under_way() if not refused.item.undecided else moved()
    except ValidationError as error:
        done.others[pk] = NotDecided("not_possible", " ".join(error.messages))
    except OF_THE_RECORD:
        done.others[pk] = NotDecided("not_possible", _("PASI's value cannot be stored here."))


def _together(
    actor: Actor,
    entity: Entity,
    items: Mapping[int, Discrepancy],
    versions: Mapping[int, str],
    accept: bool,
    reason: str,
    field: str,
) -> Decided:
    done, context = Decided(), Context()
    pairs = comparing.look(entity, {item.key for item in items.values()}, context)
    open_ = {pair.item.pk: pair for pair in pairs if pair.item and pair.item.is_open}
    ours: dict[int, Pair] = {}
    for pk in items:
        pair = open_.get(pk)
        if pair is None or pair.item is None:
            done.others[pk] = settled()
        elif pair.item.version != versions[pk] or pair.item.kind in ONE_BY_ONE or not (pair.link and pair.copy):
            done.others[pk] = moved()
        elif not pair.item.undecided:
            done.others[pk] = under_way()
        else:
            ours[pk] = pair
    names = _names(entity, ours, accept)
    if field:
        names = {pk: [name for name in some if name == field] for pk, some in names.items()}
        for pk in [pk for pk, some in names.items() if not some]:
            done.others[pk] = settled()  # of this field both sides match by now, or it is on its way
            del ours[pk]
    revisions = _accept(actor, entity, ours, names, reason, done) if accept else _keep(actor, entity, ours, names)
    decisions = [_decision(actor, pair, names[pk], accept, reason, revisions.get(pk)) for pk, pair in ours.items()]
    for pair, decision in zip(ours.values(), decisions, strict=True):
        _move(pair, decision)
    statements.insert_all(decisions)
    audit.record_all(actor, [_audit_entry(decision) for decision in decisions])
    decided = list(ours.values())
    comparing.look_again(entity, decided, context, "accept" if accept else "reject")
    comparing.save(pair.link for pair in decided if pair.link)
    for decision in decisions:
        link = ours[decision.discrepancy_id].link
        assert link is not None
        done.decisions[decision.discrepancy_id] = (decision, link.subject_id)
    return done


def _names(entity: Entity, pairs: Mapping[int, Pair], accept: bool) -> dict[int, list[str]]:
    """The fields to decide, by item: all of them, but for those whose reset is decided already."""
    rows = {pk: pair.item.fields for pk, pair in pairs.items() if pair.item}
    resetting = {pk: {row["name"] for row in fields if row["state"] == RESET} for pk, fields in rows.items()}
    subjects = {pk: pairs[pk].link.subject_id for pk, some in resetting.items() if some}  # type: ignore[union-attr]
    # Accepting also takes what was to be reset and was refused; what is on its way was decided by somebody.
    flying = _on_the_way(entity, subjects.values()) if accept and subjects else set()
    left_out = {pk: some if not accept or subjects.get(pk) in flying else set() for pk, some in resetting.items()}
    return {pk: [row["name"] for row in fields if row["name"] not in left_out[pk]] for pk, fields in rows.items()}


def _on_the_way(entity: Entity, ids: Iterable[int]) -> set[int]:
    """SIS records of which something waits for PASI or is on its way there."""
    subject = {"entity": entity.kind, "subject_id__in": list(ids)}
    live = Submission.objects.filter(**subject, status__in=(*QUEUED, *FLYING)).values_list("subject_id", flat=True)
    waiting = DataEvent.objects.filter(**subject, collected_at=None, origin=Origin.SIS)
    return {*live, *waiting.values_list("subject_id", flat=True)}


def _accept(
    actor: Actor,
    entity: Entity,
    pairs: dict[int, Pair],
    names: Mapping[int, list[str]],
    reason: str,
    done: Decided,
) -> dict[int, int]:
    """The SIS takes PASI's values. Gives the revision of each record by item id; takes out of `pairs` what has moved."""
    assert entity.sis is not None
    wanted, revisions = {}, {}
    for pk, pair in pairs.items():
        assert pair.copy is not None and pair.link is not None
        theirs = values.theirs(pair.copy)
        wanted[pair.link.subject_id] = {name: theirs[name] for name in names[pk]}
        revisions[pair.link.subject_id] = pair.link.record.revision
    many = entity.sis.change_many(actor, wanted, origin=Origin.PASI, reason=reason, revisions=revisions, compared=True)
    after = {}
    for pk, pair in list(pairs.items()):
        assert pair.link is not None
        record = many.changed.get(pair.link.subject_id) or many.unchanged.get(pair.link.subject_id)
        if pair.link.subject_id in many.refused:
            refused = holding.explained(many.refused[pair.link.subject_id])
            done.others[pk] = NotDecided("not_possible", " ".join(refused.messages))
            del pairs[pk]
            continue
        if record is None:
            done.others[pk] = moved()
            del pairs[pk]
            continue
        pair.link.record = record
        after[pk] = record.revision
    return after


def _keep(actor: Actor, entity: Entity, pairs: Mapping[int, Pair], names: Mapping[int, list[str]]) -> dict[int, int]:
    """Leaves the events that reset PASI; what waits for PASI of these records has been seen together with this picture."""
    versions, changes = {}, []
    for pk, pair in pairs.items():
        assert pair.copy is not None and pair.link is not None
        versions[pair.link.subject_id] = pair.copy.core_version
        changes.append((events.subject_of(pair.link.record), names[pk]))
    subject = {"entity": entity.kind, "subject_id__in": list(versions), "status__in": QUEUED}
    queued = list(Submission.objects.filter(**subject).only("id", "subject_id", "seen_version").order_by("id"))
    for row in queued:
        row.seen_version = versions[row.subject_id]
    if queued:
        statements.update_all(queued, ("seen_version",))
    events.leave_all(actor, changes, Origin.SIS, seen_versions=versions)
    return {}


def _decision(
    actor: Actor, pair: Pair, names: list[str], accept: bool, reason: str, revision_after: int | None
) -> Decision:
    assert pair.item is not None and pair.link is not None
    return Decision(
        discrepancy=pair.item,
        at=clock.now(),
        user_id=actor.user_id,
        actor_name=actor.name,
        accepted=names if accept else [],
        rejected=[] if accept else names,
        reason=reason,
        picture=pair.item.fields,
        agreed_before=pair.link.agreed,
        revision_after=revision_after,
    )


def _move(pair: Pair, decision: Decision) -> None:
    """What is agreed, and what is kept against PASI, after the decision."""
    assert pair.copy is not None and pair.link is not None
    theirs = values.plain(values.theirs(pair.copy))
    if decision.accepted:
        pair.link.agreed = {**(pair.link.agreed or {}), **{name: theirs[name] for name in decision.accepted}}
        pair.link.kept = {name: value for name, value in pair.link.kept.items() if name not in decision.accepted}
    else:
        pair.link.kept = {**pair.link.kept, **{name: theirs[name] for name in decision.rejected}}


def _audit_entry(decision: Decision) -> audit.Entry:
    item, names = decision.discrepancy, {*decision.accepted, *decision.rejected}
    changes = {row["name"]: [row["sis"], row["pasi"]] for row in decision.picture if row["name"] in names}
    verb = audit.Verb.ACCEPTED_PASI if decision.accepted else audit.Verb.KEPT_SIS
    return audit.Entry(verb, "discrepancy", str(item.pk), item.school_code, changes, decision.reason)
