"""Shapes of what people enter. `sis.rules` define what is allowed, and the services check it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from operations.forms.days import DayField
from operations.forms.fields import field_of
from sis.models import School, SchoolEnrolment
from sis.models.fields import codes_fields
from sis.rules.enrolment import canonical_codes
from sis.rules.school_year import SchoolYear
from sis.services.enrolments import EDITABLE

NOTHING = ("", "—")


SEVERAL = codes_fields(SchoolEnrolment)

Choices = list[tuple[str, str]]


def with_present(choices: Choices, present: str) -> Choices:
    """The list, and the present value where the list does not have it: opening a form changes nothing."""
    return choices if not present or present in dict(choices) else [*choices, (present, present)]


def as_entered(value: Any) -> str | None:
    """A value as a browser would send it; None for an empty check box."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else None
    return str(value)


# What a form edits. Deleting is an action of its own, with a reason.
FIELDS = tuple(name for name in EDITABLE if name != "deleted")


class EnrolmentForm(forms.ModelForm):
    """Every field of an enrolment that a plain edit may change. `pick_lists` gives the choices of the coded fields, by field name.

    A present value that is not in its list is kept as a choice; a field without a list takes free text. Each field
    carries the value that it was drawn with, so that only what the person changed is written.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = SchoolEnrolment
        fields = FIELDS
        field_classes = {"start_date": DayField, "exit_date": DayField}
        widgets = {
            "exit_date_type": forms.RadioSelect,
        }

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (_("Stay"), ("start_date", "exit_date", "exit_date_type", "grade", "concurrent")),
        (_("Program"), ("programming_type", "programming_timeframe", "program_percentage", "grants_program_codes")),
        (_("Codes for the ministry"), ("enrolment_type_codes", "exception_codes", "fnmi_declaration", "french_hours", "resident_board", "francophone_board")),
        (_("Local"), ("local_student_id", "entry_code", "exit_code")),
    )  # fmt: skip

    def __init__(self, *args: Any, pick_lists: Mapping[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in pick_lists.items():
            if choices and name in SEVERAL:
                self._pick_several(name, choices)
            elif choices:
                self._pick_one(name, choices)
        for name in self.fields:
            if name not in ("revision", "seen_version"):
                self.fields[name].show_hidden_initial = bool(self.instance.pk)

    def _pick_one(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        present = str(getattr(self.instance, name) or "")
        self.fields[name] = forms.ChoiceField(
            choices=[*([] if field.required else [NOTHING]), *with_present(choices, present)],
            label=field.label,
            help_text=field.help_text,
            required=field.required,
            initial=field.initial,
        )

    def _pick_several(self, name: str, choices: Choices) -> None:
        """One pick list for each of the codes that the field can hold."""
        self.fields.pop(name)
        present = getattr(self.instance, name).split()
        for index in range(max(SEVERAL[name].most or 0, len(present))):
            code = present[index] if index < len(present) else ""
            self.fields[f"{name}_{index + 1}"] = forms.ChoiceField(
                choices=[NOTHING, *with_present(choices, code)],
                label=SEVERAL[name].one % {"n": index + 1},
                required=False,
                initial=code,
            )

    def parts(self, name: str) -> list[str]:
        """The names of the form's fields that hold the record's field `name`."""
        return [part for part in self.fields if part == name or (part.rpartition("_")[0] == name and name in SEVERAL)]

    def groups(self) -> list[dict[str, Any]]:
        """The fields in their fieldsets, as the page shows them."""
        return [
            {"legend": legend, "fields": [self[part] for name in names for part in self.parts(name)]}
            for legend, names in self.GROUPS
            if any(self.parts(name) for name in names)
        ]

    def drawn_with(self) -> SafeString:
        """The values that the page was drawn with, as hidden fields."""
        drawn = [
            self[name].as_hidden(only_initial=True) for name in self.fields if self.fields[name].show_hidden_initial
        ]
        return mark_safe("".join(drawn))  # noqa: S308 - made by the fields themselves

    def value_of(self, name: str) -> Any:
        """The entered value of the record's field `name`."""
        if name in self.fields:
            return self.cleaned_data[name]
        return canonical_codes(" ".join(self.cleaned_data[part] for part in self.parts(name)))

    def changed(self) -> dict[str, Any]:
        """What the person changed, by the record's field names."""
        return {
            name: self.value_of(name) for name in FIELDS if any(part in self.changed_data for part in self.parts(name))
        }

    def refuse(self, error: ValidationError) -> None:
        """Shows what the service refused at the fields that it names."""
        for name, texts in error.message_dict.items():
            parts = self.parts(name)
            self.add_error(parts[0] if parts else None, texts)

    def redrawn(
        self, current: SchoolEnrolment, seen_version: int, pick_lists: Mapping[str, Choices]
    ) -> "EnrolmentForm":
        """The same form over the present record: the person's changes stay, all else follows the record."""
        fresh = EnrolmentForm(instance=current, pick_lists=pick_lists)
        bound: Any = self.data
        data = bound.copy()
        data["revision"], data["seen_version"] = str(current.revision), str(seen_version)
        for name in fresh.fields:
            if name in ("revision", "seen_version"):
                continue
            now = as_entered(fresh[name].initial)
            data[fresh.add_initial_prefix(name)] = now or ""
            if name in self.changed_data:
                continue
            if now is None:
                data.pop(name, None)
            else:
                data[name] = now
        return EnrolmentForm(data, instance=current, pick_lists=pick_lists)

    def without(self, name: str, pick_lists: Mapping[str, Choices]) -> "EnrolmentForm":
        """The same form with the record's value in this field, all else as entered."""
        bound: Any = self.data
        data = bound.copy()
        data[name] = as_entered(self[name].initial) or ""
        return EnrolmentForm(data, instance=self.instance, pick_lists=pick_lists)

    def clashes(self) -> list[dict[str, Any]]:
        """The record's present value beside the person's entry, where the two differ."""
        return [
            {
                "label": self[name].label,
                "now": self._value_text(name, self[name].initial),
                "entered": self._value_text(name, self[name].data),
            }
            for name in self.fields
            if name in self.changed_data and self.fields[name].show_hidden_initial
        ]

    def _value_text(self, name: str, value: Any) -> str:
        if isinstance(self.fields[name], forms.BooleanField):
            return _("yes") if value and value != "False" else _("no")  # type: ignore[return-value]
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value) or "")

    def _post_clean(self) -> None:
        """The service checks the rules, once, on the record as it is then."""


class NewEnrolmentForm(EnrolmentForm):
    """A new stay: its school and year are chosen once and make it what it is."""

    class Meta(EnrolmentForm.Meta):
        fields: tuple[str, ...] = ("school", "school_year", *FIELDS)
        labels = {"school": _("School")}

    GROUPS = ((_("Where and when"), ("school", "school_year")), *EnrolmentForm.GROUPS)

    def __init__(self, *args: Any, schools: QuerySet[School], years: list[SchoolYear], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "school").queryset = schools.order_by("code")
        field_of(self, "school").empty_label = None
        self.fields["school_year"] = forms.TypedChoiceField(
            label=_("School year"), choices=[(str(year), str(year)) for year in years], coerce=SchoolYear.parse
        )
