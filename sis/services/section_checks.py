"""The checks before a section is written: the rules, what a section here can hold, and what is around it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from operations import wording
from operations.rules import latin1
from sis.models import Course, CourseEnrolment, Section
from sis.rules import section as rules
from sis.rules.enrolment import codes
from sis.services.columns import editable, most_characters

# School, school year and term make it another section (40112, 40115). The course that it is known by follows `course_codes`.
EDITABLE = editable(Section, besides=("school", "school_year", "term", "course"))
MOST = most_characters(Section, EDITABLE)


class Around:
    """What the rules must know beside a section itself, read for a set at once: its students, and the live sections of its
    school and year. `courses` by code are those that there are."""

    def __init__(self, sections: Collection[Section]) -> None:
        ids = [one.pk for one in sections if one.pk is not None]
        seats = CourseEnrolment.objects.filter(section__in=ids, deleted=False).order_by()
        self.taken = set(seats.values_list("section_id", flat=True).distinct())
        places = Q(pk__in=[])
        for school_id, year in {(one.school_id, one.school_year) for one in sections}:
            places |= Q(school_id=school_id, school_year=year)
        self.others = {one.pk: one for one in Section.objects.filter(places, deleted=False)}
        wanted = {code for one in sections for code in codes(one.course_codes)}
        self.courses = {course.code: course for course in Course.objects.filter(code__in=wanted)}

    def courses_of(self, section: Section) -> list[Course]:
        """In the order of its codes. Raises ValidationError for a code that no course has."""
        wanted = codes(section.course_codes)
        missing = [code for code in wanted if code not in self.courses]
        if missing:
            raise ValidationError({"course_codes": [_("No course has the code %s.") % ", ".join(missing)]})
        return [self.courses[code] for code in wanted]

    def take(self, section: Section) -> None:
        """Others are compared with the section as it will be from now on."""
        if section.deleted:
            self.others.pop(section.pk, None)
        else:
            self.others[section.pk] = section

    def _like(self, section: Section, names: Sequence[str]) -> bool:
        own = [getattr(section, name) for name in names]
        return not section.deleted and any(
            pk != section.pk and own == [getattr(other, name) for name in names] for pk, other in self.others.items()
        )

    def is_twin(self, section: Section) -> bool:
        return self._like(section, ("term_id", "course_id", "number"))

    def is_same_in_pasi(self, section: Section) -> bool:
        return self._like(section, ("school_id", "school_year", *rules.UNIQUE))


def values(section: Section) -> dict[str, Any]:
    return {name: getattr(section, name) for name in EDITABLE}


def check(section: Section, around: Around, entered: Iterable[str] = EDITABLE, *, course_left: bool = False) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule. `course_left` as in `rules.faults`; characters are
    looked at in the fields `entered` alone."""
    record = {
        **values(section),
        "school_year": section.school_year,
        "live_course_enrolments": section.pk in around.taken,
        "twin": around.is_twin(section),
        "same_in_pasi": around.is_same_in_pasi(section),
        "course_left": course_left,
    }
    problems: dict[str, list[str]] = {
        name: [_(latin1.INVISIBLE)]
        for name in entered
        if isinstance(record[name], str) and not latin1.enterable(record[name])
    }
    for rule in rules.faults(record):
        problems.setdefault(rule.field, []).append(wording.with_number(_(rule.message), rule.number))
    if problems:
        raise ValidationError(problems)


def hold(section: Section, around: Around) -> None:
    """Raises ValidationError {field: [sentences]} for what no section here can hold, wherever it comes from."""
    problems: dict[str, list[str]] = {}
    for name, message, details in rules.unholdable(values(section), MOST):
        problems.setdefault(name, []).append(_(message) % details)
    if around.is_twin(section):
        problems.setdefault("number", []).append(_(rules.TWIN))
    if problems:
        raise ValidationError(problems)
