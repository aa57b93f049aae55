"""Forms of guided actions: shape only; the services decide what can be done."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock
from operations.forms.days import DayField
from operations.forms.fields import field_of
from pasi_connect.forms.decisions import take_errors
from registrar.rules.guided import OUT_REASONS
from sis.forms.enrolments import Choices, NewEnrolmentForm
from sis.models import School, SchoolEnrolment
from sis.rules.school_year import SchoolYear

translated = lazy(_, str)


class ActionForm(forms.Form):
    """What every guided action asks. `version` is that of the preview that the person saw."""

    version = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reason: forms.Field = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Saved here with the action. PASI does not receive it."),
    )
    field_order: Iterable[str] | None = (
        "last_day_attended",
        "transfer_date",
        "exit_date",
        "start_date",
        "concurrent_enrolment",
    )

    def words(self) -> dict[str, Any]:
        """What the planner takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def refuse(self, error: ValidationError) -> None:
        take_errors(self, error)


class OutForm(ActionForm):
    """The reason is one of the list; its English text is kept."""

    reason: forms.Field = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", "—"), *((reason, translated(reason)) for reason in OUT_REASONS)],
        help_text=gettext_lazy("Saved here only. PASI stopped collecting reasons in 2019."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What the next person should know. Saved here only."),
    )


LAST_DAY = gettext_lazy("The last day the student was in class. PASI receives it as the exit date.")


class WithdrawForm(OutForm):
    last_day_attended = DayField(label=gettext_lazy("Last day attended"), help_text=LAST_DAY, initial=clock.today)


class LastDayForm(ActionForm):
    last_day_attended = DayField(label=gettext_lazy("Last day attended"), help_text=LAST_DAY)


class ClosingForm(ActionForm):
    exit_date = DayField(
        label=gettext_lazy("Last day at the concurrent school"),
        help_text=gettext_lazy("PASI receives it as the exit date. The exit date type remains a completion date."),
        initial=clock.today,
    )


class ErrorForm(ActionForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Wrong student, wrong school, or a duplicate of which enrolment? Saved here with the action."
        ),
    )


class ChoiceOfStay(forms.ModelChoiceField):
    def label_from_instance(self, stay: Any) -> str:
        return _("%(school)s, since %(day)s, until %(exit)s") % {
            "school": stay.school.name,
            "day": stay.start_date.isoformat(),
            "exit": stay.exit_date.isoformat(),
        }


class TransferForm(OutForm):
    transfer_date = DayField(
        label=gettext_lazy("Transfer date"),
        initial=clock.today,
        help_text=gettext_lazy(
            "The student’s last day in class at the old school. If it is in the future, the action is planned for "
            "that day."
        ),
    )
    start_date = DayField(
        label=gettext_lazy("First day as main school"),
        help_text=gettext_lazy("If empty: the next weekday."),
        required=False,
    )
    concurrent_enrolment = ChoiceOfStay(
        label=gettext_lazy("Concurrent enrolment to keep"),
        help_text=gettext_lazy("Its school becomes the main school."),
        queryset=SchoolEnrolment.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, stays: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "concurrent_enrolment").queryset = stays


class StayForm(NewEnrolmentForm):
    """A new stay at any school of the authority. What is left empty comes from the student's last enrolment there."""

    version = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Saved here with the action. PASI does not receive it."),
    )

    class Meta(NewEnrolmentForm.Meta):
        exclude = ("exit_date_type",)  # a stay begins with a planned last day; “Withdraw” ends it
        help_texts = {
            "exit_date": gettext_lazy("The planned last day, usually the last day of the school's calendar."),
            "concurrent": gettext_lazy(
                "The student has a main school in this school year and also takes courses here. The preview compares "
                "the years and terms of both schools."
            ),
        }

    FIRST = (
        (gettext_lazy("Where and when"), ("school", "school_year", "start_date", "exit_date", "grade", "concurrent")),
        (gettext_lazy("Why"), ("reason",)),
    )
    REST = tuple(
        (legend, names) for legend, names in NewEnrolmentForm.GROUPS if "school" not in names and "start_date" not in names
    )  # fmt: skip
    GROUPS = (*FIRST, *REST)

    def __init__(self, *args: Any, years: list[SchoolYear], pick_lists: dict[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, schools=School.objects.all(), years=years, pick_lists=pick_lists, **kwargs)
        field_of(self, "school").empty_label = "—"
        self.fields["grade"].required = True
        for name in ("start_date", "exit_date"):
            self.fields[name].required = True
        self.fields["start_date"].initial = clock.today
        for name in ("programming_type", "programming_timeframe"):
            self._may_be_empty(name)

    def _may_be_empty(self, name: str) -> None:
        """Left empty, the field takes the value of the student's last enrolment at the school."""
        field = self.fields[name]
        field.required, field.initial = False, ""
        self.initial.pop(name, None)
        as_before = _("Same as the student's last enrolment at your school, otherwise %(usual)s")
        text_if_empty = as_before % {"usual": _("Regular") if name == "programming_type" else _("Day")}
        if isinstance(field, forms.ChoiceField):
            choices = [(code, text) for code, text in field.choices if code]  # type: ignore[union-attr, misc]
            field.choices = [("", text_if_empty), *choices]
        else:
            field.help_text = text_if_empty

    @property
    def rest_given(self) -> bool:
        """Something beyond where, when and why was entered or is wrong, so the rest of the form is open."""
        rest = [part for _legend, names in self.REST for name in names for part in self.parts(name)]
        return self.is_bound and any(self[part].data or self[part].errors for part in rest)

    def words(self) -> dict[str, Any]:
        """The fields of the new enrolment by name; what was left empty is absent."""
        names = [
            name for _legend, group in self.GROUPS for name in group if name not in ("school", "school_year", "reason")
        ]
        values = {name: self.value_of(name) for name in names}
        return {name: value for name, value in values.items() if value not in ("", None)}


class UndoForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason to undo"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Saved here with the action. PASI does not receive it."),
    )

    def refuse(self, error: ValidationError) -> None:
        take_errors(self, error)
