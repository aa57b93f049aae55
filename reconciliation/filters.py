"""The filters of runs and their lines, for the pages and the API."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from operations.forms.fields import field_of
from reconciliation.models import Run
from reconciliation.models.run import KINDS
from reconciliation.rules.statuses import STATUSES
from sis.filters import AsnFormField, SchoolYearFilter, school_code_filter


class RunFilter(django_filters.FilterSet):
    type = django_filters.ChoiceFilter(choices=KINDS, label=_("Contents of the files"))
    status = django_filters.ChoiceFilter(choices=Run.Status.choices, label=_("Status"))
    school = school_code_filter("school_code")
    school_year = SchoolYearFilter(label=_("School year"))

    class Meta:
        model = Run
        fields: list[str] = []


class LineForm(forms.Form):
    """Filters of a result's lines. `field` is a compared column; `moved` what is other than in the run before."""

    status = forms.ChoiceField(
        label=_("Match Status"), required=False, choices=[("", _("Any")), *((one, one) for one in STATUSES)]
    )
    field = forms.ChoiceField(label=_("Field that differs"), required=False)
    course = forms.CharField(label=_("Course"), required=False, max_length=40)
    moved = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        suffix = " (before)"
        names = [name.removesuffix(suffix) for name in run.header if name.endswith(suffix)]
        counts = run.different_in
        choices = [(name, f"{name} ({counts[name]})" if counts.get(name) else name) for name in names]
        field_of(self, "field").choices = [("", _("Any")), *choices]


class LineAskForm(LineForm):
    """The API's, which may carry an ASN."""

    asn = AsnFormField(required=False)


class LinePageForm(LineForm):
    """The page's. `was` is the status in the run before; `like` are lines whose students are shown, as an ASN must not stand in
    a page's address; `only` and `blank` are how rows are drawn."""

    was = forms.ChoiceField(
        required=False, choices=[(one, one) for one in (*STATUSES, "none")], widget=forms.HiddenInput
    )
    like = forms.RegexField(r"^\d{1,9}(\.\d{1,9}){0,19}$", required=False, widget=forms.HiddenInput)
    only = forms.BooleanField(label=_("Only changed columns"), required=False)
    blank = forms.BooleanField(label=_("Blank equal cells"), required=False)

    def clean_like(self) -> tuple[int, ...]:
        return tuple(map(int, filter(None, str(self.cleaned_data["like"]).split("."))))
