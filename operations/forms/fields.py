"""A form's field under its own type, where the form's `fields` give only the base class."""

from typing import Any

from django import forms


def field_of(form: forms.BaseForm, name: str) -> Any:
    """For what is set when a form is made: `choices` of a choice, `queryset` and `empty_label` of a choice of records."""
    return form.fields[name]
