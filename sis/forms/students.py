"""The forms that find a student, and that change names and identification."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.forms.days import DayField
from sis.forms.enrolments import NOTHING, Choices, as_entered, with_present
from sis.models import Student
from sis.services.students import EDITABLE


class FindForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Name, ASN or local number"),
        max_length=100,
        help_text=gettext_lazy("Parts of a name in any order, or a whole number."),
        error_messages={"required": gettext_lazy("Enter a name, an ASN or a local number.")},
    )


class IdentificationForm(forms.ModelForm):
    """Names, birth date and the document that proves them. `documents`: the types to choose from; free text while none are known.

    Each field carries the value that it was drawn with, so that only what the person changed is written. `seen_version`: PASI's
    version, shown beside the record.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Student
        fields = EDITABLE
        field_classes = {"birth_date": DayField, "identity_document_issued": DayField}

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (
            gettext_lazy("Legal name"),
            ("legal_first_name", "legal_middle_name", "legal_last_name", "legal_suffix", "legal_name_exact"),
        ),
        (
            gettext_lazy("Birth date and document"),
            ("birth_date", "identity_document_type", "identity_document_issued", "identity_document_number"),
        ),
        (
            gettext_lazy("Preferred name"),
            ("preferred_first_name", "preferred_middle_name", "preferred_last_name", "preferred_suffix"),
        ),
    )

    def __init__(self, *args: Any, documents: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if documents:
            field = self.fields["identity_document_type"]
            present = self.instance.identity_document_type
            self.fields["identity_document_type"] = forms.ChoiceField(
                choices=[NOTHING, *with_present(documents, present)],
                label=field.label,
                help_text=field.help_text,
                required=False,
            )
        for name in EDITABLE:
            self.fields[name].show_hidden_initial = True

    def groups(self) -> list[dict[str, Any]]:
        return [{"legend": legend, "fields": [self[name] for name in names]} for legend, names in self.GROUPS]

    def drawn_with(self) -> SafeString:
        """The values that the page was drawn with, as hidden fields."""
        drawn = [self[name].as_hidden(only_initial=True) for name in EDITABLE]
        return mark_safe("".join(drawn))  # noqa: S308 - made by the fields themselves

    def changed(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in EDITABLE if name in self.changed_data}

    def refuse(self, error: ValidationError) -> None:
        """Shows what the service refused at the fields that it names."""
        for name, texts in error.message_dict.items():
            self.add_error(name, texts)

    def redrawn(self, current: Student, seen_version: int, documents: Choices) -> "IdentificationForm":
        """The same form over the present student: the person's changes stay, all else follows the record."""
        fresh = IdentificationForm(instance=current, documents=documents)
        bound: Any = self.data
        data = bound.copy()
        data["revision"], data["seen_version"] = str(current.revision), str(seen_version)
        for name in EDITABLE:
            now = as_entered(fresh[name].initial)
            data[fresh.add_initial_prefix(name)] = now or ""
            if name in self.changed_data:
                continue
            if now is None:
                data.pop(name, None)
            else:
                data[name] = now
        return IdentificationForm(data, instance=current, documents=documents)

    def clashes(self) -> list[dict[str, Any]]:
        """The record's present value beside the person's entry, where the two differ."""
        return [
            {
                "label": self[name].label,
                "now": self._value_text(name, self[name].initial),
                "entered": self._value_text(name, self[name].data),
            }
            for name in self._clashing()
        ]

    def _clashing(self) -> Iterable[str]:
        return (name for name in EDITABLE if name in self.changed_data)

    def _value_text(self, name: str, value: Any) -> str:
        if isinstance(self.fields[name], forms.BooleanField):
            return _("yes") if value and value != "False" else _("no")
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value) or "")

    def _post_clean(self) -> None:
        """The service checks the rules, once, on the record as it is then."""
