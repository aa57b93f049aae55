"""Once a reset has arrived in PASI, the former PASI value can still be entered here, and is sent like any change."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations.actor import Actor
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Decision, Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.services import locks
from pasi_connect.services.compare import values

NO_FORMER = (Kind.MISSING_IN_PASI, Kind.CREATED_IN_PASI, Kind.IDENTITY_CHANGED_IN_PASI)


def former(decision: Decision) -> dict[str, Any]:
    """PASI's former values of the fields that were reset, where both sides hold ours now; {} where that is not so."""
    return former_many([decision]).get(decision.pk, {})


def former_many(decisions: Iterable[Decision]) -> dict[int, dict[str, Any]]:
    """The same by decision id, of those that have any; two queries a kind of record, however many there are."""
    resets = [
        one
        for one in decisions
        if one.rejected and not one.undone_at and not one.discrepancy.is_open and one.discrepancy.kind not in NO_FORMER
    ]
    by_id: dict[int, dict[str, Any]] = {}
    for entity in entities.written():
        mine = [one for one in resets if one.discrepancy.entity == entity.kind]
        if mine:
            by_id |= _former(entity, mine)
    return by_id


def _former(entity: Entity, decisions: list[Decision]) -> dict[int, dict[str, Any]]:
    keys = {one.discrepancy.key for one in decisions}
    links = {link.key: link for link in entity.links_along.filter(key__in=keys)}
    copies = {getattr(copy, entity.copy.key_field): copy for copy in entity.live_copies(keys)}
    by_id = {}
    for decision in decisions:
        link, copy = links.get(decision.discrepancy.key), copies.get(decision.discrepancy.key)
        if link is None or copy is None:
            continue
        ours, theirs = values.plain(values.ours(link.record, link)), values.plain(values.theirs(copy))
        rows = [row for row in decision.picture if row["name"] in decision.rejected]
        if all(row["name"] in theirs and ours[row["name"]] == theirs[row["name"]] == row["sis"] for row in rows):
            by_id[decision.pk] = {row["name"]: values.from_json(entity, row["name"], row["pasi"]) for row in rows}
    return by_id


@transaction.atomic
def take_former(actor: Actor, decision_id: int) -> None:
    """Enters PASI's former values here; they go to PASI. Raises ValidationError when it is too late or a rule is broken."""
    decision = Decision.objects.select_related("discrepancy").get(pk=decision_id)
    why_not = take_former_many(actor, [decision])
    if why_not:
        raise ValidationError(why_not[decision.pk])


def take_former_many(actor: Actor, decisions: Iterable[Decision], reason: str = "") -> dict[int, str]:
    """The same for a set, inside the caller's transaction. The sentence by decision id of each that was not done."""
    by_id = {one.pk: one for one in decisions}
    for entity in entities.written():
        if keys := [one.discrepancy.key for one in by_id.values() if one.discrepancy.entity == entity.kind]:
            locks.records(entity, keys)
    wanted = former_many(by_id.values())
    refs = {one.discrepancy.key: pk for pk, one in by_id.items() if pk in wanted}
    not_done: dict[int, str] = {}
    for entity in entities.written():
        assert entity.sis is not None
        mine = {key: pk for key, pk in refs.items() if by_id[pk].discrepancy.entity == entity.kind}
        if not mine:
            continue
        ids = dict(entity.links.filter(key__in=mine).values_list("subject_id", "key"))
        done = entity.sis.change_many(
            actor,
            {subject: wanted[mine[key]] for subject, key in ids.items()},
            reason=reason or _("PASI’s former value taken afterwards"),
        )
        entered = [mine[ids[pk]] for pk in done.changed]
        Discrepancy.objects.filter(decisions__in=entered, status=Discrepancy.Status.SETTLED).update(settled_by="former")
        not_done |= {mine[ids[pk]]: " ".join(error.messages) for pk, error in done.refused.items()}
    moved = _("The record has changed since. Check its current values.")
    return {pk: moved for pk in by_id if pk not in wanted} | not_done
