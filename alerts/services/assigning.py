"""Who looks after an item: assigning it, handing it over, putting it back. Each step is kept."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alerts import selectors
from alerts.models import Assignment, AssignmentStep
from operations import clock
from operations.actor import Actor
from operations.models import User
from operations.services import audit
from pasi_connect.models import Discrepancy

SUBJECT = "assignment"


class Moved(Exception):
    """Somebody else has been quicker; the message says who has the item now."""


@transaction.atomic
def assign(actor: Actor, item_id: int, user_id: int | None, *, holder_id: int | None, reason: str = "") -> bool:
    """Gives the item's record to a person who decides at its school; None puts it back. False when nothing differed.

    `holder_id` is the id of who had it when the page was drawn (None: nobody). Raises Moved when that is no longer true,
    ValidationError when the item is settled or the person does not decide there.
    """
    item = Discrepancy.objects.select_for_update().get(pk=item_id)
    if not item.is_open:
        raise ValidationError(_("This change is already settled, so it cannot be assigned."))
    held = Assignment.objects.select_for_update().select_related("user").filter(key=item.key).first()
    before = held.user if held else None
    if (before.pk if before else None) != holder_id:
        raise Moved(_moved(before))
    after = _person(item, user_id)
    if before == after:
        return False
    _store(actor, item.key, after)
    AssignmentStep.objects.create(
        key=item.key,
        item_id=item.pk,
        school_code=item.school_code,
        at=clock.now(),
        before=before,
        after=after,
        user_id=actor.user_id,
        actor_name=actor.name,
        reason=reason,
    )
    changes = {"assigned_to": [before.full_name if before else None, after.full_name if after else None]}
    audit.record(actor, audit.Entry(audit.Verb.ASSIGNED, SUBJECT, item.key, item.school_code, changes, reason))
    return True


def _moved(holder: User | None) -> str:
    if holder is None:
        return _("This change was unassigned in the meantime. Check it, then assign it again.")
    return _("This change is now assigned to %(who)s. Check it, then assign it again.") % {"who": holder.full_name}


def _person(item: Discrepancy, user_id: int | None) -> User | None:
    if user_id is None:
        return None
    person = selectors.colleagues(item.school_code).filter(pk=user_id).first()
    if person is None:
        raise ValidationError({"to": [_("This person cannot decide on changes of this school. Choose somebody else.")]})
    return person


def _store(actor: Actor, key: str, after: User | None) -> None:
    if after is None:
        Assignment.objects.filter(key=key).delete()
        return
    Assignment.objects.update_or_create(key=key, defaults={"user": after, "at": clock.now(), "given_by": actor.name})
