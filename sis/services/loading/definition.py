"""What the door knows of a resource: one value a table. The door itself (`door`) is written once over these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from operations.actor import Actor
from sis.models.fields import CodesField, SchoolYearField
from sis.rules.loading import Kind, Member

BIG = {"PositiveSmallIntegerField": 32767, "PositiveIntegerField": 2147483647}
EXTERNAL = "external_id"


@dataclass
class Line:
    """A line that could be read. `values`: members as a record holds them; `delivered`: the same as JSON keeps them, references
    and `ref_id` among them. `targets`: the records that it points to, by the name of the reference."""

    number: int
    external_id: str
    values: dict[str, Any] = field(default_factory=dict)
    delivered: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """One way to name a record: a member for each column of the record that it is compared with."""

    columns: Mapping[str, str]  # member -> path

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(self.columns)


@dataclass(frozen=True)
class Reference:
    """What a line points to; a record keeps it for good. `optional`: a line may do without."""

    name: str
    model: type[models.Model]
    ways: tuple[Way, ...]
    related: tuple[str, ...] = ()
    optional: bool = False


Created = Mapping[int, Any]  # number of the line -> the record, or the ValidationError that refuses it


@dataclass
class Changed:
    """Ids of the records that were changed, and by id what refuses a change."""

    changed: set[int] = field(default_factory=set)
    refused: dict[int, ValidationError] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """`kind`: what audit, events and deliveries call a record. `needed`: members without which no record begins; `fixed`: those
    that make it another record. `own`: columns by which a line finds the record that it means though that does not have the
    external ID yet; not `own_once`: only a live one without any. `create` and `change` write a set. `step`: lines in one transaction.
    `ref_ids`: lines may carry PASI's key. `school`: path to the code of the record's school."""

    name: str
    kind: str
    model: type[models.Model]
    members: Mapping[str, Member]
    create: Callable[[Actor, Sequence[Line], str], Created]
    change: Callable[[Actor, Mapping[int, Mapping[str, Any]], str], Changed]
    references: tuple[Reference, ...] = ()
    needed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    own_once: bool = True
    related: tuple[str, ...] = ()
    school: str = ""
    step: int = 50
    ref_ids: bool = False

    @property
    def pointers(self) -> tuple[str, ...]:
        """The members that point to something and are no values themselves."""
        named = (name for one in self.references for way in one.ways for name in way.members)
        return tuple(dict.fromkeys(name for name in named if name not in self.members))

    @property
    def names(self) -> tuple[str, ...]:
        more = ("ref_id",) if self.ref_ids else ()
        return (EXTERNAL, *more, *self.pointers, *self.members)


def members(model: type[models.Model], *names: str, **more: Kind) -> dict[str, Member]:
    """Members as the columns are; `more` names the kind of those that the column does not say."""
    return {
        name: _member(model, name, more.get(name)) for name in (*names, *(name for name in more if name not in names))
    }


def _member(model: type[models.Model], name: str, kind: Kind | None) -> Member:
    column: Any = model._meta.get_field(name)
    empty = None if column.null else ""
    needed = not column.null and not column.blank
    choices = frozenset(value for value, _label in column.choices or ())
    if isinstance(column, CodesField) and kind is None:
        kind = Kind.CODES
    if kind is not None:
        return Member(name, kind, empty, needed, column.max_length or 0, choices)
    if isinstance(column, SchoolYearField):
        return Member(name, Kind.YEAR, None, needed=True)
    if isinstance(column, models.DateField):
        return Member(name, Kind.DAY, None, needed)
    if isinstance(column, models.BooleanField):
        return Member(name, Kind.FLAG, None, needed=True)
    if isinstance(column, models.IntegerField):
        bounds = [one.limit_value for one in column.validators if isinstance(one, MaxValueValidator)]
        return Member(name, Kind.NUMBER, None, not column.null, min([*bounds, BIG[type(column).__name__]]))
    return Member(name, Kind.TEXT, empty, needed, column.max_length, choices)
