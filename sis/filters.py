"""The filters of the lists: one set per list, for its page and the API. A malformed value is an error, never ignored."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters import FilterSet
from drf_spectacular.drainage import set_override

from operations import clock, offers, wording
from operations.actor import user_of
from operations.forms.days import DayField
from operations.models import ReadEntry, User
from sis import selectors
from sis import selectors as sis_selectors
from sis.models import Course, CourseEnrolment, School, Section, StoredGrade, Student
from sis.models.course import course_code
from sis.models.organization import State, four_digits
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
            return asn.normalize(text)
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
            raise ValidationError(_("Enter a school year like 2026-2027.")) from None


class AsnFilter(django_filters.CharFilter):
    field_class = AsnFormField


class DayFilter(django_filters.DateFilter):
    """A day within the centuries that people live in: the start of the last possible day cannot be stored."""

    field_class = DayField


class SchoolYearFilter(django_filters.CharFilter):
    field_class = SchoolYearFormField


class TrueFalseFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; anything else is an error, where the library's own filter would return everything."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", _("Yes")), ("false", _("No"))]
        super().__init__(choices=choices, coerce=lambda text: text == "true", **kwargs)
        set_override(self, "field", {"type": "boolean", "description": self.label})  # for the API's description


class IdFilter(django_filters.Filter):
    """The id of another record: a whole number that the database can hold."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


def school_code_filter(field_name: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(field_name=field_name, label=_("School"), validators=[four_digits])


class CourseCodeFormField(forms.CharField):
    """In capitals, as PASI's codes are written."""

    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value) or "").upper()


class CourseCodeFilter(django_filters.CharFilter):
    field_class = CourseCodeFormField


def course_code_filter(field_name: str) -> CourseCodeFilter:
    return CourseCodeFilter(field_name=field_name, label=_("Course code"), validators=[course_code])


class SchoolFilter(django_filters.FilterSet):
    code = school_code_filter("code")
    enrolment_sync = django_filters.ChoiceFilter(choices=State.choices, label=_("Enrolment synchronization"))
    course_marks_integration = django_filters.ChoiceFilter(
        choices=State.choices, label=_("Course Marks Integration Status")
    )

    class Meta:
        model = School
        fields: list[str] = []


class PersonFormField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.full_name} ({obj.get_username()})"


class PersonFilter(django_filters.ModelChoiceFilter):
    field_class = PersonFormField


class ReadFilter(django_filters.FilterSet):
    """Students by their id: neither a name nor an ASN stands in the address."""

    user = PersonFilter(
        queryset=User.objects.order_by("last_name", "first_name", "pk"), empty_label=_("Any"), label=_("Person")
    )
    student = IdFilter(field_name="student_id", label=_("Student"))
    kind = django_filters.ChoiceFilter(choices=ReadEntry.Kind.choices, empty_label=_("Any"), label=_("Type of access"))
    first_day = DayFilter(method="from_day", label=_("From"))
    last_day = DayFilter(method="to_day", label=_("To"))

    class Meta:
        model = ReadEntry
        fields: list[str] = []

    @staticmethod
    def from_day(entries: QuerySet[ReadEntry], name: str, day: dt.date) -> QuerySet[ReadEntry]:
        return entries.filter(at__gte=clock.start_of(day))

    @staticmethod
    def to_day(entries: QuerySet[ReadEntry], name: str, day: dt.date) -> QuerySet[ReadEntry]:
        return entries.filter(at__lt=clock.start_of(day) + dt.timedelta(days=1))


class CourseFilter(django_filters.FilterSet):
    code = course_code_filter("code")
    external_id = django_filters.CharFilter(label=_("External ID"))
    diploma = TrueFalseFilter(label=_("Diploma course"))
    active = TrueFalseFilter(label=_("Active"))

    class Meta:
        model = Course
        fields: list[str] = []


class SectionFilter(django_filters.FilterSet):
    """`term` is the term's name, as people know it; `course` any of the section's courses."""

    school = school_code_filter("school__code")
    school_year = SchoolYearFilter(label=_("School year"))
    course = course_code_filter("courses__code")
    term = django_filters.CharFilter(field_name="term__name", label=_("Term"), max_length=40)
    term_code = django_filters.CharFilter(label=_("PASI term"), max_length=50)
    local_section_id = django_filters.CharFilter(label=_("Local section ID"), max_length=8)
    external_id = django_filters.CharFilter(label=_("External ID"))
    deleted = TrueFalseFilter(label=pgettext_lazy("sections", "Deleted"))

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
    external_id = django_filters.CharFilter(label=_("External ID"))

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
    external_id = django_filters.CharFilter(label=_("External ID"))

    class Meta:
        model = StoredGrade
        fields: list[str] = []


def _schools(request: HttpRequest | None) -> QuerySet[School]:
    return selectors.schools(user_of(request)) if request else School.objects.none()


class SchoolChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: School) -> str:
        return f"{obj.name} ({obj.code})"


class SchoolChoiceFilter(django_filters.ModelChoiceFilter):
    field_class = SchoolChoiceField


