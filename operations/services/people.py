"""Roles, users and tokens."""

import datetime as dt
import hashlib
import hmac

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from operations import clock
from operations.actor import Actor
from operations.models import ApiToken, User
from operations.models.people import token_digest
from operations.services import audit

# Role -> permissions. An administrator may change them afterwards; missing roles are made again at each migration.
ROLES = {
    "Registrar": ("find", "edit_records", "core_alerts"),
    "District officer": (
        "find", "edit_records", "core_alerts", "setup", "synchronization", "approve", "all_schools", "year_end",
        "reconciliation",
    ),
    "Administrator": ("people", "certificates", "setup", "all_schools"),
}  # fmt: skip


def ensure_roles(**kwargs: object) -> None:
    """Makes the roles that do not exist yet; leaves the others as administrators have set them."""
    for name, codes in ROLES.items():
        group, made = Group.objects.get_or_create(name=name)
        if made:
            group.permissions.set(Permission.objects.filter(content_type__app_label="operations", codename__in=codes))


@transaction.atomic
def make_token(
    actor: Actor, user: User, name: str, expires_at: dt.datetime | None = None, raw: str | None = None
) -> str:
    """A new API token, shown this once."""
    raw = raw or ApiToken.make()
    ApiToken.objects.create(user=user, name=name, digest=token_digest(raw), hint=raw[:6], expires_at=expires_at)
    audit.record(actor, audit.Entry("token made", "user", str(user.pk), changes={"name": [None, name]}))
    return raw


@transaction.atomic
def revoke_token(actor: Actor, token: ApiToken) -> None:
    audit.record(actor, audit.Entry("token revoked", "user", str(token.user_id), changes={"name": [token.name, None]}))
    token.delete()


def demo_token(user: User) -> str:
    """The demo's token of a user: the same for one installation, so that a second terminal can print it."""
    raw = hmac.new(settings.SECRET_KEY.encode(), f"demo:{user.username}".encode(), hashlib.sha256).hexdigest()[:40]
    ApiToken.objects.get_or_create(
        digest=token_digest(raw),
        defaults={"user": user, "name": "Demo", "hint": raw[:6], "expires_at": clock.now() + dt.timedelta(days=365)},
    )
    return raw
