"""PASI's codes of a section's fields: pick lists, and what people call a code."""

from collections.abc import Callable

from operations import offers
from sis.rules.school_year import SchoolYear
from sis.rules.section import CODE_CLASSES


def pick_lists(year: SchoolYear | None = None) -> dict[str, list[tuple[str, str]]]:
    """By field name; a field is absent while its codes have not come yet."""
    by_class = offers.codes_of(tuple(CODE_CLASSES.values()), year)
    return {name: by_class[class_name] for name, class_name in CODE_CLASSES.items() if class_name in by_class}


def words(year: SchoolYear | None = None) -> Callable[[str, str], str]:
    """Gives the text of a code by field; the code itself where PASI has no word for it. Read once."""
    texts = {name: dict(rows) for name, rows in pick_lists(year).items()}
    return lambda name, code: texts.get(name, {}).get(code, code)
