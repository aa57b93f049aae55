"""Taking decisions back while nothing has moved on. Nothing is sent; the items open again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.services import audit
from pasi_connect.models import Decision, Discrepancy, EnrolmentCopy, EnrolmentLink, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import FLYING, QUEUED, Status
from pasi_connect.rules.compare import COMPARED
from pasi_connect.services import actions, comparing, submissions, values
from pasi_connect.services.comparing import Pair
from pasi_connect.services.context import Context
from sis.models import DataEvent
from sis.models.event import Origin
from sis.services import enrolments, events


def undo(actor: Actor, decision_id: int, reason: str = "") -> Decision:
    """Takes one decision back. Raises ValidationError with the sentence when it is too late."""
    return undo_many(actor, [decision_id], reason)[0]


@transaction.atomic
def undo_many(actor: Actor, decision_ids: Sequence[int], reason: str = "") -> list[Decision]:
    """Takes decisions on different records back, all of them or none.

    Accepted fields: the SIS value and the agreed value go back. Rejected fields: cancelled when not sent yet.
    Raises ValidationError with the sentence of the first for which it is too late.
    """
    refs = list(Decision.objects.filter(pk__in=decision_ids).values_list("discrepancy__ref_id", flat=True))
    context = Context()
    pairs = {pair.ref_id: pair for pair in comparing.look(refs, context)}
    found = Decision.objects.select_for_update(of=("self",)).select_related("discrepancy")
    decisions = list(found.filter(pk__in=decision_ids).order_by("id"))
    links = {ref: pair.link for ref, pair in pairs.items() if pair.link}
    reasons = _reasons(decisions, {ref: pair.copy for ref, pair in pairs.items()}, links)
    if reasons:
        raise ValidationError(next(iter(reasons.values())))
    back = {}
    for decision in decisions:
        link = links[decision.discrepancy.ref_id]
        if decision.accepted:
            back[link.enrolment_id] = _before(decision)
            link.agreed = _agreed_before(decision, link)
        if decision.rejected:
            link.kept = {name: value for name, value in link.kept.items() if name not in decision.rejected}
        link.agreed_digest = ""
    done = enrolments.change_many(
        actor,
        back,
        origin=Origin.PASI,
        reason=reason or _("Undone"),
        revisions={link.enrolment_id: link.enrolment.revision for link in links.values()},
        compared=True,
    )
    if done.moved:
        raise ValidationError(_("The record has been changed here since."))
    for link in links.values():
        link.enrolment = done.changed.get(link.enrolment_id, link.enrolment)
    _call_back(actor, {links[one.discrepancy.ref_id].enrolment_id: _sent_for(one) for one in decisions if one.rejected})
    _close(actor, decisions, reason)
    _reopen(pairs, decisions)
    comparing.look_again(list(pairs.values()), context, "itself")
    comparing.save(links.values())
    return decisions


def _before(decision: Decision) -> dict[str, Any]:
    """The SIS values that the decision replaced."""
    if decision.discrepancy.kind == Kind.MISSING_IN_PASI:
        return {"deleted": False}
    before = {row["name"]: row["sis"] for row in decision.picture}
    return {name: values.from_json(name, before[name]) for name in decision.accepted}


def _agreed_before(decision: Decision, link: EnrolmentLink) -> dict[str, Any] | None:
    if decision.agreed_before is None:
        return None
    agreed = {name: value for name, value in (link.agreed or {}).items() if name not in decision.accepted}
    return agreed | {name: decision.agreed_before[name] for name in decision.accepted if name in decision.agreed_before}


def _sent_for(decision: Decision) -> set[str]:
    """The fields of the event that a rejection left."""
    return set(COMPARED) if decision.discrepancy.kind == Kind.MISSING_IN_PASI else set(decision.rejected)


def _call_back(actor: Actor, resets: Mapping[int, set[str]]) -> None:
    """What was to reset these fields, and nothing else, does not go out: neither queued nor yet to be collected."""
    if not resets:
        return
    subjects = {"subject_type": events.SCHOOL_ENROLMENT, "subject_id__in": list(resets)}
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
    Decision.objects.filter(pk__in=[one.pk for one in decisions]).update(undone_at=now, undone_by=actor.name)
    actions.note_undone(actor, decisions, reason)
    items = [one.discrepancy for one in decisions]
    audit.record_all(
        actor,
        [
            audit.Entry("decision undone", "discrepancy", str(item.pk), item.school_code, reason=reason)
            for item in items
        ],
    )


def _reopen(pairs: Mapping[Any, Pair], decisions: list[Decision]) -> None:
    """The item of each decision is open again, unless a newer one of its record is."""
    again = []
    for decision in decisions:
        pair, item = pairs[decision.discrepancy.ref_id], decision.discrepancy
        if pair.item is None or not pair.item.is_open:
            item.status, item.settled_at, item.settled_by = Discrepancy.Status.OPEN, None, ""
            pair.item = item
            again.append(item.pk)
    Discrepancy.objects.filter(pk__in=again).update(
        status=Discrepancy.Status.OPEN, settled_at=None, settled_by=""
    )


# --- Why not -----------------------------------------------------------------------------------------------------


def why_not_undo(decision: Decision) -> str:
    """ "" when the decision can be taken back, else the reason in one sentence."""
    return why_not_many([decision]).get(decision.pk, "")


def why_not_many(decisions: Iterable[Decision]) -> dict[int, str]:
    """The sentence by decision id of each that can no longer be taken back; four queries however many there are."""
    given = list(decisions)
    refs = {decision.discrepancy.ref_id for decision in given}
    copies = {copy.ref_id: copy for copy in EnrolmentCopy.objects.filter(ref_id__in=refs).defer("document")}
    links = {link.ref_id: link for link in EnrolmentLink.objects.filter(ref_id__in=refs).select_related("enrolment")}
    return _reasons(given, copies, links)


def _reasons(
    decisions: list[Decision], copies: Mapping[Any, EnrolmentCopy | None], links: Mapping[Any, EnrolmentLink]
) -> dict[int, str]:
    later = dict(
        Decision.objects.filter(discrepancy__ref_id__in=list(links), undone_at=None)
        .order_by()
        .values_list("discrepancy__ref_id")
        .annotate(last=Max("pk"))
    )
    resets = [links[ref].enrolment_id for one in decisions if one.rejected and (ref := one.discrepancy.ref_id) in links]
    flying: set[int] = set()
    if resets:
        subject = {"subject_type": events.SCHOOL_ENROLMENT, "subject_id__in": resets}
        flying = set(Submission.objects.filter(**subject, status__in=FLYING).values_list("subject_id", flat=True))
    found = {}
    for decision in decisions:
        ref_id = decision.discrepancy.ref_id
        why = _why_not(decision, copies.get(ref_id), links.get(ref_id), later.get(ref_id, 0), flying)
        if why:
            found[decision.pk] = why
    return found


def _why_not(
    decision: Decision, copy: EnrolmentCopy | None, link: EnrolmentLink | None, later: int, flying: set[int]
) -> str:
    if decision.undone_at:
        return _("This decision was taken back already.")
    if decision.created_enrolment or link is None:
        return _("A record was created here; delete it instead.")
    if later > decision.pk:
        return _("A later decision stands on this one; take that back first.")
    if decision.accepted and decision.revision_after != link.enrolment.revision:
        return _("The record has been changed here since.")
    if not _still_so(decision, copy):
        return _("PASI holds another value by now. You can still accept or keep it as a new decision.")
    if decision.rejected and link.enrolment_id in flying:
        return _("The reset is on its way to PASI. Wait for its outcome.")
    return ""


def _still_so(decision: Decision, copy: EnrolmentCopy | None) -> bool:
    """PASI holds what it held when the decision was made."""
    gone = copy is None or copy.vanished_at is not None
    if decision.discrepancy.kind == Kind.MISSING_IN_PASI:
        return gone
    decided = {*decision.accepted, *decision.rejected}
    return not gone and all(
        values.to_json(getattr(copy, row["name"])) == row["pasi"]
        for row in decision.picture
        if row["name"] in decided
    )


# --- After a reset has arrived -------------------------------------------------------------------------------------


def former(decision: Decision) -> dict[str, Any]:
    """PASI's former values of the fields that were reset, where both sides hold ours now; {} where that is not so.

    Such a decision is not taken back; what PASI held can be entered here again and goes to PASI as any change does.
    """
    if decision.undone_at or not decision.rejected or decision.discrepancy.is_open:
        return {}
    ref_id = decision.discrepancy.ref_id
    link = EnrolmentLink.objects.filter(ref_id=ref_id).select_related("enrolment").first()
    copy = EnrolmentCopy.objects.filter(ref_id=ref_id, vanished_at=None).defer("document").first()
    if link is None or copy is None or decision.discrepancy.kind in (Kind.MISSING_IN_PASI, Kind.CREATED_IN_PASI):
        return {}
    ours, theirs = values.plain(values.ours(link.enrolment, link)), values.plain(values.theirs(copy))
    rows = {row["name"]: row for row in decision.picture if row["name"] in decision.rejected}
    if any(not (ours[name] == theirs[name] == row["sis"]) for name, row in rows.items()):
        return {}
    return {name: values.from_json(name, row["pasi"]) for name, row in rows.items()}


@transaction.atomic
def take_former(actor: Actor, decision_id: int) -> None:
    """Enters PASI's former values here; they go to PASI. Raises ValidationError when it is too late or a rule is broken."""
    decision = Decision.objects.select_related("discrepancy").get(pk=decision_id)
    comparing.lock([decision.discrepancy.ref_id])
    wanted = former(decision)
    if not wanted:
        raise ValidationError(_("The record has moved on; look at its present values."))
    link = EnrolmentLink.objects.get(ref_id=decision.discrepancy.ref_id)
    copy = EnrolmentCopy.objects.defer("document").get(ref_id=link.ref_id)
    enrolments.change(
        actor, link.enrolment_id, wanted, seen_version=copy.core_version, reason=_("PASI's former value taken after all")
    )
