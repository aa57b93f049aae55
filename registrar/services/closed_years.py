"""Years that a year end has closed count as historical, up to two."""

from django.db import transaction

from operations.actor import Actor
from pasi_connect.models import SyncSettings
from pasi_connect.services import setting_up
from registrar.models import YearEndRehearsal
from registrar.rules import year_end as rules


@transaction.atomic
def count_year(actor: Actor, rehearsal: YearEndRehearsal) -> int | None:
    """One more historical year, once per closed year. Returns their number when it was counted now."""
    year = rehearsal.school_year.ending
    SyncSettings.objects.get_or_create(pk=1)
    settings = SyncSettings.objects.select_for_update().get(pk=1)
    if year in settings.years_closed:
        return None
    years = rules.historical_years(settings.historical_years)
    values = {"historical_years": years, "years_closed": [*settings.years_closed, year]}
    setting_up.save(actor, SyncSettings, settings.version, values)
    return years
