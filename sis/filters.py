"""The filters of the lists: one set a list, read by its page and by the API. A malformed value is an error, never ignored."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sis import selectors
from sis.models import Course, CourseEnrolment, School, Section, StoredGrade, Student
from sis.models.course import course_code
from sis.models.organisation import State, four_digits
from sis.rules import asn
from sis.rules.enrolment import GRADES
from sis.rules.school_year import SchoolYear


class AsnFormField(forms.CharField):
    """Nine digits; hyphens are accepted."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        try:
            return asn.normalise(text)
        except ValueError:
            raise ValidationError(_("An ASN has nine digits, like 1234-5678-9.")) from None


class SchoolYearFormField(forms.CharField):
    """ "2026-2027" as a SchoolYear."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return SchoolYear.parse(text)
        except ValueError:
            raise ValidationError(_("Write a school year like 2026-2027.")) from None


class AsnFilter(django_filters.CharFilter):
    field_class = AsnFormField


class SchoolYearFilter(django_filters.CharFilter):
    field_class = SchoolYearFormField


class TrueFalseFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; anything else is an error, where the library's own would answer with everything."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", _("Yes")), ("false", _("No"))]
        super().__init__(choices=choices, coerce=lambda text: text == "true", **kwargs)


class IdFilter(django_filters.Filter):
    """The id of another record: a whole number that the database can hold."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


def school_code_filter(field_name: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(field_name=field_name, label=_("School"), validators=[four_digits])


def course_code_filter(field_name: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(field_name=field_name, label=_("Course code"), validators=[course_code])


class SchoolFilter(django_filters.FilterSet):
    code = school_code_filter("code")
    enrolment_sync = django_filters.ChoiceFilter(choices=State.choices, label=_("Enrolment synchronisation"))
    course_marks_integration = django_filters.ChoiceFilter(
        choices=State.choices, label=_("Course Marks Integration Status")
    )

    class Meta:
        model = School
        fields: list[str] = []


class StudentFilter(django_filters.FilterSet):
    asn = AsnFilter(field_name="asn", label=_("ASN"))
    local_number = django_filters.CharFilter(label=_("Student number"))
    external_id = django_filters.CharFilter(label=_("External id"))

    class Meta:
        model = Student
        fields: list[str] = []


class CourseFilter(django_filters.FilterSet):
    code = course_code_filter("code")
    external_id = django_filters.CharFilter(label=_("External id"))
    diploma = TrueFalseFilter(label=_("Diploma course"))
    active = TrueFalseFilter(label=_("Active"))

    class Meta:
        model = Course
        fields: list[str] = []


class SectionFilter(django_filters.FilterSet):
    """`term` is the term's name, as people know it."""

    school = school_code_filter("school__code")
    school_year = SchoolYearFilter(label=_("School year"))
    course = course_code_filter("course__code")
    term = django_filters.CharFilter(field_name="term__name", label=_("Term"), max_length=40)
    external_id = django_filters.CharFilter(label=_("External id"))
    deleted = TrueFalseFilter(label=_("Deleted"))

    class Meta:
        model = Section
        fields: list[str] = []


class CourseEnrolmentFilter(django_filters.FilterSet):
    asn = AsnFilter(field_name="student__asn", label=_("ASN"))
    student = IdFilter(field_name="student_id", label=_("Student"))
    school = school_code_filter("section__school__code")
    school_year = SchoolYearFilter(field_name="section__school_year", label=_("School year"))
    course = course_code_filter("section__course__code")
    section = IdFilter(field_name="section_id", label=_("Section"))
    enrolment = IdFilter(field_name="enrolment_id", label=_("School enrolment"))
    status = django_filters.ChoiceFilter(choices=CourseEnrolment.Status.choices, label=_("Status"))
    challenge = TrueFalseFilter(label=_("Challenge"))
    deleted = TrueFalseFilter(label=_("Deleted"))
    external_id = django_filters.CharFilter(label=_("External id"))

    class Meta:
        model = CourseEnrolment
        fields: list[str] = []


class StoredGradeFilter(django_filters.FilterSet):
    asn = AsnFilter(field_name="student__asn", label=_("ASN"))
    student = IdFilter(field_name="student_id", label=_("Student"))
    school = school_code_filter("school__code")
    school_year = SchoolYearFilter(label=_("School year"))
    course = course_code_filter("course__code")
    store_code = django_filters.CharFilter(label=_("Store code"), max_length=8)
    course_enrolment = IdFilter(field_name="course_enrolment_id", label=_("Course enrolment"))
    external_id = django_filters.CharFilter(label=_("External id"))

    class Meta:
        model = StoredGrade
        fields: list[str] = []


def _schools(request: HttpRequest | None) -> QuerySet[School]:
    return selectors.schools(request.user) if request else School.objects.none()  # type: ignore[arg-type]


class SchoolChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: School) -> str:  # type: ignore[override]
        return f"{obj.name} ({obj.code})"


class SchoolChoiceFilter(django_filters.ModelChoiceFilter):
    field_class = SchoolChoiceField


class StudentListFilter(django_filters.FilterSet):
    """Students with ONE enrolment, at the person's schools, that has all the properties asked for.

    The page's own: an ASN or a number, which the API filters by, must not stand in a page's address.
    """

    school = SchoolChoiceFilter(queryset=_schools, to_field_name="code", label=_("School"), method="keep")
    school_year = django_filters.ChoiceFilter(label=_("School year"), method="keep")
    grade = django_filters.ChoiceFilter(label=_("Grade"), method="keep", choices=[(grade, grade) for grade in GRADES])

    class Meta:
        model = Student
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = selectors.school_years(self.request.user)
        self.filters["school_year"].extra["choices"] = [(str(year), str(year)) for year in years]
        for name, empty in (("school", _("All schools")), ("school_year", _("All years")), ("grade", _("All grades"))):
            self.filters[name].extra["empty_label"] = empty

    def keep(self, queryset: QuerySet[Student], name: str, value: Any) -> QuerySet[Student]:
        """The three filters speak of one enrolment, so they are applied together."""
        return queryset

    def filter_queryset(self, queryset: QuerySet[Student]) -> QuerySet[Student]:
        asked = {name: value for name, value in self.form.cleaned_data.items() if value}
        if not asked:
            return queryset
        here = selectors.enrolments(self.request.user).filter(student=OuterRef("pk"), deleted=False, **asked)
        return queryset.filter(Exists(here.select_related(None)))

    def chips(self) -> list[tuple[str, str]]:
        """(name, what it says) of each filter that holds."""
        if not self.form.is_valid():
            return []
        said = []
        for name, value in self.form.cleaned_data.items():
            if value:
                said.append((name, f"{self.form.fields[name].label}: {getattr(value, 'name', value)}"))
        return said
