"""What a person wants by e-mail."""

from django.db import transaction

from alerts.models import MailChoice
from operations.actor import Actor
from operations.models import User
from operations.services import audit
from pasi_connect.models import Discrepancy


def choice_of(user: User) -> MailChoice:
    """Without a row: the default."""
    return MailChoice.objects.filter(user=user).first() or MailChoice(user=user)


@transaction.atomic
def choose(actor: Actor, user: User, how: str) -> bool:
    """False when nothing changes. At once begins with what opens from now on."""
    User.objects.select_for_update().get(pk=user.pk)
    choice = choice_of(user)
    if choice.how == how and choice.pk:
        return False
    before, choice.how = choice.how, how
    if how == MailChoice.How.AT_ONCE:
        choice.floor = newest_item()
    choice.save()
    if before != how:
        audit.record(
            actor, audit.Entry(audit.Verb.MAIL_CHOICE_CHANGED, "user", str(user.pk), changes={"how": [before, how]})
        )
    return before != how


def newest_item() -> int:
    return Discrepancy.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
