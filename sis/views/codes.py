"""PASI's codes of a section's fields: pick lists, and what people call a code."""

from collections.abc import Callable
from typing import Any

from operations import offers
from sis.models import Section
from sis.rules.school_year import SchoolYear
from sis.services.events import SECTION
from sis.services.sections import EDITABLE


def pick_lists(year: SchoolYear | None = None) -> dict[str, list[tuple[str, str]]]:
    """By field name; a field is absent while its codes have not come yet."""
    return offers.codes_of(SECTION, year)


def words(year: SchoolYear | None = None) -> Callable[[Section], dict[str, Any]]:
    """Gives the fields of a section by name, a code with its text where PASI has one. Read once."""
    texts = {name: dict(rows) for name, rows in pick_lists(year).items()}

    def of(section: Section) -> dict[str, Any]:
        values = {name: getattr(section, name) for name in EDITABLE}
        return {name: texts.get(name, {}).get(value, value) for name, value in values.items()}

    return of
