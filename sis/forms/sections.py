"""Shapes of what people enter about sections and terms. `sis.rules` define what is allowed, and the services check it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from operations.forms.days import DayField
from operations.forms.fields import field_of
from sis.forms.enrolments import NOTHING, Choices, with_present
from sis.models import Section, Term
from sis.services.sections import EDITABLE

FIELDS = tuple(name for name in EDITABLE if name != "deleted")
# Of a new section these follow from its term, its course and its own id.
DERIVED = ("start_date", "end_date", "term_code", "schedule", "credits_offered", "local_section_id", "description")


class SectionForm(forms.ModelForm):
    """Every field of a section that people change. `code_lists` gives PASI's codes by field name; a field without a list takes free
    text, and a present code that is not in its list stays a choice."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # PASI's version that the page was drawn with

    class Meta:
        model = Section
        fields = FIELDS
        field_classes = {"start_date": DayField, "end_date": DayField}

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (_("Section"), ("number", "course_codes", "teacher", "start_date", "end_date")),
        (
            _("For PASI"),
            (
                "term_code", "delivery", "schedule", "language", "credits_offered", "minutes_offered", "local_section_id",
                "description",
            ),
        ),
    )  # fmt: skip

    FOLLOWING: tuple[str, ...] = ()  # may be left empty

    def __init__(self, *args: Any, code_lists: Mapping[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course_codes"].required = True
        for name in self.FOLLOWING:
            self.fields[name].required = False
            self.fields[name].initial = None
            self.initial.pop(name, None)
        for name, choices in code_lists.items():
            field = self.fields[name]
            if choices:
                present = str(self.initial.get(name) or "")
                optional = [] if field.required else [NOTHING]
                self.fields[name] = forms.ChoiceField(
                    choices=[*optional, *with_present(choices, present)],
                    label=field.label,
                    help_text=field.help_text,
                    required=field.required,
                    initial=field.initial,
                )

    def clean_course_codes(self) -> str:
        """PASI's codes are written in capitals."""
        return str(self.cleaned_data["course_codes"]).upper()

    def groups(self) -> list[dict[str, Any]]:
        """The fields in their fieldsets, as the page shows them."""
        return [
            {"legend": legend, "fields": [self[name] for name in names if name in self.fields]}
            for legend, names in self.GROUPS
        ]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.fields}

    def refuse(self, error: ValidationError) -> None:
        """Shows what the service refused at the fields that it names."""
        for name, texts in error.message_dict.items():
            self.add_error(name if name in self.fields else None, texts)

    def _post_clean(self) -> None:
        """The service checks the rules, once, on the record as it is then."""


class NewSectionForm(SectionForm):
    """A new section: its term is chosen once and makes it what it is. What is left empty follows from term and course."""

    term = forms.ModelChoiceField(
        label=_("Term"),
        queryset=Term.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose the term.")},
    )

    GROUPS = ((_("Where and when"), ("term",)), *SectionForm.GROUPS)
    FOLLOWING = DERIVED

    def __init__(self, *args: Any, terms: list[Term], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "term").queryset = Term.objects.filter(pk__in=[term.pk for term in terms])
        groups: dict[str, Choices] = {}
        for term in terms:
            year = str(term.calendar.school_year)
            groups.setdefault(year, []).append((str(term.pk), f"{term.name}, {year}"))  # a closed list shows no group
        field_of(self, "term").choices = list(groups.items())

    def values(self) -> dict[str, Any]:
        return {
            name: value for name, value in super().values().items() if name not in DERIVED or value not in (None, "")
        }


class DeletionForm(forms.Form):
    """Why a section is deleted, and which version of it the person saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown on the section’s page while it is deleted. PASI does not receive it."),
    )


class TermForm(forms.Form):
    """What PASI calls a term of the school."""

    alternate_code = forms.CharField(
        label=_("Alternate Term Code"),
        help_text=_("PASI’s code of this term, from which its sections take theirs."),
        max_length=50,
        required=False,
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choices:
            field = self.fields["alternate_code"]
            present = str(self.initial.get("alternate_code") or "")
            self.fields["alternate_code"] = forms.ChoiceField(
                label=field.label,
                help_text=field.help_text,
                required=False,
                choices=[NOTHING, *with_present(choices, present)],
            )
