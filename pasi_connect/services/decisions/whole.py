"""Undoing decisions on a record as a whole: one created in PASI, or one whose identity PASI had changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Decision, Discrepancy, Link, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import LIVE, QUEUED, STUCK, Status
from pasi_connect.services.compare.comparing import Pair
from pasi_connect.services.decisions import identity
from pasi_connect.services.queue import submissions
from sis.models import DataEvent
from sis.models.event import Origin


def is_link_anew(decision: Decision) -> bool:
    return "link" in decision.before


def handles(decision: Decision) -> bool:
    """The SIS record was made, moved or linked anew: its undo is not that of fields."""
    moved = decision.discrepancy.kind == Kind.IDENTITY_CHANGED_IN_PASI and bool(decision.accepted)
    return decision.created_record or moved or is_link_anew(decision)


def has_arrived(decision: Decision, copy: Any) -> bool:
    """PASI has deleted what was created there, as the decision wanted."""
    return decision.created_record and bool(decision.rejected) and copy.deleted and copy.vanished_at is None


@dataclass
class Facts:
    """What stands in the way, read once for a set of one kind: `needed` (why) and `busy` by the SIS record's id, `tied` PASI's keys
    that are linked."""

    links: dict[int, Link] = field(default_factory=dict)
    needed: Mapping[int, str] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    tied: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, entity: Entity, decisions: Sequence[Decision], links: Mapping[str, Link]) -> "Facts":
        if not decisions:
            return cls()
        assert entity.sis is not None
        ids = {links[ref].subject_id for one in decisions if (ref := one.discrepancy.key) in links}
        ids |= {one.discrepancy.subject_id or 0 for one in decisions if is_link_anew(one)}
        subject = {"entity": entity.kind, "subject_id__in": ids}
        live = Submission.objects.filter(**subject, status__in=LIVE).values_list("subject_id", flat=True)
        coming = DataEvent.objects.filter(**subject, collected_at=None, origin=Origin.SIS)
        refs = [one.discrepancy.key for one in decisions]
        return cls(
            {link.subject_id: link for link in Link.objects.of(entity.kind, ids)},
            entity.sis.needed(ids) if entity.sis.needed else {},
            {*live, *coming.values_list("subject_id", flat=True)},
            set(entity.links.filter(key__in=refs).values_list("key", flat=True)),
        )

    def why_not(self, decision: Decision, copy: Any, link: Link | None) -> str:
        if is_link_anew(decision):
            mine = self.links.get(decision.discrepancy.subject_id or 0)
            if decision.discrepancy.key in self.tied:
                return _("PASI’s record has since been entered here as an enrolment of its own.")
            if mine is None or mine.agreed is not None or mine.subject_id in self.busy or mine.accepted_version:
                return _("The SIS record was decided on afterwards. Undo that decision first.")
            return ""
        assert link is not None
        return self.needed.get(link.subject_id, "") if decision.created_record else ""


def undo(actor: Actor, decision: Decision, pairs: Mapping[str, Pair], reason: str) -> bool:
    """Inside the caller's transaction, which holds the rows and looks at the pairs again. True: it is restored in PASI."""
    pair = pairs[decision.discrepancy.key]
    if is_link_anew(decision):
        _tie_back(decision, pair, pairs)
        return False
    assert pair.link is not None
    if not decision.created_record:
        version = pair.copy.core_version if pair.copy else 0
        decision.revision_undone = identity.move_back(actor, decision, pair.link, version, reason)
        return False
    subject_id = pair.link.subject_id
    entity = entities.by_kind(pair.link.entity)
    assert entity.sis is not None
    if pair.copy is not None and has_arrived(decision, pair.copy):
        pair.link.record = entity.sis.change(
            actor, subject_id, {"deleted": False}, seen_version=pair.copy.core_version, reason=reason or _("Undone")
        )
        decision.revision_undone = pair.link.record.revision
        return True
    _forget(actor, entity, subject_id, reason)
    decision.before = {"record": subject_id}
    pair.link.delete()
    pair.link = None
    return False


def _tie_back(decision: Decision, pair: Pair, pairs: Mapping[str, Pair]) -> None:
    by_now = next(one for one in pairs.values() if one.link and one.link.subject_id == decision.discrepancy.subject_id)
    link, by_now.link = by_now.link, None
    assert link is not None
    identity.tie_back(decision, link)
    pair.link = link
    if pair.item is not None:  # "created in PASI", of the record without a link: the item of before opens again instead
        Discrepancy.objects.filter(pk=pair.item.pk).update(
            status=Discrepancy.Status.SETTLED, settled_at=clock.now(), settled_by="itself"
        )
        pair.item = None


def _forget(actor: Actor, entity: Entity, subject_id: int, reason: str) -> None:
    """The SIS record that the decision made counts as never entered: deleted, tied to nothing, nothing of it goes out."""
    assert entity.sis is not None
    entity.sis.change(actor, subject_id, {"deleted": True}, origin=Origin.PASI, reason=reason or _("Undone"))
    subject = {"entity": entity.kind, "subject_id": subject_id}
    DataEvent.objects.filter(**subject, collected_at=None).update(collected_at=clock.now())
    live = Submission.objects.select_for_update(of=("self",)).filter(**subject, status__in=(*QUEUED, *STUCK))
    for row in live.order_by("id"):
        submissions.move(row, Status.CANCELLED, actor, reason="undone")
