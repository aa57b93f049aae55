"""Forms of the year end and of exit codes in bulk."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.forms.fields import field_of
from sis.models import School
from sis.rules.school_year import SchoolYear

Choices = list[tuple[str, str]]


def school_names(schools: QuerySet[School]) -> Choices:
    return [(school.code, f"{school.name} ({school.code})") for school in schools.order_by("code")]


class RehearsalForm(forms.Form):
    """What to rehearse. `school` empty: all schools."""

    school_year = forms.ChoiceField(label=gettext_lazy("School year"))
    school = forms.ChoiceField(label=gettext_lazy("School"), required=False)
    early = forms.BooleanField(
        label=gettext_lazy("Close early"),
        required=False,
        help_text=gettext_lazy(
            "Before the year has ended. The dates are the same; the year counts as closed only after a later run."
        ),
    )

    def __init__(self, *args: Any, years: list[SchoolYear], schools: Choices, everywhere: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "school_year").choices = [(str(year), str(year)) for year in years]
        every: Choices = [("", _("All schools"))] if everywhere else []
        field_of(self, "school").choices = [*every, *schools]
        self.fields["school"].required = not everywhere

    def clean_school_year(self) -> SchoolYear:
        return SchoolYear.parse(self.cleaned_data["school_year"])


class ExitCodesForm(forms.Form):
    exit_code = forms.CharField(
        label=gettext_lazy("New exit code"),
        max_length=10,
        help_text=gettext_lazy("Saved here only, never sent to PASI."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Saved with the change."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)  # how many the page counted

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "set-%s"  # the filter beside it has a field of the same name
        super().__init__(*args, **kwargs)
