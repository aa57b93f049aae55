"""Settings pages as typed rows: one row each, ranges and defaults on the fields, effective at once.

`version` keeps two administrators from overwriting each other (the form carries the version it was drawn with).
"""

from collections.abc import Callable
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def between(least: int, most: int) -> list[Callable[[Any], None]]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class Singleton(models.Model):
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def load(cls) -> Self:
        """The row, with the defaults until somebody saves it."""
        return cls._default_manager.filter(pk=1).first() or cls(pk=1)


def _days(label: Any, least: int, most: int, help_text: Any) -> Any:
    """A number of days; empty: the installation's default."""
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, validators=between(least, most), help_text=help_text
    )


class KeepingSettings(Singleton):
    """How long what is left of work and people's visits is kept, and how long tokens live. Empty: the installation's default
    (`settings.KEEP`, from the environment)."""

    exchanges_days = _days(
        _("exchange log"), 30, 3650, _("Days. Calls to PASI: who they were made for and what PASI answered.")
    )
    bodies_days = _days(
        _("message bodies in the exchange log"), 1, 365,
        _("Days. They contain student data and are stored only while this is switched on."),
    )  # fmt: skip
    reads_days = _days(_("access log"), 90, 3650, _("Days. Who viewed which student."))
    sign_ins_days = _days(
        _("sign-in log"), 7, 3650, _("Days. Successful and failed sign-ins, with their IP addresses.")
    )
    sessions_days = _days(
        _("ended sessions"), 0, 365, _("Days after they end. Unused invitations are removed with them.")
    )
    mails_days = _days(_("sent e-mail"), 7, 3650, _("Days. E-mails contain no student data."))
    answers_days = _days(
        _("answers to repeated requests"), 1, 30,
        _("Days. The API’s answers by idempotency key. A key can be reused after 24 hours."),
    )  # fmt: skip
    errors_days = _days(
        _("errors"), 7, 3650, _("Days. Class and place of errors in PASI Connect, without student data.")
    )
    token_most_days = _days(
        _("maximum lifetime of an API token"), 1, 3650,
        _("Days. A token without an end date ends after a year, or sooner if this limit is shorter."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("Retention and tokens")

    def days(self, name: str) -> int:
        """What holds for one of the fields."""
        value = getattr(self, name)
        return int(settings.KEEP[name] if value is None else value)


def four_eyes_as_installed() -> bool:
    return bool(settings.FOUR_EYES)


class ApprovalSettings(Singleton):
    """Who may release what the guard has stopped. As installed (`FOUR_EYES`) until somebody saves the page."""

    four_eyes = models.BooleanField(
        _("second person required"),
        default=four_eyes_as_installed,
        help_text=_("When this is on, the person who started a job cannot approve it after the guard has stopped it."),
    )

    class Meta:
        verbose_name = _("Approval")
