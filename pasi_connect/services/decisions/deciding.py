"""A person decides on a discrepancy: accept PASI's value here, or keep ours and reset PASI. Whole or field by field."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Decision, Discrepancy, Link, LocalCopy, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import FLYING, QUEUED
from pasi_connect.rules.compare import RESET
from pasi_connect.rules.identity import REJECT
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.decisions import entries, holding, identity
from pasi_connect.services.decisions.identity import student_of
from pasi_connect.services.decisions.rows import Moved, one_record
from sis.models import DataEvent, School, Student
from sis.models.event import Origin
from sis.services import events

WHOLE = (
    Kind.CREATED_IN_PASI,
    Kind.MISSING_IN_PASI,
    Kind.DELETED_IN_PASI,
    Kind.RESTORED_IN_PASI,
    Kind.IDENTITY_CHANGED_IN_PASI,
)


def accept(
    actor: Actor, item_id: int, fields: Iterable[str] | None = None, *, reason: str = "", version: str | None = None
) -> Decision:
    """The SIS takes PASI's values. See `decide`."""
    return decide(
        actor,
        item_id,
        accepted=fields,
        rejected=() if fields is None else None,
        reason=reason,
        version=version,
        all_accepted=fields is None,
    )


def reject(
    actor: Actor, item_id: int, fields: Iterable[str] | None = None, *, reason: str, version: str | None = None
) -> Decision:
    """The SIS keeps its values and PASI is reset. See `decide`."""
    return decide(
        actor,
        item_id,
        rejected=fields,
        accepted=() if fields is None else None,
        reason=reason,
        version=version,
        all_rejected=fields is None,
    )


def decide(actor: Actor, item_id: int, **how: Any) -> Decision:
    """`_decide` for one record. Where our own program raises at it, it is counted, and ValidationError says so in words."""
    with one_record(item_id):
        return _decide(actor, item_id, **how)


@transaction.atomic
def _decide(
    actor: Actor,
    item_id: int,
    *,
    accepted: Iterable[str] | None = None,
    rejected: Iterable[str] | None = None,
    reason: str = "",
    version: str | None = None,
    all_accepted: bool = False,
    all_rejected: bool = False,
    record_action: bool = True,
) -> Decision:
    """Decides named fields (or all undecided ones) of an open item and gives the Decision.

    `record_action` is False where the decision is part of a bulk, which is one action for all of its records.

    `version` is what the person saw; None counts the present state as seen. Raises Moved with the new picture when the item
    has moved or is settled, ValidationError {field: [sentences]} for a name that is not in the item or a missing reason.
    """
    item, copy, link = locks.item(item_id)
    if not item.is_open:
        raise Moved(item, _("This change is already settled."))
    entity = entities.by_kind(item.entity)
    comparing.look_at(entity, item.key)
    item.refresh_from_db()
    if not item.is_open:
        raise Moved(item, _("Both sides match now; there is nothing left to decide."))
    if version is not None and version != item.version:
        raise Moved(item, _("Something has changed since you opened this page. Check the new values, then decide."))
    names = [row["name"] for row in item.fields]
    resetting = {row["name"] for row in item.fields if row["state"] == RESET}
    on_the_way = resetting if link and _reset_under_way(link) else set()
    # A reset that PASI refused can be decided anew; one that is under way was decided by somebody already.
    take = [name for name in names if name not in on_the_way] if all_accepted else list(dict.fromkeys(accepted or ()))
    keep = [name for name in names if name not in resetting] if all_rejected else list(dict.fromkeys(rejected or ()))
    if on_the_way and (on_the_way & {*take, *keep} or not (take or keep)):
        raise Moved(item, _decided_by(item))
    _check(item, names, take, keep, reason)
    decision = Decision(
        discrepancy=item,
        at=clock.now(),
        user_id=actor.user_id,
        actor_name=actor.name,
        accepted=take,
        rejected=keep,
        reason=reason,
        picture=item.fields,
        agreed_before=link.agreed if link else None,
    )
    try:
        if item.kind in WHOLE:
            _decide_whole(actor, item, copy, link, bool(take), reason, decision)
        else:
            assert copy is not None and link is not None
            _decide_fields(actor, item, copy, link, take, keep, reason, decision)
    except ValidationError as error:
        raise holding.explained(error) from None
    decision.save()
    if record_action:
        entries.record_decision(actor, decision, enrolment_of(decision))
    changes = {row["name"]: [row["sis"], row["pasi"]] for row in item.fields if row["name"] in {*take, *keep}}
    verb = (
        audit.Verb.ACCEPTED_PASI
        if take and not keep
        else audit.Verb.KEPT_SIS
        if keep and not take
        else audit.Verb.ACCEPTED_IN_PART
    )
    audit.record(actor, audit.Entry(verb, "discrepancy", str(item.pk), entries.school_of(actor, item), changes, reason))
    comparing.look_at(entity, item.key, "accept" if take else "reject")
    return decision


