"""Forms of the reconciliation's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.forms.fields import field_of
from operations.forms.settings import SettingsForm
from operations.models import User
from reconciliation import selectors
from reconciliation.models import ReconciliationSettings, Run
from reconciliation.models.run import KINDS
from reconciliation.rules.reading_options import DATE_ORDERS, DELIMITER_WORDS, DELIMITERS, ENCODINGS, NAMES, how_of
from reconciliation.services import runs
from reconciliation.services.checking import SIDES
from sis.filters import SchoolYearFormField
from sis.models.organization import four_digits

LABELS = {"before": gettext_lazy("Before the delete"), "after": gettext_lazy("After the upload")}
AS_IN_FILE = gettext_lazy("As found in the file")
TAKEN = ".csv,.txt,.xml,.xlsx"


class ExportField(forms.FileField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.FileInput(attrs={"accept": TAKEN, "class": "input-file"})
        super().__init__(max_length=255, widget=widget, **kwargs)


class ChoicesForm(forms.Form):
    """What a run compares. Blank fields are read from the files' names."""

    before = ExportField(label=LABELS["before"])
    after = ExportField(label=LABELS["after"])
    type = forms.ChoiceField(
        label=gettext_lazy("What do the files contain?"),
        choices=[("", gettext_lazy("According to their names or columns")), *KINDS],
        required=False,
        widget=forms.RadioSelect,
    )
    school = forms.CharField(
        label=gettext_lazy("School"), required=False, max_length=4, validators=[four_digits],
        help_text=gettext_lazy("Four digits. Leave empty to use the file names."),
    )  # fmt: skip
    school_year = SchoolYearFormField(
        label=gettext_lazy("School year"),
        required=False,
        help_text=gettext_lazy("Like 2026-2027. Leave empty to use the file names."),
    )

    def __init__(self, *args: Any, user: User, too_large: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.too_large = user, too_large or {}

    def clean_school(self) -> str:
        school = str(self.cleaned_data["school"])
        if school and not selectors.may_name(self.user, school):
            raise forms.ValidationError(_("No such school among yours."))
        return school

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for side, message in self.too_large.items():
            self.errors.pop(side, None)
            self.add_error(side, message)
        return values

    def uploads(self) -> dict[str, Any]:
        return {side: file for side in SIDES if (file := self.cleaned_data.get(side))}

    def choices(self) -> runs.Choices:
        data = self.cleaned_data
        return runs.Choices(
            type=data["type"],
            school=data["school"],
            school_year=str(data["school_year"] or ""),
            set_deleted_apart=data.get("set_deleted_apart", False),
            also=tuple(data.get("also", ())),
            xlsx=data.get("xlsx", True),
            before_how=how_of({name: data.get(f"before_{name}") for name in NAMES}),
            after_how=how_of({name: data.get(f"after_{name}") for name in NAMES}),
        )


class RunForm(ChoicesForm):
    """The choices of a run whose columns have been checked; a file is uploaded only to replace the present one."""

    set_deleted_apart = forms.BooleanField(
        label=gettext_lazy("List rows with Deleted? = Yes separately"), required=False
    )
    xlsx = forms.BooleanField(label=gettext_lazy("Also make a workbook (XLSX)"), required=False)
    also = forms.MultipleChoiceField(
        label=gettext_lazy("Also compare these columns"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "type": run.type, "school": run.school_code, "school_year": str(run.school_year or ""),
                "set_deleted_apart": run.set_deleted_apart, "xlsx": run.xlsx, "also": run.also,
                **{f"{side}_{name}": value for side in SIDES for name, value in run.how.get(side, {}).items()},
            },
        )  # fmt: skip
        super().__init__(*args, **kwargs)
        for side in SIDES:
            self.fields[side].required = False
        field_of(self, "type").choices = KINDS
        shared = extra_of_both(run)
        field_of(self, "also").choices = [(name, name.strip()) for name in shared]
        if not shared:
            del self.fields["also"]
        self.reading = {side: self._reading(run, side) for side in SIDES}

    def _reading(self, run: Run, side: str) -> list[str]:
        """Adds the choices for one file, only those that its format has, and returns the names of the fields."""
        check, chosen = (run.checks or {}).get(side, {}), run.how.get(side, {})
        file_format = check.get("format", "")
        fields: dict[str, forms.Field] = {}
        sheets = check.get("sheets") or [name for name in [chosen.get("sheet")] if name]
        if len(sheets) > 1 or chosen.get("sheet"):
            fields["sheet"] = _choice(
                gettext_lazy("Sheet"), gettext_lazy("The sheet with the columns"), [(name, name) for name in sheets]
            )
        fields["header_row"] = forms.IntegerField(
            label=gettext_lazy("Header row"), required=False, min_value=1, max_value=1_048_576,
            help_text=gettext_lazy("The row number in a spreadsheet. Leave empty to find it in the file."),
        )  # fmt: skip
        if file_format in ("", "csv"):
            separators = [(name, gettext_lazy(DELIMITER_WORDS[mark])) for name, mark in DELIMITERS.items()]
            fields["delimiter"] = _choice(gettext_lazy("Cell separator"), AS_IN_FILE, separators)
            codings = [(name, label) for name, (_codec, label) in ENCODINGS.items()]
            fields["encoding"] = _choice(gettext_lazy("Character encoding"), AS_IN_FILE, codings)
        orders = [(code, gettext_lazy(words)) for code, words in DATE_ORDERS.items()]
        fields["date_order"] = _choice(
            gettext_lazy("Order of dates such as 03/04/2027"), gettext_lazy("According to each column"), orders
        )
        self.fields.update({f"{side}_{name}": field for name, field in fields.items()})
        return [f"{side}_{name}" for name in fields]


def _choice(label: Any, blank: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", blank), *choices], required=False)


def extra_of_both(run: Run) -> list[str]:
    """Headers of extra columns that both files have and that can be compared."""
    if not run.checks:
        return []
    first, second = (
        [extra["header"] for extra in run.checks[side]["extra"] if extra["can_be_compared"]] for side in SIDES
    )
    return [header for header in dict.fromkeys(first) if header in set(second)]


class KeepingForm(SettingsForm):
    class Meta:
        model = ReconciliationSettings
        fields = ("keep_days",)
