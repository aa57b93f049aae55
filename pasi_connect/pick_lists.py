"""Pick lists of the enrolment form, from PASI's code values of a school year."""

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from pasi_connect.models import CodeValue
from sis.rules.enrolment import GRADES
from sis.rules.school_year import SchoolYear

CLASSES = {
    "ProgrammingType": "programming_type",
    "ProgrammingTimeframe": "programming_timeframe",
    "Grade": "grade",
    "FNMIDeclaration": "fnmi_declaration",
    "EnrolmentTypeCode": "enrolment_type_codes",
    "ExceptionCode": "exception_codes",
    "GrantsProgramCode": "grants_program_codes",
}
NAMED = ("programming_type", "programming_timeframe")  # their codes are words: the description alone is shown


def of_year(year: SchoolYear | None) -> dict[str, list[tuple[str, str]]]:
    """Field name -> [(code, text)] in the person's language; a field is absent while its codes have not come yet."""
    french = (get_language() or "").startswith("fr")
    found: dict[str, list[tuple[str, str]]] = {"grade": [(grade, grade) for grade in GRADES]}
    read: dict[str, list[tuple[str, str]]] = {}
    for value in _values(year):
        name = CLASSES[value.class_name]
        english = value.description or value.short_description
        text = (value.description_fr or value.short_description_fr or english) if french else english
        label = (text or value.code) if name in NAMED else f"{value.code} {text}".strip()
        read.setdefault(name, []).append((value.code, label))
    return {**found, **read}


def _values(year: SchoolYear | None) -> QuerySet[CodeValue]:
    found = CodeValue.objects.filter(class_name__in=CLASSES).order_by("class_name", "sequence", "code")
    if year is None:
        return found
    return found.filter(Q(first_school_year=None) | Q(first_school_year__lte=year)).filter(
        Q(last_school_year=None) | Q(last_school_year__gte=year)
    )
