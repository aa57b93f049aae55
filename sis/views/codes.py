"""PASI's codes of a section's fields: pick lists, and what people call a code."""

from collections.abc import Callable

from operations import offers
from sis.rules.school_year import SchoolYear
from sis.rules.section import CODE_CLASSES


def pick_lists(year: SchoolYear | None = None) -> dict[str, list[tuple[str, str]]]:
    """By field name; a field is absent while its codes have not come yet."""
    found = offers.codes_of(tuple(CODE_CLASSES.values()), year)
    return {name: found[class_name] for name, class_name in CODE_CLASSES.items() if class_name in found}


def words(year: SchoolYear | None = None) -> Callable[[str, str], str]:
    """Gives the text of a code by field; the code itself where PASI has no word for it. Read once."""
    known = {name: dict(rows) for name, rows in pick_lists(year).items()}
    return lambda name, code: known.get(name, {}).get(code, code)
