"""Undoing decisions until a record changes again. Nothing is sent; the items reopen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock, statements
from operations.actor import Actor
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Decision, Discrepancy, Link, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import FLYING, QUEUED, Status
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.compare.comparing import Pair
from pasi_connect.services.compare.context import Context
from pasi_connect.services.decisions import entries, whole
from pasi_connect.services.decisions.deciding import WHOLE
from pasi_connect.services.decisions.former import NO_FORMER
from pasi_connect.services.decisions.rows import one_record
from pasi_connect.services.queue import submissions
from sis.models import DataEvent
from sis.models.event import Origin


def undo(actor: Actor, decision_id: int, reason: str = "") -> Decision:
    """Takes one decision back. Raises ValidationError with the sentence when it is too late.

    Who may is asked by the doors: `decisions.taking_back.allow_decision`.
    """
    item_id = Decision.objects.values_list("discrepancy", flat=True).get(pk=decision_id)
    with one_record(item_id):
        return undo_many(actor, [decision_id], reason)[0]


@transaction.atomic
def undo_many(actor: Actor, decision_ids: Sequence[int], reason: str = "") -> list[Decision]:
    """Takes decisions on different records back, all of them or none.

    Accepted fields: the SIS value and the agreed value go back. Rejected fields: cancelled when not sent yet.
    Raises ValidationError with the sentence of the first for which it is too late.
    """
    wanted = Decision.objects.filter(pk__in=decision_ids).select_related("discrepancy")
    done: list[Decision] = []
    for entity in entities.written():
        if mine := [one for one in wanted if one.discrepancy.entity == entity.kind]:
            done += _undo(actor, entity, mine, reason)
    return sorted(done, key=lambda decision: decision.pk)


def _undo(actor: Actor, entity: Entity, wanted: list[Decision], reason: str) -> list[Decision]:
    """Of one kind of record."""
    assert entity.sis is not None
    refs = _refs(entity, wanted)
    context = Context()
    pairs = {pair.key: pair for pair in comparing.look(entity, refs, context)}
    rows = Decision.objects.select_for_update(of=("self",)).select_related("discrepancy")
    decisions = list(rows.filter(pk__in=[one.pk for one in wanted]).order_by("id"))
    links = {ref: pair.link for ref, pair in pairs.items() if pair.link}
    reasons = _reasons(entity, decisions, {ref: pair.copy for ref, pair in pairs.items()}, links)
    if reasons:
        raise ValidationError(next(iter(reasons.values())))
    restored = {one.pk for one in decisions if whole.handles(one) and whole.undo(actor, one, pairs, reason)}
    fieldwise = [one for one in decisions if not whole.handles(one)]
    links = {one.discrepancy.key: links[one.discrepancy.key] for one in fieldwise}
    back = {}
    for decision in fieldwise:
        link = links[decision.discrepancy.key]
        if decision.accepted:
            back[link.subject_id] = _before(decision)
            link.agreed = _agreed_before(decision, link)
        if decision.rejected:
            link.kept = {name: value for name, value in link.kept.items() if name not in decision.rejected}
        link.agreed_digest = ""
    if entity.sis.twins and (run_into := entity.sis.twins(back)):
        raise ValidationError(next(iter(run_into.values())))
    done = entity.sis.change_many(
        actor,
        back,
        origin=Origin.PASI,
        reason=reason or _("Undone"),
        revisions={link.subject_id: link.record.revision for link in links.values()},
        compared=True,
    )
    if done.moved:
        raise ValidationError(_("The record has changed here since."))
    for link in links.values():
        link.record = done.changed.get(link.subject_id, link.record)
    for decision in fieldwise:
        decision.revision_undone = links[decision.discrepancy.key].record.revision if decision.accepted else None
    _call_back(
        actor,
        entity,
        {links[one.discrepancy.key].subject_id: _sent_for(entity, one) for one in fieldwise if one.rejected},
    )
    _close(actor, decisions, reason)
    _reopen(pairs, [one for one in decisions if one.pk not in restored])
    Discrepancy.objects.filter(decisions__in=restored, status=Discrepancy.Status.SETTLED).update(settled_by="restored")
    comparing.look_again(entity, list(pairs.values()), context, "itself")
    comparing.save(pair.link for pair in pairs.values() if pair.link)
    return decisions


def _refs(entity: Entity, decisions: Iterable[Decision]) -> list[str]:
    """PASI's keys of the records: those of the items, and where a record has been linked anew that of its link by now."""
    rows = list(decisions)
    anew = [subject for one in rows if whole.is_link_anew(one) and (subject := one.discrepancy.subject_id)]
    links = Link.objects.of(entity.kind, anew).values_list("key", flat=True) if anew else []
    return list({*(one.discrepancy.key for one in rows), *links})


