"""Pick lists of forms, from PASI's code values of a school year."""

import re
from collections.abc import Iterable, Sequence

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.models import CodeValue
from sis.rules.enrolment import GRADES
from sis.rules.school_year import SchoolYear

CLASSES = {class_name: name for name, class_name in SCHOOL_ENROLMENT.coded.items()}
WORDS_SECONDS = 60
NAMED = ("programming_type", "programming_timeframe")  # their codes are words: the description alone is shown


def of_year(year: SchoolYear | None) -> dict[str, list[tuple[str, str]]]:
    """Field name -> [(code, text)] in the person's language; a field is absent while its codes have not come yet."""
    found: dict[str, list[tuple[str, str]]] = {"grade": [(grade, grade) for grade in GRADES]}
    read: dict[str, list[tuple[str, str]]] = {}
    for value in _values(CLASSES, year):
        name, text = CLASSES[value.class_name], _text(value)
        label = (text or value.code) if name in NAMED else f"{value.code} {text}".strip()
        read.setdefault(name, []).append((value.code, label))
    return {**found, **read}


def of_classes(classes: Sequence[str], year: SchoolYear | None) -> dict[str, list[tuple[str, str]]]:
    """Class name -> [(code, "code text")] in the person's language; a class is absent while its codes have not come yet."""
    found: dict[str, list[tuple[str, str]]] = {}
    for value in _values(classes, year):
        found.setdefault(value.class_name, []).append((value.code, f"{value.code} {_text(value)}".strip()))
    return found


def _text(value: CodeValue) -> str:
    english = value.description or value.short_description
    french = (get_language() or "").startswith("fr")
    return (value.description_fr or value.short_description_fr or english) if french else english


def word(name: str, code: str) -> str:
    """What people call a code of the field `name`, in their language; the code itself where PASI has no word for it.

    Read once a minute: a table of thirty rows must not ask for each of its codes.
    """
    key = f"code-words.{get_language()}"
    known: dict[tuple[str, str], str] | None = cache.get(key)
    if known is None:
        known = {(field, one): text for field, rows in of_year(None).items() for one, text in rows}
        cache.set(key, known, WORDS_SECONDS)
    return known.get((name, code)) or (spaced(code) if name in NAMED else code)


def spaced(code: str) -> str:
    """ "ContinuingEducation" as two words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code)


def _values(classes: Iterable[str], year: SchoolYear | None) -> QuerySet[CodeValue]:
    found = CodeValue.objects.filter(class_name__in=list(classes)).order_by("class_name", "sequence", "code")
    if year is None:
        return found
    return found.filter(Q(first_school_year=None) | Q(first_school_year__lte=year)).filter(
        Q(last_school_year=None) | Q(last_school_year__gte=year)
    )
