"""Invitations: a person sets the password with a link that nobody else needs to see. Administrators learn no password.

The link is kept as a digest alone. It goes by mail directly and not by the rows of other mails, which would keep it.
"""

import datetime as dt
import logging
import secrets

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from operations import clock, logs
from operations.actor import Actor, of_user
from operations.models import Invitation, User
from operations.models.people import token_digest
from operations.services import accounts, audit, notices, people

log = logging.getLogger(__name__)

LIFETIME = dt.timedelta(days=3)
PASSWORD_SET = "password_set"  # noqa: S105 - the notice to whoever's password it is


class NotValid(Exception):
    """No such link, or no longer: it has been used, has ended, or a newer one has taken its place."""


@transaction.atomic
def make(actor: Actor, user: User) -> str:
    """A new link's secret; an older link of the person stops working. The present password stays until the link is used."""
    people.allow(actor, user)
    raw, now = secrets.token_urlsafe(32), clock.now()
    Invitation.objects.update_or_create(
        user=user, defaults={"digest": token_digest(raw), "made_at": now, "expires_at": now + LIFETIME}
    )
    audit.record(actor, audit.Entry(audit.Verb.INVITATION_MADE, "user", str(user.pk)))
    return raw


def of(raw: str) -> Invitation:
    """Raises NotValid."""
    invitation = (
        Invitation.objects.select_related("user").filter(digest=token_digest(raw), expires_at__gt=clock.now()).first()
    )
    if invitation is None or not invitation.user.is_active or invitation.user.is_service:
        raise NotValid
    return invitation


@transaction.atomic
def use(raw: str, password: str, ip: str, *, end_tokens: bool) -> User:
    """Sets the password, once: of two who come at the same time one is refused. Raises NotValid."""
    user = of(raw).user
    gone, _rows = Invitation.objects.filter(digest=token_digest(raw)).delete()
    if not gone:
        raise NotValid
    accounts.set_password(of_user(user, ip), user, password, end_tokens=end_tokens)
    notices.tell(user, PASSWORD_SET, {}, reverse("operations:profile"))
    return user


def mail_is_set_up() -> bool:
    return not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")


def send(user: User, raw: str) -> bool:
    """By mail, where there is a mail server and an address. False where it was not sent: it is shown once instead."""
    if not (mail_is_set_up() and user.email):
        return False
    with translation.override(user.language or settings.LANGUAGE_CODE):
        url = settings.PUBLIC_URL + reverse("invitation", args=[raw])
        body = render_to_string(
            "operations/mail/invitation.txt", {"person": user.full_name, "url": url, "days": LIFETIME.days}
        )
        subject = _("PASI Connect: set your password")
    try:
        EmailMessage(subject, body.strip() + "\n", to=[user.email], headers={"Auto-Submitted": "auto-generated"}).send()
    except Exception as error:  # noqa: BLE001 - whatever it was, the administrator gives the link
        log.warning("An invitation was not sent: %s.", logs.class_of(error))
        return False
    return True