def _before(decision: Decision) -> dict[str, Any]:
    """The SIS values that the decision replaced."""
    if decision.discrepancy.kind == Kind.MISSING_IN_PASI:
        return {"deleted": False}
    before = {row["name"]: row["sis"] for row in decision.picture}
    return {
        name: values.from_json(entities.by_kind(decision.discrepancy.entity), name, before[name])
        for name in decision.accepted
    }


def _agreed_before(decision: Decision, link: Link) -> dict[str, Any] | None:
    if decision.agreed_before is None:
        return None
    agreed = {name: value for name, value in (link.agreed or {}).items() if name not in decision.accepted}
    return agreed | {name: decision.agreed_before[name] for name in decision.accepted if name in decision.agreed_before}


def _sent_for(entity: Entity, decision: Decision) -> set[str]:
    """The fields of the event that a rejection left."""
    return set(entity.compared) if decision.discrepancy.kind == Kind.MISSING_IN_PASI else set(decision.rejected)


def _call_back(actor: Actor, entity: Entity, resets: Mapping[int, set[str]]) -> None:
    """What was to reset these fields, and nothing else, does not go out: neither queued nor yet to be collected."""
    if not resets:
        return
    subjects = {"entity": entity.kind, "subject_id__in": list(resets)}
    left = DataEvent.objects.select_for_update().filter(**subjects, origin=Origin.SIS, collected_at=None)
    mine = [event.pk for event in left.order_by("id") if set(event.fields) <= resets[event.subject_id]]
    DataEvent.objects.filter(pk__in=mine).update(collected_at=clock.now())
    for queued in Submission.objects.select_for_update().filter(**subjects, status__in=QUEUED).order_by("id"):
        if set(queued.fields) <= resets[queued.subject_id]:
            submissions.move(queued, Status.CANCELLED, actor, reason="undone")


def _close(actor: Actor, decisions: list[Decision], reason: str) -> None:
    now = clock.now()
    for decision in decisions:
        decision.undone_at, decision.undone_by = now, actor.name
    statements.update_all(decisions, ("undone_at", "undone_by", "before", "revision_undone"))
    entries.note_undone(actor, decisions, reason)
    items = [one.discrepancy for one in decisions]
    audit.record_all(
        actor,
        [
            audit.Entry(audit.Verb.DECISION_UNDONE, "discrepancy", str(item.pk), item.school_code, reason=reason)
            for item in items
        ],
    )


def _reopen(pairs: Mapping[Any, Pair], decisions: list[Decision]) -> None:
    """The item of each decision is open again, unless a newer one of its record is."""
    again = []
    for decision in decisions:
        pair, item = pairs[decision.discrepancy.key], decision.discrepancy
        if pair.item is None or not pair.item.is_open:
            item.status, item.settled_at, item.settled_by = Discrepancy.Status.OPEN, None, ""
            pair.item = item
            again.append(item.pk)
    Discrepancy.objects.filter(pk__in=again).update(status=Discrepancy.Status.OPEN, settled_at=None, settled_by="")


# --- Why not -----------------------------------------------------------------------------------------------------


def why_not_undo(decision: Decision) -> str:
    """ "" when the decision can be taken back, else the reason in one sentence."""
    return why_not_many([decision]).get(decision.pk, "")


def why_not_many(decisions: Iterable[Decision]) -> dict[int, str]:
    """The sentence by decision id of each that can no longer be taken back; four queries a kind of record, however many there are."""
    rows = list(decisions)
    reasons: dict[int, str] = {}
    for entity in entities.written():
        mine = [one for one in rows if one.discrepancy.entity == entity.kind]
        if not mine:
            continue
        refs, key = _refs(entity, mine), entity.copy.key_field
        copies = {getattr(copy, key): copy for copy in entity.copies.filter(**{f"{key}__in": refs})}
        reasons |= _reasons(entity, mine, copies, {link.key: link for link in entity.links_along.filter(key__in=refs)})
    return reasons


