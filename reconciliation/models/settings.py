from django.db import models
from django.utils.translation import gettext_lazy as _

from pasi_connect.models.settings import Singleton, between


class ReconciliationSettings(Singleton):
    keep_days = models.PositiveSmallIntegerField(
        _("keep runs"),
        default=90,
        validators=between(1, 730),
        help_text=_("Days. Then a run is removed with its files."),
    )

    class Meta:
        verbose_name = _("Reconciliation settings")
