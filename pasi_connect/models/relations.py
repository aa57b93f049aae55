"""From a row of the engine, which names its SIS record by `entity` and `subject_id`, to the table of one kind.

The engine itself needs no such relation. Pages and filters of one kind do, for `select_related` and for filters along it.
"""

from functools import cache
from typing import Any

from django.db import models
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.lookups import Exact


class _OfItsKind(ForwardManyToOneDescriptor):
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        """None for a row of another kind: its id is that of a row in another table."""
        if instance is not None and instance.entity != self.field.entity:
            return None
        return super().__get__(instance, cls)


class SubjectOf(models.ForeignObject):
    """No column and no constraint of its own. Set by `subject_id` or by the record.

    Where a filter asks for nothing beyond the id (`filter(school_enrolment=…)`) Django leaves the join out, and the kind with it: such a
    filter names `entity` and `subject_id` instead.
    """

    requires_unique_target = False
    forward_related_accessor_class = _OfItsKind

    def __init__(self, to: Any, *, entity: str, **kwargs: Any) -> None:
        self.entity = entity
        kwargs |= {"on_delete": models.DO_NOTHING, "from_fields": ["subject_id"], "to_fields": ["id"], "null": True}
        super().__init__(to, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("on_delete", "from_fields", "to_fields", "null"):
            kwargs.pop(fixed, None)
        return name, path, args, {**kwargs, "entity": self.entity}

    def get_extra_restriction(self, alias: str | None, related_alias: str) -> Any:
        column = self.model._meta.get_field("entity").get_col(related_alias)  # type: ignore[union-attr]
        return Exact(column, self.entity)


@cache
def relation(model: type[models.Model], kind: str) -> str:
    """Name of the model's relation to the SIS records of a kind. Raises KeyError where it has none."""
    names = {field.entity: field.name for field in model._meta.get_fields() if isinstance(field, SubjectOf)}
    return names[kind]
