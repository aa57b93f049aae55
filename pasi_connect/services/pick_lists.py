"""Pick lists of the coded fields, from PASI's code values of a school year."""

import re
from collections.abc import Iterable

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from pasi_connect.entities import REGISTRY, Entity
from pasi_connect.models import CodeValue
from sis.rules.enrolment import GRADES
from sis.rules.school_year import SchoolYear

WORDS_SECONDS = 60


def of_year(entity: Entity, year: SchoolYear | None) -> dict[str, list[tuple[str, str]]]:
    """Name of each coded field -> [(code, text)] in the person's language; absent while its codes have not come yet."""
    return _lists(entity, _values(entity.coded.values(), year))


def _lists(entity: Entity, values: Iterable[CodeValue]) -> dict[str, list[tuple[str, str]]]:
    """The same from code values that have been read, those of other kinds among them."""
    names = {class_name: name for name, class_name in entity.coded.items()}
    read: dict[str, list[tuple[str, str]]] = {}
    for value in values:
        if (name := names.get(value.class_name)) is None:
            continue
        text = _text(value)
        label = (text or value.code) if entity.by_name[name].spoken else f"{value.code} {text}".strip()
        read.setdefault(name, []).append((value.code, label))
    if "grade" in entity.coded:
        read.setdefault("grade", [(grade, grade) for grade in GRADES])
    return read


def _text(value: CodeValue) -> str:
    english = value.description or value.short_description
    french = (get_language() or "").startswith("fr")
    return (value.description_fr or value.short_description_fr or english) if french else english


def word(entity: Entity, name: str, code: str) -> str:
    """What people call a code of the field `name`, in their language; the code itself where PASI has no word for it.

    Read once a minute: a table of thirty rows must not ask for each of its codes.
    """
    key = f"code-words.{get_language()}"
    words: dict[tuple[str, str, str], str] | None = cache.get(key)
    if words is None:
        values = list(_values({name for kind in REGISTRY for name in kind.coded.values()}, None))
        words = {
            (kind.kind, field, one): text
            for kind in REGISTRY
            for field, rows in _lists(kind, values).items()
            for one, text in rows
        }
        cache.set(key, words, WORDS_SECONDS)
    return words.get((entity.kind, name, code)) or (spaced(code) if entity.by_name[name].spoken else code)


def spaced(code: str) -> str:
    """ "ContinuingEducation" as two words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code)


def _values(classes: Iterable[str], year: SchoolYear | None) -> QuerySet[CodeValue]:
    rows = CodeValue.objects.filter(class_name__in=list(classes)).order_by("class_name", "sequence", "code")
    if year is None:
        return rows
    return rows.filter(Q(first_school_year=None) | Q(first_school_year__lte=year)).filter(
        Q(last_school_year=None) | Q(last_school_year__gte=year)
    )
