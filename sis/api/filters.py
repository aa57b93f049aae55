"""Filters in the API's own words: codes and years as they are written. A malformed value is an error, never ignored."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sis.models import School, Student
from sis.models.organisation import State, four_digits
from sis.rules import asn
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


def school_code_filter(field_name: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(field_name=field_name, label=_("School"), validators=[four_digits])


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
