from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from sis.rules.school_year import SchoolYear


def to_school_year(value: Any) -> SchoolYear | None:
    """A SchoolYear from the forms it comes in. A bare number is PASI's: the ending year."""
    if value in (None, ""):
        return None
    if isinstance(value, SchoolYear):
        return value
    if isinstance(value, int):
        return SchoolYear(value)
    return SchoolYear.parse(str(value))


if TYPE_CHECKING:
    _Stored = models.SmallIntegerField[Any, Any]  # SchoolYear, or None where null
    _Text = models.CharField[str, str]
else:
    _Stored = models.SmallIntegerField
    _Text = models.CharField


class SchoolYearField(_Stored):
    """Stores the ending year; gives and takes SchoolYear values."""

    description = "A school year"
    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any
        _pyi_lookup_exact_type: Any

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> SchoolYear | None:
        return None if value is None else SchoolYear(value)

    def to_python(self, value: Any) -> SchoolYear | None:
        try:
            return to_school_year(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def get_prep_value(self, value: Any) -> int | None:
        year = to_school_year(value)
        return None if year is None else year.ending

    def value_to_string(self, obj: Any) -> str:
        return str(self.value_from_object(obj))

    def run_validators(self, value: Any) -> None:
        """The value object checks its own range; the integer validators of the parent do not apply."""

    def formfield(self, **kwargs: Any) -> Any:
        return forms.CharField(required=not self.blank, label=self.verbose_name, help_text=self.help_text)


class CodesField(_Text):
    """Several codes in one text: each once, in order, with blanks between. `most`: how many; None for any number.

    `one`: the label of one of them, with its number as %(n)s. In the database a text as any other.
    """

    def __init__(self, *args: Any, most: int | None = None, one: Any = "", **kwargs: Any) -> None:
        self.most, self.one = most, one
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def codes_fields(model: type[models.Model]) -> dict[str, CodesField]:
    """The columns of a table that hold several codes, by name."""
    return {field.name: field for field in model._meta.concrete_fields if isinstance(field, CodesField)}
