"""What decides whether a record takes part: the settings and the years, read once for a batch."""

from dataclasses import dataclass, field
from functools import cached_property

from operations import clock
from pasi_connect.models import SyncSettings
from pasi_connect.rules import window
from sis.models import School
from sis.models.organisation import State
from sis.rules.school_year import SchoolYear


@dataclass
class Context:
    settings: SyncSettings = field(default_factory=SyncSettings.load)

    def __post_init__(self) -> None:
        wanted = window.synchronised(self.settings.current_school_year, self.settings.historical_years)
        possible = window.possible(clock.today())
        self.years: frozenset[SchoolYear] = wanted & possible
        self.last_possible: SchoolYear = max(possible)

    @cached_property
    def active_schools(self) -> frozenset[str]:
        return frozenset(School.objects.filter(enrolment_sync=State.ACTIVE).values_list("code", flat=True))

    def takes_part(self, school_code: str, year: SchoolYear | None) -> bool:
        """Compared and shown to people; everything else is `not_compared`."""
        return year in self.years and school_code in self.active_schools

    def year_accepted(self, year: SchoolYear) -> bool:
        accepted = self.settings.accepted_school_years
        return not accepted or year.ending in accepted
