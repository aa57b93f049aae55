"""The people who open the product for the first time. An operator names them on the machine itself; each sets a password by a link."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from operations.actor import Actor
from operations.models import User
from operations.rules import latin1
from operations.services import accounts, invitations


class NotThisPerson(Exception):
    """There is an account of that name which this must not open. `why` is a sentence in plain English."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Invited:
    """`secret` opens the page on which the password is set; "" for somebody who has one already."""

    person: User
    role: str
    secret: str


def has_tables() -> bool:
    """Whether the database has been prepared. False for a SQLite file that is not there: asking it would make it, empty and readable
    by everybody."""
    if settings.SQLITE and not Path(str(settings.DATABASES["default"]["NAME"])).exists():
        return False
    try:
        User.objects.exists()
    except DatabaseError:
        return False
    return True


def somebody_is_there() -> bool:
    """Whether anybody has an account with which people sign in."""
    return User.objects.filter(kind=User.Kind.PERSON).exists()


def one_at_a_time() -> None:
    """Inside a transaction: a second first start waits until this one is over, and then finds what it has made."""
    list(Group.objects.select_for_update().order_by("pk"))


@transaction.atomic
def invite(actor: Actor, username: str, role: str) -> Invited:
    """The person, made where there is none, and a new link while there is no password. An earlier link stops working.

    Raises NotThisPerson; ValidationError for a name that no account can have.
    """
    person = User.objects.select_for_update().filter(username__iexact=username).first()
    if person is None:
        values = {
            "username": username, "first_name": "", "last_name": "", "plain_name": "", "email": "", "local_id": "",
            "is_active": True,
        }  # fmt: skip
        User._meta.get_field("username").clean(username, None)
        if not latin1.fits(username):
            raise ValidationError(_("PASI receives the user name. It accepts only Latin letters."))
        person = accounts.add_user(actor, values, Group.objects.get(name=role))
    elif why := _why_not(person, role):
        raise NotThisPerson(why)
    secret = "" if person.has_usable_password() else invitations.make(actor, person)
    return Invited(person, role, secret)


def _why_not(person: User, role: str) -> str:
    if person.is_service:
        return f"{person.username} is a service account. Choose another user name."
    if not person.is_active:
        return f"{person.username} may not sign in. Allow it under People, or choose another user name."
    roles = sorted(person.groups.values_list("name", flat=True))
    if role not in roles:
        return (
            f"{person.username} has the role {', '.join(roles) or 'none'}, not {role}. Change the role under People, or "
            "choose another user name."
        )
    return ""
