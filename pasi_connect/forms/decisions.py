"""Forms for decisions: they check the shape only; the services say what may be decided."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pasi_connect.models import Discrepancy, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules.compare import RESET

AS_A_WHOLE = (
    Kind.CREATED_IN_PASI,
    Kind.MISSING_IN_PASI,
    Kind.DELETED_IN_PASI,
    Kind.RESTORED_IN_PASI,
    Kind.IDENTITY_CHANGED_IN_PASI,
)
ANEW = "anew"  # link the SIS record anew
SIDES = ("sis", "pasi")


def take_errors(form: forms.Form, error: ValidationError) -> None:
    """Puts a service's errors at the fields of the form that carry their names, the others above it."""
    for name, errors in error.error_dict.items() if hasattr(error, "error_dict") else [("", error.error_list)]:
        form.add_error(name if name in form.fields else None, errors)


class DecisionForm(forms.Form):
    """`choices` maps a field of the item to the side that the person chose; a field without one stays open."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Saved with the decision. Staff of your school can read it; PASI does not receive it."),
    )

    def __init__(self, item: Discrepancy, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.item = item
        self.decidable = [row["name"] for row in item.fields if row["state"] != RESET]

    @property
    def choices(self) -> dict[str, str]:
        if not self.is_bound:
            return {}
        do = self.data.get("do", "")
        if do in ("all-sis", "all-pasi"):
            return {name: do.removeprefix("all-") for name in self.decidable}
        if self.item.kind in AS_A_WHOLE:
            side = self.data.get("field-whole", "")
            possible = (*SIDES, ANEW) if self.item.kind == Kind.IDENTITY_CHANGED_IN_PASI else SIDES
            return {name: side for name in self.decidable} if side in possible else {}  # noqa: C420
        chosen = {name: self.data.get(f"field-{name}", "") for name in self.decidable}
        return {name: side for name, side in chosen.items() if side in SIDES}

    def side(self, side: str) -> list[str]:
        return [name for name, chosen in self.choices.items() if chosen == side]


class BulkForm(forms.Form):
    """Why many changes are decided together. `seen` is the mark of the list that the page showed."""

    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Saved with each of these decisions. PASI does not receive it."),
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason


class UndoForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Saved with the action. PASI does not receive it."),
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason


class ExitForm(forms.Form):
    """How a person ends a submission. `seen` is PASI's version that the page showed."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Saved with the submission. PASI does not receive it."),
    )


class SpellingForm(forms.Form):
    """One text a field that PASI cannot store; each with a proposal that a person agrees to or changes."""

    def __init__(self, submission: Submission, texts: dict[str, tuple[str, str, str]], data: Any = None) -> None:
        """`texts`: {field: (label, text of the SIS record, proposal)}."""
        super().__init__(data, auto_id=f"spelling-{submission.pk}-%s")
        for name, (label, text, proposal) in texts.items():
            self.fields[name] = forms.CharField(
                label=label,
                initial=proposal,
                max_length=160,
                strip=False,
                help_text=_("The SIS record keeps: %(text)s") % {"text": text},
            )
