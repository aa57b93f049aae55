"""Pairs of words, and what a column is called."""

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def colon() -> str:
    """What stands between two things shown one after the other; French has a blank before it."""
    return pgettext("between two things shown", ": ")


def pair(label: Any, value: Any) -> str:
    return f"{label}{colon()}{value}"


def with_number(message: str, number: str) -> str:
    """The sentence of a rule with its number in PASI, where it has one. `sentences` puts it into a reader's language again."""
    word = _("rule")
    return f"{message} ({word} {number})" if number else message


def label_of(model: type[Model], name: str) -> str:
    """What people call a column of a table."""
    column: Any = model._meta.get_field(name)
    return str(column.verbose_name)


def help_of(model: type[Model], name: str) -> Any:
    """What people are told of a column, in the language of whoever reads it; "" where nothing is."""
    column: Any = model._meta.get_field(name)
    return column.help_text
