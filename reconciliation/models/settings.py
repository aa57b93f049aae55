from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.settings import Singleton, between


def default_days() -> int:
    return int(settings.KEEP["runs_days"])


class ReconciliationSettings(Singleton):
    keep_days = models.PositiveSmallIntegerField(
        _("keep runs"),
        default=default_days,
        validators=between(1, 730),
        help_text=_("Days. After that, a run is removed with its files."),
    )

    class Meta:
        verbose_name = _("Reconciliation settings")
