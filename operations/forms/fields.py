"""A form's field with all that its class has, where the form's own list of fields knows no more than that it is one."""

from typing import Any

from django import forms


def field_of(form: forms.BaseForm, name: str) -> Any:
    """For what is set when a form is made: `choices` of a choice, `queryset` and `empty_label` of a choice of records."""
    return form.fields[name]
