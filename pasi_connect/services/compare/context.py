"""What decides whether a record takes part: the settings and the years, read once per batch."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from operations import clock
from pasi_connect.entities import Entity
from pasi_connect.models import CodeValue, SyncSettings
from pasi_connect.rules import window
from sis.models import School
from sis.models.organization import State
from sis.rules.school_year import SchoolYear


@dataclass
class Context:
    settings: SyncSettings = field(default_factory=SyncSettings.load)

    def __post_init__(self) -> None:
        wanted = window.synchronized(self.settings.current_school_year, self.settings.historical_years)
        possible = window.possible(clock.today())
        self.years: frozenset[SchoolYear] = wanted & possible
        self.last_possible: SchoolYear = max(possible)

    def has_kind(self, entity: Entity) -> bool:
        """Whether the kind is compared at all: some have a setting of their own."""
        assert entity.sis is not None
        return not entity.sis.setting or bool(getattr(self.settings, entity.sis.setting))

    def is_active(self, entity: Entity, record: Any) -> bool:
        """A school at which the record stands takes part; so does a record that belongs to no school."""
        assert entity.sis is not None
        schools, switch = entity.schools_of(record), entity.sis.switch
        nowhere = not entity.school_column and entity.sis.schools is None
        return nowhere or any(getattr(school, switch) == State.ACTIVE for school in schools)

    def has_part(self, entity: Entity, record: Any) -> bool:
        """The same of a SIS record, whose school has been read along."""
        if not self.has_kind(entity) or (entity.by_year and entity.year_of(record) not in self.years):
            return False
        return self.is_active(entity, record)

    def takes(self, entity: Entity, record: Any) -> bool:
        """The same, whatever its school was when the record was read."""
        assert entity.sis is not None
        if entity.sis.schools is not None:
            return self.has_part(entity, record)
        return self.takes_part(entity, entity.school_code(record), entity.year_of(record))

    @cached_property
    def _schools(self) -> dict[str, frozenset[str]]:
        return {}

    def active_schools(self, entity: Entity) -> frozenset[str]:
        """Codes of the schools whose records of this kind take part."""
        assert entity.sis is not None
        switch = entity.sis.switch
        if switch not in self._schools:
            active = School.objects.filter(**{switch: State.ACTIVE})
            self._schools[switch] = frozenset(active.values_list("code", flat=True))
        return self._schools[switch]

    def takes_part(self, entity: Entity, school_code: str, year: SchoolYear | None) -> bool:
        """Compared and shown to people; everything else is `not_compared`. A kind without years is of every year."""
        in_scope = not entity.school_column or school_code in self.active_schools(entity)
        return self.has_kind(entity) and in_scope and (year in self.years or not entity.by_year)

    def year_accepted(self, year: SchoolYear) -> bool:
        accepted = self.settings.accepted_school_years
        return not accepted or year.ending in accepted or (year.ending < min(accepted) and not self.year_closed(year))

    def year_closed(self, year: SchoolYear) -> bool:
        """PASI accepts no enrolments of a year this old. Reads the code values only if its years do not say."""
        accepted = self.settings.accepted_school_years
        if not accepted or year.ending >= min(accepted):
            return False
        return self.oldest_taken is not None and year < self.oldest_taken

    @cached_property
    def oldest_taken(self) -> SchoolYear | None:
        rows = CodeValue.objects.filter(class_name="SchoolYearType", code="Accepted")
        first = rows.values_list("first_school_year", flat=True).first()
        return window.oldest_taken(self.settings.accepted_school_years, first)

    def is_historical(self, year: SchoolYear) -> bool:
        """Older than the synchronized years: PASI announces no changes for it."""
        return window.historical(year, self.years)