def enrolment_of(decision: Decision) -> int:
    """The SIS record that the decision is about: the item's, or the one that accepting made."""
    item = decision.discrepancy
    subject_id = Link.objects.filter(entity=item.entity, key=item.key).values_list("subject_id", flat=True).first()
    return item.subject_id or subject_id or 0


def _reset_under_way(link: Link) -> bool:
    """A kept value waits for PASI or is on its way there."""
    subject = {"entity": link.entity, "subject_id": link.subject_id}
    if Submission.objects.filter(**subject, status__in=(*QUEUED, *FLYING)).exists():
        return True
    return DataEvent.objects.filter(**subject, collected_at=None, origin=Origin.SIS).exists()


def _decided_by(item: Discrepancy) -> str:
    last = item.decisions.filter(undone_at=None).exclude(rejected=[]).order_by("-id").first()
    who = last.actor_name if last else _("Somebody")
    return _("%(who)s has decided to keep the SIS value; the reset is on its way to PASI.") % {"who": who}


def _check(item: Discrepancy, names: list[str], take: list[str], keep: list[str], reason: str) -> None:
    unknown = [name for name in [*take, *keep] if name not in names]
    if unknown:
        raise ValidationError(
            {
                "fields": [
                    _("%(name)s does not differ. These fields do: %(names)s.")
                    % {"name": unknown[0], "names": ", ".join(names)}
                ]
            }
        )
    both = set(take) & set(keep)
    if both:
        raise ValidationError({"fields": [_("%(name)s cannot be both accepted and kept.") % {"name": sorted(both)[0]}]})
    if not take and not keep:
        raise ValidationError({"fields": [_("Choose at least one field.")]})
    if keep and not reason.strip():
        raise ValidationError({"reason": [_("Say why PASI is to be reset. The reason is saved with the decision.")]})
    if item.kind in WHOLE and 0 < len(take or keep) < len(names):
        raise ValidationError({"fields": [_("This change can only be decided as a whole.")]})


def _decide_fields(
    actor: Actor,
    item: Discrepancy,
    copy: LocalCopy,
    link: Link,
    take: list[str],
    keep: list[str],
    reason: str,
    decision: Decision,
) -> None:
    theirs = values.theirs(copy)
    entity = entities.by_kind(link.entity)
    assert entity.sis is not None
    holding.check_days(entity, values.ours(link.record, link), theirs, take, keep)
    if take:
        changed = entity.sis.change(
            actor, link.subject_id, {name: theirs[name] for name in take}, origin=Origin.PASI, reason=reason
        )
        decision.revision_after = changed.revision
        link.agreed = {**(link.agreed or {}), **values.plain({name: theirs[name] for name in take})}
        link.kept = {name: value for name, value in link.kept.items() if name not in take}
    if keep:
        link.kept = {**link.kept, **values.plain({name: theirs[name] for name in keep})}
        _send_ours(actor, link, keep, copy.core_version)
    link.save(update_fields=["agreed", "kept"])


def _send_ours(actor: Actor, link: Link, names: Iterable[str], seen_version: int) -> None:
    """Leaves the event that resets PASI; a queued submission of the record has been seen together with this picture."""
    record = entities.by_kind(link.entity).records.get(pk=link.subject_id)
    mine = Submission.objects.filter(entity=link.entity, subject_id=record.pk, status__in=QUEUED)
    mine.update(seen_version=seen_version)
    events.leave(actor, record, names, Origin.SIS, seen_version)


