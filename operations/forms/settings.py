"""The form of a settings page. Ranges, defaults, units and help come from the model's fields."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from operations.models.settings import Singleton


class SettingsForm(forms.ModelForm):
    """`version` is the settings' version that the page was drawn with."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance: Singleton = kwargs["instance"]
        kwargs["initial"] = {"version": instance.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name == "version" or not isinstance(field, forms.IntegerField):
                continue
            for validator in instance._meta.get_field(name).validators:  # type: ignore[union-attr]
                if isinstance(validator, MinValueValidator):
                    field.widget.attrs["min"] = validator.limit_value
                elif isinstance(validator, MaxValueValidator):
                    field.widget.attrs["max"] = validator.limit_value

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def rows(self) -> list[Any]:
        return [bound for bound in self if bound.name != "version"]
