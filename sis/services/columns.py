"""What may be entered of a record follows from the columns of its table: a column is one line, in the model."""

from collections.abc import Collection

from django.db import models

from sis.models.external import External


def editable(model: type[models.Model], besides: Collection[str]) -> tuple[str, ...]:
    """Names of the columns that people change on an existing record. `besides`: those that make it another record."""
    apart = {*besides, *(column.name for column in External._meta.local_fields)}
    return tuple(
        column.name
        for column in model._meta.concrete_fields
        if column.editable and not column.primary_key and column.name not in apart
    )


def most_characters(model: type[models.Model], names: Collection[str]) -> dict[str, int]:
    """Of the texts among these columns, by name."""
    return {
        column.name: column.max_length
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField) and column.name in names and column.max_length
    }
