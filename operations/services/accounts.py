"""Users, passwords, roles and what people choose for themselves. Every change leaves an audit entry; no password does."""

from collections.abc import Iterable, Mapping
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock, offers, signing_in
from operations.actor import Actor
from operations.models import User
from operations.rules import latin1, permissions
from operations.services import audit, notices, people

NAMES = frozenset({"plain_name", "first_name", "last_name", "local_id"})  # who it was, as PASI is told
OWN = ("plain_name", "theme", "language", "shortcuts_enabled")  # what a person sets in the profile
BY_ADMINISTRATORS = (
    "username",
    "first_name",
    "last_name",
    "plain_name",
    "email",
    "local_id",
    "is_active",
)  # what an administrator sets
PASSWORD_CHANGED, ACCOUNT_CHANGED = "password_changed", "account_changed"  # notices to the person
PROFILE = "/profile/"
SERVICE_FIELDS = ("last_name", "username", "is_active")


def _set(user: User, names: Iterable[str], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field -> [before, after] of what differs."""
    changes = {name: [getattr(user, name), values[name]] for name in names if values[name] != getattr(user, name)}
    for name, (_before, after) in changes.items():
        setattr(user, name, after)
    return changes


def check_spelling(user: User, name: str) -> None:
    """Nobody signs as somebody else: a person may choose their own name, or one that an administrator has agreed to."""
    if name and name != user.plain_name and not latin1.spells(name, user.full_name):
        message = _("This is not a spelling of your name. An administrator can approve it on your page under People.")
        raise ValidationError(message)


@transaction.atomic
def save_profile(actor: Actor, user_id: int, values: Mapping[str, Any]) -> User:
    """`values`: the fields of OWN. Sends what the former spelling held back.

    Raises ValidationError for a name that is not the person's own: only an administrator may agree to that.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    check_spelling(user, values["plain_name"])
    changes = _set(user, OWN, values)
    if changes:
        user.save(update_fields=list(changes))
        _named_anew(changes)
        audit.record(actor, audit.Entry(audit.Verb.PROFILE_CHANGED, "user", str(user.pk), changes=changes))
    return user


def _named_anew(changes: Iterable[str]) -> None:
    if NAMES.intersection(changes):
        for listener in offers.named_anew:
            listener()


@transaction.atomic
def set_password(actor: Actor, user: User, raw: str, *, end_tokens: bool = False) -> None:
    """Ends the person's other sessions, since they carry the old password's mark; with `end_tokens` the API tokens too."""
    user.set_password(raw)
    user.save(update_fields=["password"])
    audit.record(actor, audit.Entry(audit.Verb.PASSWORD_SET, "user", str(user.pk)))
    if end_tokens:
        for token in user.api_tokens.select_related("user"):
            people.revoke_token(actor, token)


@transaction.atomic
def change_password(actor: Actor, user: User, raw: str, *, end_tokens: bool = False) -> None:
    """By the person, who gets a notice in case it was somebody else."""
    set_password(actor, user, raw, end_tokens=end_tokens)
    notices.tell(user, PASSWORD_CHANGED, {}, PROFILE)


@transaction.atomic
def add_user(actor: Actor, values: Mapping[str, Any], role: Group) -> User:
    """Without a password: an invitation lets the person set one (`operations.services.invitations`)."""
    people.allow(actor, role=role)
    user = User(**{name: values[name] for name in BY_ADMINISTRATORS})
    user.set_unusable_password()
    user.save()
    user.groups.set([role])
    changes = {name: [None, values[name]] for name in BY_ADMINISTRATORS} | {"role": [None, role.name]}
    audit.record(actor, audit.Entry(audit.Verb.USER_ADDED, "user", str(user.pk), changes=changes))
    return user


@transaction.atomic
def add_service(actor: Actor, values: Mapping[str, Any], role: Group) -> User:
    """A service account: no password, so that nobody signs in as it. `values`: SERVICE_FIELDS."""
    people.allow(actor, role=role)
    user = User(kind=User.Kind.SERVICE, **{name: values[name] for name in SERVICE_FIELDS})
    user.set_unusable_password()
    user.save()
    user.groups.set([role])
    changes = {name: [None, values[name]] for name in SERVICE_FIELDS} | {"role": [None, role.name]}
    audit.record(actor, audit.Entry(audit.Verb.SERVICE_ACCOUNT_ADDED, "user", str(user.pk), changes=changes))
    return user


@transaction.atomic
def change_user(actor: Actor, user_id: int, values: Mapping[str, Any], role: Group) -> User:
    """`values`: BY_ADMINISTRATORS or, for a service account, SERVICE_FIELDS.

    Raises ValidationError when nobody would be left who may look after people.
    """
    _one_at_a_time()
    user = User.objects.select_for_update().get(pk=user_id)
    people.allow(actor, user, role)
    if not user.is_service:
        values = {**values, "plain_name": _agreed(actor, user, values)}
    changes = _set(user, SERVICE_FIELDS if user.is_service else BY_ADMINISTRATORS, values)
    if changes:
        user.save(update_fields=list(changes))
        _named_anew(changes)
    roles = sorted(user.groups.values_list("name", flat=True))
    if roles != [role.name]:
        user.groups.set([role])
        changes["role"] = [", ".join(roles), role.name]
    if changes:
        _somebody_is_left()
        if not user.is_service and {"username", "email"} & changes.keys():
            notices.tell(user, ACCOUNT_CHANGED, {"who": actor.name}, PROFILE)
        audit.record(actor, audit.Entry(audit.Verb.USER_CHANGED, "user", str(user.pk), changes=changes))
    return user


def _agreed(actor: Actor, user: User, values: Mapping[str, Any]) -> str:
    """The name's spelling for PASI. One that was agreed for another name no longer holds."""
    named = User(first_name=values["first_name"], last_name=values["last_name"], username=user.username)
    named.plain_name, name = user.plain_name, str(values["plain_name"])
    if actor.user_id == user.pk:
        check_spelling(named, name)
    if name == user.plain_name and named.full_name != user.full_name and not latin1.spells(name, named.full_name):
        return ""
    return name


@transaction.atomic
def set_role(actor: Actor, role_id: int, codenames: Iterable[str]) -> bool:
    """Gives a role these permissions, and those that they cannot be used without. False when nothing differed. Raises ValidationError as `change_user`."""
    people.allow(actor)
    _one_at_a_time()
    role = Group.objects.get(pk=role_id)
    mine = role.permissions.filter(content_type__app_label="operations")
    before, after = sorted(mine.values_list("codename", flat=True)), sorted(permissions.with_needed(codenames))
    if before == after:
        return False
    role.permissions.set(Permission.objects.filter(content_type__app_label="operations", codename__in=after))
    _somebody_is_left()
    changes = {"permissions": [before, after]}
    audit.record(actor, audit.Entry(audit.Verb.ROLE_CHANGED, "role", role.name, changes=changes))
    return True


def _one_at_a_time() -> None:
    """Two administrators who remove each other's right at once must not both succeed."""
    list(Group.objects.select_for_update().order_by("pk"))


def _somebody_is_left() -> None:
    rows = User.objects.filter(is_active=True, kind=User.Kind.PERSON, groups__permissions__codename="people")
    if not rows.exists() and not User.objects.filter(is_active=True, is_superuser=True).exists():
        raise ValidationError(_("This is the last administrator. Give the role to somebody else first."))


def locked_names(names: Iterable[str]) -> set[str]:
    """Those of the user names that are locked after too many wrong passwords, from any address."""
    since = clock.now() - clock.dt.timedelta(hours=settings.AXES_COOLOFF_TIME)
    attempts = AccessAttempt.objects.filter(
        username__in=list(names), failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gte=since
    )
    return set(attempts.values_list("username", flat=True))


@transaction.atomic
def unlock(actor: Actor, user: User) -> bool:
    """Lets the person try again at once. False when the name was not locked."""
    people.allow(actor, user)
    signing_in.forget(user.username)
    if not reset(username=user.username):
        return False
    audit.record(actor, audit.Entry(audit.Verb.LOGIN_UNLOCKED, "user", str(user.pk)))
    return True
