"""People, their roles and their API tokens. A role is a group; its permissions carry the names that users know."""

import hashlib
import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.rules import latin1


class User(AbstractUser):
    local_id = models.CharField(
        _("local ID"),
        max_length=50,
        blank=True,
        help_text=_("Told to PASI with every change you make. Empty: the user name."),
    )
    plain_name = models.CharField(
        _("name in Latin letters"),
        max_length=100,
        blank=True,
        help_text=_("PASI can store Latin letters only. Agree here how your name is written there."),
    )
    theme = models.CharField(
        _("theme"),
        max_length=5,
        blank=True,
        choices=[("", _("As my system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    shortcuts_enabled = models.BooleanField(_("single-key shortcuts"), default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    language = models.CharField(
        _("language"), max_length=2, blank=True, choices=[("en", "English"), ("fr", "Français")]
    )

    class Meta(AbstractUser.Meta):
        permissions = [
            ("find", _("Find: look up students")),
            ("edit_records", _("Edit enrolments of own schools")),
            ("core_alerts", _("Core Alerts: decide on changes from PASI, manage alerts")),
            ("setup", _("Setup: connection, certificate, settings")),
            ("synchronization", _("Synchronization: send again, cancel, force-send")),
            ("all_schools", _("All schools of the authority")),
            ("approve", _("Approve what the guard stopped")),
            ("year_end", _("Year end: close concurrent enrolments")),
            ("reconciliation", _("Reconciliation of PASIprep exports")),
            ("people", _("Users, roles and tokens")),
            ("certificates", _("Certificates")),
        ]

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
        return ", ".join(group.name for group in self.groups.all())

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.get_username()[:2].upper()


def token_digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


class ApiToken(models.Model):
    """A key for API consumers. Only its digest is kept; the token itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses it, so that you know later."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @staticmethod
    def make() -> str:
        return secrets.token_hex(24)