def _decide_whole(
    actor: Actor,
    item: Discrepancy,
    copy: Any,
    link: Link | None,
    accepted: bool,
    reason: str,
    decision: Decision,
) -> None:
    """Created, deleted or missing in PASI: the record as a whole."""
    if item.kind == Kind.CREATED_IN_PASI:
        assert copy is not None
        new_link = _create_here(actor, entities.by_kind(item.entity), copy, item.key, reason, deleted=not accepted)
        decision.created_record = True
        decision.revision_after = new_link.record.revision
        if not accepted:
            # Known here as deleted, so that it is deleted there: our side of the difference is "deleted".
            new_link.kept = {"deleted": False}
            new_link.save(update_fields=["kept"])
            _send_ours(actor, new_link, ["deleted"], copy.core_version)
        return
    assert link is not None
    if item.kind == Kind.IDENTITY_CHANGED_IN_PASI:
        assert copy is not None
        if accepted:
            identity.accept(actor, link, copy, reason, decision)
            return
        identity.check(actor, REJECT, link, copy)
        names = [row["name"] for row in item.fields]
        link.kept = {**link.kept, **{name: values.their(copy, name) for name in names}}
        link.save(update_fields=["kept"])
        _send_ours(actor, link, names, copy.core_version)
    elif item.kind in (Kind.DELETED_IN_PASI, Kind.RESTORED_IN_PASI):
        assert copy is not None
        _decide_fields(
            actor, item, copy, link, ["deleted"] if accepted else [], [] if accepted else ["deleted"], reason, decision
        )
    elif accepted:
        entity = entities.by_kind(link.entity)
        assert entity.sis is not None
        gone = entity.sis.change(actor, link.subject_id, {"deleted": True}, origin=Origin.PASI, reason=reason)
        decision.revision_after = gone.revision
    else:
        _send_ours(actor, link, entities.by_kind(link.entity).compared, 0)


def _create_here(actor: Actor, entity: Entity, copy: LocalCopy, key: str, reason: str, deleted: bool) -> Link:
    """The SIS record for a record created in PASI, linked to it by its key: adopted, never created there again.

    `deleted`: known here only to be deleted there; only that it is gone is sent.
    """
    assert entity.sis is not None and entity.sis.create is not None
    whose, theirs = _whose(actor, entity, copy), values.theirs(copy)
    fields = {**theirs, "deleted": False} if entity.has_deletion else theirs
    if deleted:
        near = entity.sis.nearest(theirs, whose.get("school_year")) if entity.sis.nearest else theirs
        fields = {**near, "deleted": True}
    again = _forgotten(entity, key, whose)
    how = {"origin": Origin.PASI, "reason": reason}
    if again is not None:
        record = entity.sis.change(actor, again.pk, fields, **how)
    else:
        record = entity.sis.create(actor, whose, fields, **how)
    link = Link(entity=entity.kind, key=key, agreed=values.plain(theirs), agreed_at=clock.now())
    link.record = record
    link.save()
    return link


def _whose(actor: Actor, entity: Entity, copy: LocalCopy) -> dict[str, Any]:
    """Student, school and year of PASI's record, where the kind has them; a student only PASI knows is added here."""
    asn, code, year = (entity.part_in(copy, name) for name in ("asn", "school", "school_year"))
    whose: dict[str, Any] = {}
    if asn is not None:
        whose["student"] = Student.objects.filter(asn=asn).first() or student_of(actor, asn)
    if code is not None:
        whose["school"] = School.objects.get(code=code)
    if year is not None:
        whose["school_year"] = year
    return whose


def _forgotten(entity: Entity, key: str, whose: dict[str, Any]) -> Any:
    """The SIS record that an earlier decision created and its undo left deleted: used again, not created twice."""
    if not entity.has_deletion:
        return None
    undone = Decision.objects.filter(
        discrepancy__entity=entity.kind, discrepancy__key=key, created_record=True, undone_at__isnull=False
    ).order_by("-id")
    ids = [before["record"] for before in undone.values_list("before", flat=True) if "record" in before]
    tied = entity.links.filter(subject_id__in=ids).values("subject_id")
    return entity.records.filter(pk__in=ids, deleted=True, **whose).exclude(pk__in=tied).order_by("-pk").first()
