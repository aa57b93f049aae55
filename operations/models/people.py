"""People, their roles and their API tokens. A role is a group; its permissions carry the names that users know."""

import hashlib
import secrets
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from operations.rules import latin1
from operations.rules.permissions import PERMISSIONS


class User(AbstractUser):
    """Who acts: a person who signs in, or a service account, which has no password and acts through its tokens alone."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        SERVICE = "service", _("Service account")

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PERSON, editable=False)
    local_id = models.CharField(
        _("local ID"),
        max_length=50,
        blank=True,
        help_text=_("PASI receives this with every change you make. If empty, it receives your user name."),
    )
    plain_name = models.CharField(
        _("name in Latin letters"),
        max_length=100,
        blank=True,
        help_text=_(
            "PASI accepts only Latin letters. Enter the spelling of your name that PASI receives. An administrator "
            "must approve any spelling that differs from your name."
        ),
    )
    theme = models.CharField(
        _("theme"),
        max_length=5,
        blank=True,
        choices=[("", _("Same as my system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    shortcuts_enabled = models.BooleanField(_("single-key shortcuts"), default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    language = models.CharField(
        _("language"), max_length=2, blank=True, choices=[("en", "English"), ("fr", "Français")]
    )

    # The token that the request came with: it may hold less than its owner, never more.
    token: "ApiToken | None" = None
    # What was read of the person's rights while one page is read, which asks for it twenty times; None elsewhere: ask again.
    rights_read: "dict[str, Any] | None" = None

    class Meta(AbstractUser.Meta):
        permissions = [(row.codename, _(row.label)) for row in PERMISSIONS]

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Of a request with a token: what the owner and the token may both do."""
        if self.token is not None and not self.token.allows(perm):
            return False
        return super().has_perm(perm, obj)

    @property
    def token_schools(self) -> list[str]:
        """Codes of the schools that the request's token is limited to; empty: all of the owner's."""
        return list(self.token.schools) if self.token is not None else []

    def owner_sees_all(self) -> bool:
        """Whether the person sees all schools, whatever the request's token is limited to."""
        return super().has_perm("operations.all_schools")

    @property
    def is_service(self) -> bool:
        return self.kind == self.Kind.SERVICE

    @property
    def full_name(self) -> str:
        return self.get_full_name() or self.get_username()

    @property
    def name_for_others(self) -> str:
        """The agreed spelling, else the full name: whether it may be sent is a rule (`operations.rules.latin1`)."""
        return self.plain_name or self.full_name

    @property
    def name_fits(self) -> bool:
        return latin1.fits(self.name_for_others)

    @property
    def role_name(self) -> str:
        """In the reader's language where it is a role that the product makes."""
        return ", ".join(gettext(group.name) for group in self.groups.all())


def token_digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


# What concerns the whole authority is not for a token that is limited to schools.
OF_THE_AUTHORITY = frozenset(
    f"operations.{name}" for name in (
        "all_schools", "people", "setup", "certificates", "year_end", "reconciliation", "approve", "read_access",
    )
)  # fmt: skip


class ApiToken(models.Model):
    """A key for API consumers. Only its digest is kept; the token itself is shown once.

    `schools`: codes that it is limited to, beside those of its owner; empty: all of the owner's.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(
        _("program"),
        max_length=100,
        help_text=_("The program that uses it. The history and PASI show it: “Rhea Molnar, by Bus planner”."),
    )
    scope = models.CharField(_("scope"), max_length=5, choices=Scope, default=Scope.READ)
    schools = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def allows(self, perm: str) -> bool:
        return not (self.schools and perm in OF_THE_AUTHORITY)

    @staticmethod
    def make() -> str:
        return secrets.token_hex(24)


class Invitation(models.Model):
    """A link with which a person sets a password: for one use, with an end. Only its digest is kept; it goes when it is used."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"for {self.user_id}"