ORDERS = {
    "name": ("search_name", _("Name, A–Z")),
    "-name": ("-search_name", _("Name, Z–A")),
    "number": ("local_number", _("Student number")),
    "-birth_date": ("-birth_date", _("Youngest first")),
    "birth_date": ("birth_date", _("Oldest first")),
}


def as_text(one: django_filters.Filter, **more: Any) -> django_filters.Filter:
    """For the API's description, which cannot know choices that depend on the person."""
    set_override(one, "field", {"type": "string", "description": one.label, **more})
    return one


class StudentsFilter(django_filters.FilterSet):
    """Students with ONE enrolment, at the person's schools, that has all the properties asked for. `students` are filters of the
    students themselves."""

    students: tuple[str, ...] = ()

    school = as_text(SchoolChoiceFilter(queryset=_schools, to_field_name="code", label=_("School"), method="keep"))
    school_year = as_text(django_filters.ChoiceFilter(label=_("School year"), method="keep"))
    grade = as_text(
        django_filters.ChoiceFilter(label=_("Grade"), method="keep", choices=[(grade, grade) for grade in GRADES]),
        enum=list(GRADES),
    )

    class Meta:
        model = Student
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = dict(maker(self.request.user) for maker in offers.list_filters["sis.enrolments"])
        person = self.request.user

        def years() -> list[tuple[str, str]]:
            years_there = {*selectors.school_years(person), selectors.current_year()}
            return [(str(year), str(year)) for year in sorted(years_there, reverse=True)]

        self.filters["school_year"].extra["choices"] = years  # read only where somebody filters by year
        self.filters |= self.offered

    def keep(self, queryset: QuerySet[Student], name: str, value: Any) -> QuerySet[Student]:
        """The filters are about one enrolment, so they are applied together."""
        return queryset

    def filter_queryset(self, queryset: QuerySet[Student]) -> QuerySet[Student]:
        items = self.form.cleaned_data.items()
        conditions = {name: value for name, value in items if value not in ("", None) and name != "sort"}
        for name in self.students:
            queryset = self.filters[name].filter(queryset, conditions.pop(name, ""))
        if not conditions:
            return queryset
        narrowed = {name: conditions.pop(name) for name in list(conditions) if name in self.offered}
        here = selectors.enrolments(self.request.user).filter(deleted=False, **conditions).select_related(None)
        for name, value in narrowed.items():
            here = self.offered[name].filter(here, value)
        return queryset.filter(Exists(here.filter(student=OuterRef("pk"))))


class StudentFilter(StudentsFilter):
    """The API's: its addresses may hold an ASN or a number, a page's may not."""

    students = ("asn", "local_number", "external_id", "birth_date", "identity_document_type", "legal_name_exact")

    asn = AsnFilter(field_name="asn", label=_("ASN"))
    local_number = django_filters.CharFilter(label=_("Student number"))
    external_id = django_filters.CharFilter(label=_("External ID"))
    birth_date = DayFilter(label=_("Birth date"))
    identity_document_type = django_filters.CharFilter(label=_("Identity document"), max_length=50)
    legal_name_exact = TrueFalseFilter(label=_("Legal name is exact"))


class StudentListFilter(StudentsFilter):
    """The page's and its file's. Without `school_year` the list is of this year; empty, of all. `sort` is a key of ORDERS."""

    sort = django_filters.ChoiceFilter(
        label=_("Sort by"),
        method="keep",
        choices=[(key, label) for key, (column, label) in ORDERS.items() if key != "name"],
    )

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        data = data.copy()
        data.setdefault("school_year", str(selectors.current_year()))
        super().__init__(data, *args, **kwargs)
        empty = {
            "school": _("All schools"),
            "school_year": _("All years"),
            "grade": _("All grades"),
            "sort": ORDERS["name"][1],
        }
        for name, label in empty.items():
            self.filters[name].extra["empty_label"] = label
        self.filters["sort"] = self.filters.pop("sort")  # comes last

    @property
    def order(self) -> str:
        return ORDERS[self.form.cleaned_data["sort"] or "name"][0]

    def chips(self) -> list[tuple[str, str]]:
        """(name, what it says) of each filter that holds."""
        if not self.form.is_valid():
            return []
        chips = []
        for name, value in self.form.cleaned_data.items():
            if value and name != "sort":
                field = self.form.fields[name]
                words = dict(getattr(field, "choices", ())) if name in self.offered else {}
                chips.append((name, wording.pair(field.label, words.get(value) or getattr(value, "name", value))))
        return chips


def school_choices(user: User) -> list[tuple[str, str]]:
    """Choices of a filter; empty for a person of one school, who needs none."""
    choices = [(school.code, f"{school.name} ({school.code})") for school in sis_selectors.schools(user)]
    return choices if len(choices) > 1 else []


def choose_school(filterset: FilterSet, schools: list[tuple[str, str]]) -> None:
    """Makes the school filter a pick list of the person's schools, or takes it off the page."""
    field = filterset.form.fields.get("school")
    if field is None:
        return
    if not schools:
        field.widget = forms.HiddenInput()
        return
    field.widget = forms.Select(choices=[("", _("Any")), *schools])
