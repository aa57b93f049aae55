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

from operations import clock
from operations.actor import Actor
from operations.models import User
from operations.services import audit

OWN = ("plain_name", "theme", "language", "shortcuts_enabled")  # what a person sets in the profile
GIVEN = ("username", "first_name", "last_name", "email", "local_id", "is_active")  # what an administrator sets


def _set(user: User, names: Iterable[str], given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field -> [before, after] of what differs."""
    changes = {name: [getattr(user, name), given[name]] for name in names if given[name] != getattr(user, name)}
    for name, (_before, after) in changes.items():
        setattr(user, name, after)
    return changes


@transaction.atomic
def save_profile(actor: Actor, user_id: int, given: Mapping[str, Any]) -> User:
    """`given`: the fields of OWN. What a changed spelling held back goes out with the next sweep."""
    user = User.objects.select_for_update().get(pk=user_id)
    changes = _set(user, OWN, given)
    if changes:
        user.save(update_fields=list(changes))
        audit.record(actor, audit.Entry("profile changed", "user", str(user.pk), changes=changes))
    return user


@transaction.atomic
def set_password(actor: Actor, user: User, raw: str) -> None:
    """Ends the person's other sessions, since they carry the old password's mark."""
    user.set_password(raw)
    user.save(update_fields=["password"])
    audit.record(actor, audit.Entry("password set", "user", str(user.pk)))


@transaction.atomic
def add_user(actor: Actor, given: Mapping[str, Any], role: Group, raw_password: str) -> User:
    user = User(**{name: given[name] for name in GIVEN})
    user.set_password(raw_password)
    user.save()
    user.groups.set([role])
    changes = {name: [None, given[name]] for name in GIVEN} | {"role": [None, role.name]}
    audit.record(actor, audit.Entry("user added", "user", str(user.pk), changes=changes))
    return user


@transaction.atomic
def change_user(actor: Actor, user_id: int, given: Mapping[str, Any], role: Group) -> User:
    """Raises ValidationError when nobody would be left who may look after people."""
    _one_at_a_time()
    user = User.objects.select_for_update().get(pk=user_id)
    changes = _set(user, GIVEN, given)
    if changes:
        user.save(update_fields=list(changes))
    roles = sorted(user.groups.values_list("name", flat=True))
    if roles != [role.name]:
        user.groups.set([role])
        changes["role"] = [", ".join(roles), role.name]
    if changes:
        _somebody_is_left()
        audit.record(actor, audit.Entry("user changed", "user", str(user.pk), changes=changes))
    return user


@transaction.atomic
def set_role(actor: Actor, role_id: int, codenames: Iterable[str]) -> bool:
    """Gives a role exactly these permissions. False when nothing differed. Raises ValidationError as `change_user`."""
    _one_at_a_time()
    role = Group.objects.get(pk=role_id)
    mine = role.permissions.filter(content_type__app_label="operations")
    before, after = sorted(mine.values_list("codename", flat=True)), sorted(codenames)
    if before == after:
        return False
    role.permissions.set(Permission.objects.filter(content_type__app_label="operations", codename__in=after))
    _somebody_is_left()
    changes = {"permissions": [before, after]}
    audit.record(actor, audit.Entry("role changed", "role", role.name, changes=changes))
    return True


def _one_at_a_time() -> None:
    """Two administrators who take the right from each other at once must not both succeed."""
    list(Group.objects.select_for_update().order_by("pk"))


def _somebody_is_left() -> None:
    people = User.objects.filter(is_active=True, groups__permissions__codename="people")
    if not people.exists() and not User.objects.filter(is_active=True, is_superuser=True).exists():
        raise ValidationError(_("This is the last administrator. Give somebody else the role first."))


def locked_names(names: Iterable[str]) -> set[str]:
    """Those of the user names that wait after too many wrong passwords, from whichever address."""
    since = clock.now() - clock.dt.timedelta(hours=settings.AXES_COOLOFF_TIME)
    attempts = AccessAttempt.objects.filter(
        username__in=list(names), failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gte=since
    )
    return set(attempts.values_list("username", flat=True))


@transaction.atomic
def unlock(actor: Actor, user: User) -> bool:
    """Lets the person try again at once. False when nobody was kept waiting."""
    if not reset(username=user.username):
        return False
    audit.record(actor, audit.Entry("login unlocked", "user", str(user.pk)))
    return True
