"""Roles, users and tokens."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import clock, rights
from operations.actor import Actor
from operations.models import ApiToken, KeepingSettings, Notice, User
from operations.models.people import token_digest
from operations.rules import permissions
from operations.services import audit, notices


def ensure_roles(**kwargs: object) -> None:
    """Makes the roles that do not exist yet; leaves the others as administrators have set them."""
    for name in permissions.ROLES:
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="operations", codename__in=permissions.of_role(name))
            )


TOKEN_MADE, TOKEN_REVOKED = "token_made", "token_revoked"  # the notices to a token's owner
TOKEN_ENDS = "token_ends"  # noqa: S105 - the notice, too
WARN_AHEAD = dt.timedelta(days=14)
WHERE_TOKENS_ARE = "/profile/#h-tokens"


class NotAllowed(Exception):
    """Nobody acts under the name of somebody else: a person's tokens are made by that person."""


def allow(actor: Actor, person: User | None = None, role: Group | None = None) -> None:
    """Nobody hands out more schools than they see: not by a role, and not by the way into an account that sees more.

    Without `person` and `role` it is about the whole authority. Raises PermissionDenied with the sentence. The product itself may.
    """
    if actor.user_id is None:
        return
    who = User.objects.get(pk=actor.user_id)
    if person is not None and person.pk != who.pk and not rights.looks_after(who, person):
        raise PermissionDenied(_("This account has access to schools that you do not have access to."))
    if role is not None and rights.gives_all_schools(role) and not rights.covers(who, None):
        raise PermissionDenied(_("This role gives access to all schools, and you do not have that access."))
    if person is None and role is None and not rights.covers(who, None):
        raise PermissionDenied(_("This concerns all schools, and you do not have access to all of them."))


LIFETIME = dt.timedelta(days=365)


def longest_life() -> dt.timedelta:
    return dt.timedelta(days=KeepingSettings.load().days("token_most_days"))


def default_end() -> dt.datetime:
    """Of a token that is given no end: a year, or less where the settings say so."""
    return clock.now() + min(LIFETIME, longest_life())


@transaction.atomic
def make_token(
    actor: Actor, user: User, name: str, expires_at: dt.datetime | None = None, raw: str | None = None, *,
    scope: str = ApiToken.Scope.WRITE, schools: Collection[str] = (),
) -> str:  # fmt: skip
    """A new API token, shown this once; its owner is told. Raises NotAllowed when it is for another person.

    The product itself (`SYNC`) makes tokens for whoever runs it on this machine.
    """
    if not (user.is_service or actor.is_system or actor.user_id == user.pk):
        raise NotAllowed
    allow(actor, user)
    raw = raw or ApiToken.make()
    end = expires_at or default_end()
    ApiToken.objects.create(
        user=user,
        name=name,
        digest=token_digest(raw),
        hint=raw[:6],
        expires_at=end,
        scope=scope,
        schools=sorted(schools),
    )
    values = {"name": name, "scope": str(scope), "schools": sorted(schools), "expires_at": end.isoformat()}
    audit.record(
        actor,
        audit.Entry(
            audit.Verb.TOKEN_MADE, "user", str(user.pk), changes={key: [None, one] for key, one in values.items()}
        ),
    )
    if not user.is_service:
        notices.tell(user, TOKEN_MADE, {"token": name, "who": actor.name}, WHERE_TOKENS_ARE)
    return raw


@transaction.atomic
def revoke_token(actor: Actor, token: ApiToken) -> None:
    """Its owner gets a notice when somebody else does it."""
    allow(actor, token.user)
    audit.record(
        actor, audit.Entry(audit.Verb.TOKEN_REVOKED, "user", str(token.user_id), changes={"name": [token.name, None]})
    )
    token.delete()
    if not token.user.is_service and actor.user_id != token.user_id:
        notices.tell(token.user, TOKEN_REVOKED, {"token": token.name, "who": actor.name}, WHERE_TOKENS_ARE)


def warn_of_ends() -> None:
    """The tick's round: one notice to the owner of a token that ends soon; for a service account, to those who run the product."""
    now = clock.now()
    for token in ApiToken.objects.filter(expires_at__gt=now, expires_at__lte=now + WARN_AHEAD).select_related("user"):
        if token.user.is_active and not Notice.objects.filter(kind=TOKEN_ENDS, values__id=token.pk).exists():
            values = {
                "id": token.pk,
                "token": token.name,
                "owner": token.user.full_name,
                "day": timezone.localtime(token.expires_at).date().isoformat(),
            }
            if token.user.is_service:
                notices.leave(notices.WHOLE, TOKEN_ENDS, values, f"/people/{token.user_id}/")
            else:
                notices.tell(token.user, TOKEN_ENDS, values, WHERE_TOKENS_ARE)


def demo_token(user: User) -> str:
    """The demo's token of a user: the same for one installation, so that a second terminal can print it."""
    raw = hmac.new(settings.SECRET_KEY.encode(), f"demo:{user.username}".encode(), hashlib.sha256).hexdigest()[:40]
    ApiToken.objects.get_or_create(
        digest=token_digest(raw),
        defaults={
            "user": user,
            "name": "Demo",
            "hint": raw[:6],
            "expires_at": clock.now() + LIFETIME,
            "scope": ApiToken.Scope.WRITE,
        },
    )
    return raw
