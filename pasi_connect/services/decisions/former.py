"""After a reset has arrived in PASI: what PASI held before it can be entered here after all, and goes to PASI as any change does."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations.actor import Actor
from pasi_connect.models import Decision, Discrepancy, EnrolmentCopy, Link
from pasi_connect.models.discrepancy import Kind
from pasi_connect.services import locks
from pasi_connect.services.compare import values
from sis.services import enrolments

NO_FORMER = (Kind.MISSING_IN_PASI, Kind.CREATED_IN_PASI, Kind.IDENTITY_CHANGED_IN_PASI)


def former(decision: Decision) -> dict[str, Any]:
    """PASI's former values of the fields that were reset, where both sides hold ours now; {} where that is not so."""
    return former_many([decision]).get(decision.pk, {})


def former_many(decisions: Iterable[Decision]) -> dict[int, dict[str, Any]]:
    """The same by decision id, of those that have any; two queries however many there are."""
    given = [
        one
        for one in decisions
        if one.rejected and not one.undone_at and not one.discrepancy.is_open and one.discrepancy.kind not in NO_FORMER
    ]
    refs = {one.discrepancy.key for one in given}
    if not refs:
        return {}
    links = {link.key: link for link in Link.objects.filter(key__in=refs).select_related("enrolment")}
    copies = EnrolmentCopy.objects.filter(key__in=refs, vanished_at=None).defer("document")
    found = {}
    for copy in copies:
        link = links.get(copy.key)
        if link is None:
            continue
        ours, theirs = values.plain(values.ours(link.enrolment, link)), values.plain(values.theirs(copy))
        for decision in given:
            rows = [row for row in decision.picture if row["name"] in decision.rejected]
            if decision.discrepancy.key == copy.key and all(
                row["name"] in theirs and ours[row["name"]] == theirs[row["name"]] == row["sis"] for row in rows
            ):
                found[decision.pk] = {row["name"]: values.from_json(row["name"], row["pasi"]) for row in rows}
    return found


@transaction.atomic
def take_former(actor: Actor, decision_id: int) -> None:
    """Enters PASI's former values here; they go to PASI. Raises ValidationError when it is too late or a rule is broken."""
    decision = Decision.objects.select_related("discrepancy").get(pk=decision_id)
    why_not = take_former_many(actor, [decision])
    if why_not:
        raise ValidationError(why_not[decision.pk])


def take_former_many(actor: Actor, decisions: Iterable[Decision], reason: str = "") -> dict[int, str]:
    """The same for a set, inside the caller's transaction. The sentence by decision id of each that was not done."""
    given = {one.pk: one for one in decisions}
    locks.records([one.discrepancy.key for one in given.values()])
    wanted = former_many(given.values())
    refs = {one.discrepancy.key: pk for pk, one in given.items() if pk in wanted}
    ids = dict(Link.objects.filter(key__in=refs).values_list("subject_id", "key"))
    done = enrolments.change_many(
        actor,
        {enrolment: wanted[refs[ref]] for enrolment, ref in ids.items()},
        reason=reason or _("PASI’s former value taken afterwards"),
    )
    entered = [refs[ids[pk]] for pk in done.changed]
    Discrepancy.objects.filter(decisions__in=entered, status=Discrepancy.Status.SETTLED).update(settled_by="former")
    not_done = {refs[ids[pk]]: " ".join(error.messages) for pk, error in done.refused.items()}
    moved = _("The record has changed since. Check its current values.")
    return {pk: moved for pk in given if pk not in wanted} | not_done