def _reasons(
    entity: Entity, decisions: list[Decision], copies: Mapping[Any, Any], links: Mapping[Any, Link]
) -> dict[int, str]:
    others = _others(entity, links)
    subjects = [links[ref].subject_id for one in decisions if one.rejected and (ref := one.discrepancy.key) in links]
    flying: set[int] = set()
    if subjects:
        subject = {"entity": entity.kind, "subject_id__in": subjects}
        flying = set(Submission.objects.filter(**subject, status__in=FLYING).values_list("subject_id", flat=True))
    special = whole.Facts.of(entity, [one for one in decisions if whole.handles(one)], links)
    reasons = {}
    for decision in decisions:
        key = decision.discrepancy.key
        why = _why_not(decision, copies.get(key), links.get(key), others.get(key, []), flying, special)
        if why:
            reasons[decision.pk] = why
    return reasons


def _others(entity: Entity, links: Iterable[str]) -> dict[str, list[Decision]]:
    """All decisions on these records, by key."""
    by_key: dict[str, list[Decision]] = {}
    columns = ("accepted", "rejected", "revision_after", "revision_undone", "undone_at", "discrepancy__key")
    mine = Decision.objects.filter(discrepancy__entity=entity.kind, discrepancy__key__in=list(links))
    rows = mine.select_related("discrepancy")
    for decision in rows.only("discrepancy__kind", *columns):
        by_key.setdefault(decision.discrepancy.key, []).append(decision)
    return by_key


def _why_not(
    decision: Decision,
    copy: Any,
    link: Link | None,
    others: list[Decision],
    flying: set[int],
    special: whole.Facts,
) -> str:
    if decision.undone_at:
        return _("This decision was already undone.")
    if whole.is_link_anew(decision):
        return special.why_not(decision, copy, link)
    if link is None:
        return _("The SIS record is no longer linked to this PASI record.")
    later = [one for one in others if one.pk > decision.pk]
    if any(not one.undone_at and _stands_on(one, decision) for one in later):
        return _("A later decision depends on this one. Undo that one first.")
    if decision.revision_after is not None and not _only_decided(decision, link, others):
        return _("The record has changed here since.")
    if decision.rejected and link.subject_id in flying:
        return _("The reset is on its way to PASI. Wait for its outcome.")
    if whole.handles(decision) and (copy is None or not whole.has_arrived(decision, copy)):
        why = special.why_not(decision, copy, link)
        if why:
            return why
    elif whole.handles(decision):
        return ""
    if not _still_so(decision, copy):
        if decision.rejected and _arrived(decision, copy):
            if decision.discrepancy.kind in NO_FORMER:
                return _("PASI already has our record. Change or delete the enrolment here to send that to PASI.")
            return _("PASI already has our value. You can take PASI’s former value instead.")
        return _("PASI now has another value. You can still accept or keep it as a new decision.")
    return ""


def _stands_on(later: Decision, decision: Decision) -> bool:
    """Decisions on different fields of one record do not touch each other."""
    if later.discrepancy.kind in WHOLE or decision.discrepancy.kind in WHOLE:
        return True
    return bool({*later.accepted, *later.rejected} & {*decision.accepted, *decision.rejected})


def _only_decided(decision: Decision, link: Link, others: list[Decision]) -> bool:
    """Since the decision, the SIS record was changed by other decisions and their undoing alone."""
    steps = {number for one in others for number in (one.revision_after, one.revision_undone)}
    assert decision.revision_after is not None
    return set(range(decision.revision_after + 1, link.record.revision + 1)) <= steps


def _still_so(decision: Decision, copy: Any) -> bool:
    """PASI holds what it held when the decision was made."""
    gone = copy is None or copy.vanished_at is not None
    if decision.discrepancy.kind == Kind.MISSING_IN_PASI:
        return gone
    return not gone and _holds(decision, copy, "pasi", {*decision.accepted, *decision.rejected})


def _arrived(decision: Decision, copy: Any) -> bool:
    """PASI holds what the decision has kept: the reset is there."""
    return copy is not None and copy.vanished_at is None and _holds(decision, copy, "sis", set(decision.rejected))


def _holds(decision: Decision, copy: Any, side: str, names: set[str]) -> bool:
    return copy is not None and all(
        values.their(copy, row["name"]) == row[side] for row in decision.picture if row["name"] in names
    )
