"""What the engine knows about a kind of record: one `Entity` value per kind, frozen data, no class to inherit from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.db import models
from django.db.models import CharField

from operations.wording import help_of, label_of
from pasi_connect.entities.shapes import SELF, AggregatePart, Document, Get, Message, Part, Show, Sis, Submit
from pasi_connect.models.copies import LocalCopy
from pasi_connect.models.link import Link
from pasi_connect.models.relations import relation
from pasi_connect.rules import fields as field_rules
from pasi_connect.rules.fields import Direction, Field, Type
from pasi_connect.rules.pasi import SchoolFacts, StudentFacts
from pasi_connect.rules.sendable import Broken
from sis.rules.school_year import SchoolYear
from sis.services.events import Subject

__all__ = ["AggregatePart", "Entity", "Get", "Message", "Part", "Show", "Sis", "Submit"]

# How a field is read from a document, and what its column cannot hold: worked out once an entity, since both are asked of every
# record of every answer.
PLAIN, INSIDE, IN_LIST, MANY = range(4)
Read = tuple[str, int, str, str, Any]  # name, one of the four, member, member inside of it, empty value
CUT, NO_TEXT, KEPT_BESIDE = range(3)


@dataclass(frozen=True)
class Entity:
    """`kind` is our name, `notification` PASI's; `key` the member that identifies a record, a RefId or a code.

    `copy` has the columns of the fields and of the identity, and `key_field`. `submit` None and no `parts`: pull only. `sis` None: no SIS record
    of its own, so nothing is compared and nothing shown. `stored`: what else follows from records of PASI's, before their copies
    are written. `broken`: the rules that a record with these values and of this year breaks; `rule`: one of them by the key that a
    submission keeps. `refused`: the rule by which PASI would refuse it for what PASI holds of its student and school. `span`: the
    fields of its first and its last day, which must be in order.
    """

    kind: str
    notification: str
    key: str
    copy: type[LocalCopy]
    get: Get
    fields: tuple[Field, ...]
    by_year: bool = False
    key_is_ref_id: bool = False
    identity: tuple[Part, ...] = ()
    submit: Submit | None = None
    parts: tuple[AggregatePart, ...] = ()
    sis: Sis | None = None
    show: Show | None = None
    stored: Callable[[Sequence[Document]], None] | None = None
    broken: Callable[[Mapping[str, Any], Any], list[Broken]] | None = None
    span: tuple[str, str] | None = None
    rule: Callable[[str], Any] | None = None
    refused: Callable[[Mapping[str, Any], StudentFacts, SchoolFacts, Any], str] | None = None

    def __str__(self) -> str:
        return self.kind

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def exchanged(self) -> tuple[Field, ...]:
        """The fields that PASI holds."""
        return tuple(field for field in self.fields if field.direction != Direction.HERE)

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Names of the fields that both sides hold and that are compared, in the order in which people see them."""
        return tuple(field.name for field in self.fields if field.compared)

    @cached_property
    def difference_names(self) -> tuple[str, ...]:
        """Names under which an item tells of a difference: the compared fields and the parts of the identity."""
        return (*self.compared, *(part.name for part in self.identity))

    @cached_property
    def compared_fields(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.compared)

    @cached_property
    def kept_here(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields if field.direction == Direction.HERE)

    @cached_property
    def days(self) -> tuple[str, ...]:
        return self.names(lambda field: field.type == Type.DAY)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Names of the texts of ours that go into messages."""
        return self.names(lambda field: field.compared and field.is_text)

    @cached_property
    def carried(self) -> tuple[str, ...]:
        return self.names(lambda field: field.carried)

    @cached_property
    def judged(self) -> tuple[str, ...]:
        return self.names(lambda field: field.judged)

    @cached_property
    def coded(self) -> dict[str, str]:
        """Name of each field whose values are codes -> the class name of PASI's list."""
        return {field.name: field.code_class for field in self.fields if field.code_class}

    @cached_property
    def empty(self) -> dict[str, Any]:
        """A record in which every field is empty."""
        return {field.name: field.empty for field in self.compared_fields}

    @cached_property
    def most(self) -> dict[str, int]:
        """Characters that the copy's column holds, by field."""
        columns = {field.name: self.copy._meta.get_field(field.name) for field in self.exchanged}
        return {
            name: column.max_length
            for name, column in columns.items()
            if isinstance(column, CharField) and column.max_length
        }

    @cached_property
    def columns(self) -> dict[str, str]:
        """By typed column of the copy, what decides on its content."""
        parts = [Field(part.column, part.member, part.type) for part in self.identity]
        return {row.name: field_rules.content(row, self.most.get(row.name)) for row in (*parts, *self.exchanged)}

    @cached_property
    def columns_version(self) -> int:
        """Says by which table a copy's columns were filled."""
        return field_rules.version(self.columns)

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        return tuple(_read_of(field) for field in self.exchanged)

    @cached_property
    def compared_reads(self) -> tuple[Read, ...]:
        return tuple(_read_of(field) for field in self.compared_fields)

    @cached_property
    def organizations(self) -> tuple[str, ...]:
        """Names of the fields that hold codes of authorities."""
        return self.names(lambda field: field.organization)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        return self.names(lambda field: field.type == Type.FLAG)

    @cached_property
    def limits(self) -> dict[str, tuple[int, int]]:
        """For columns that cannot hold every text: what happens to a longer one, and from how many characters on."""
        limits: dict[str, tuple[int, int]] = {}
        for field in self.exchanged:
            timed = field.type in (Type.DAY, Type.MOMENT)
            if field.compared and self.keeps_odd and (field.type == Type.DAY or field.name in self.most):
                limits[field.name] = KEPT_BESIDE, -1 if field.type == Type.DAY else self.most[field.name]
            elif timed:
                limits[field.name] = NO_TEXT, 0
            elif field.cut:
                limits[field.name] = CUT, self.most[field.name]
        return limits

    @cached_property
    def school_column(self) -> str:
        """The copy's column with the school that a record belongs to; "" where records belong to no school."""
        return next((part.column for part in self.identity if part.name == "school"), "")

    @cached_property
    def keeps_odd(self) -> bool:
        """Values of PASI's that a column cannot hold are kept beside it."""
        return any(field.name == "odd" for field in self.copy._meta.get_fields())

    @cached_property
    def has_deletion(self) -> bool:
        return "deleted" in self.by_name

    @cached_property
    def along(self) -> tuple[str, ...]:
        """The relations by which a link brings its SIS record with all that the engine reads of it, as for `select_related`."""
        assert self.sis is not None
        name = relation(Link, self.kind)
        return (name, *(f"{name}__{path}" for path in self.sis.related))

    @property
    def links(self) -> "models.QuerySet[Link]":
        """Links of this kind."""
        return Link.objects.filter(entity=self.kind)

    @property
    def links_along(self) -> "models.QuerySet[Link]":
        """The same, each with its SIS record."""
        return self.links.select_related(*self.along)

    @property
    def records(self) -> "models.QuerySet[Any]":
        """The SIS records, with what the engine reads of them."""
        assert self.sis is not None
        return self.sis.model._default_manager.select_related(*self.sis.related)

    @property
    def copies(self) -> "models.QuerySet[Any]":
        """The local copies without their documents, vanished ones too."""
        return self.copy._default_manager.defer("document")

    def live_copies(self, keys: Iterable[str]) -> "models.QuerySet[Any]":
        """Those with these keys that PASI shows."""
        return self.copies.filter(**{f"{self.copy.key_field}__in": list(keys)}, vanished_at=None)

    def is_deleted(self, side: Any) -> bool:
        """Whether a SIS record or a local copy is deleted; a kind without deletion never is."""
        return self.has_deletion and bool(side.deleted)

    @property
    def has_student(self) -> bool:
        return self.sis is not None and bool(self.sis.student)

    def asns_of(self, ids: Iterable[int]) -> dict[int, str | None]:
        """The ASN of each SIS record's student by the record's id, in one query."""
        assert self.sis is not None
        rows = self.sis.model._default_manager.filter(pk__in=list(ids))
        return dict(rows.values_list("pk", "asn" if self.sis.student == SELF else f"{self.sis.student}__asn"))

    def student_of(self, record: Any) -> Any:
        """The student whose record it is; None where the kind has no student."""
        assert self.sis is not None
        if self.sis.student == SELF:
            return record
        return getattr(record, self.sis.student) if self.sis.student else None

    @property
    def sends(self) -> bool:
        """Changes of ours go to PASI."""
        return self.submit is not None or bool(self.parts)

    @property
    def operations(self) -> tuple[str, ...]:
        """Names of PASI's operations by which records are read and sent."""
        sent = (self.submit.operation,) if self.submit is not None else ()
        return (self.get.operation, *sent, *(name for part in self.parts for name in part.operations))

    @property
    def is_made(self) -> bool:
        """A record on one side only is created, deleted or sent as a whole. Otherwise the comparison ignores it."""
        return self.sis is not None and self.sis.create is not None

    def fields_of(self, part: str) -> frozenset[str]:
        """Names of the compared fields that a submission of the part carries; "" carries all."""
        return frozenset(field.name for field in self.compared_fields if not part or field.part == part)

    def by_part(self, names: Iterable[str]) -> dict[str, list[str]]:
        """These fields by the part that carries them, in the order of the parts; a kind without parts has one, ""."""
        fields = list(names)
        if not self.parts:
            return {"": fields}
        by_part = {part.name: [name for name in fields if name in self.fields_of(part.name)] for part in self.parts}
        return {part: mine for part, mine in by_part.items() if mine}

    def part_label(self, name: str) -> str:
        """What people call a part of the record, or the record where it is sent as a whole."""
        label = next((part.label for part in self.parts if part.name == name), self.display.name)
        return str(label)

    @cached_property
    def parts_by_name(self) -> dict[str, AggregatePart]:
        return {part.name: part for part in self.parts}

    def whole_message(self, documents: Sequence[Document]) -> Message:
        """The call that sends whole records, several where PASI takes several."""
        assert self.submit is not None
        return Message(self.submit.operation, self.submit.request(documents))

    def part_message(self, part: str, before: Document, document: Document) -> Message:
        """The call that sends a part of `document`, where PASI holds `before`."""
        return self.parts_by_name[part].message(before, document)

    def taking_part(self, years: Iterable[SchoolYear], schools: Iterable[str]) -> "models.QuerySet[Any]":
        """The live SIS records of these years and of schools with these codes, as far as the kind has years and a school."""
        assert self.sis is not None
        records = self.sis.model._default_manager.all()
        if self.school_column:
            records = records.filter(school__code__in=list(schools))
        elif self.sis.at is not None:
            records = records.filter(pk__in=self.sis.at(list(schools)))
        if self.by_year:
            records = records.filter(**{f"{self.sis.year}__in": [year.ending for year in years]})
        return records.filter(deleted=False) if self.has_deletion else records

    def asn_of(self, record: Any) -> str | None:
        """The ASN of the record's student, "" while they have none; None where the kind has no student."""
        assert self.sis is not None
        student = self.student_of(record)
        return (student.asn or "") if student is not None else None

    def year_of(self, record: Any) -> Any:
        """The record's school year; None where the kind has none."""
        assert self.sis is not None
        return getattr(record, self.sis.year) if self.sis.year else None

    def school_code(self, record: Any) -> str:
        """Of the school that the record belongs to, or that speaks for it; "" where it belongs to none."""
        school = self.school_of(record)
        return school.code if school is not None else ""

    def subject(self, record: Any) -> Subject:
        """What an event of the record is about. The schools of one that stands at several are asked for when it is taken up."""
        assert self.sis is not None
        student = self.student_of(record)
        code = self.school_code(record) if self.school_column else ""
        return Subject(self.kind, record.pk, student.pk if student is not None else None, code)

    def school_of(self, record: Any) -> Any:
        """The school itself, or None."""
        schools = self.schools_of(record)
        return schools[0] if schools else None

    def schools_of(self, record: Any) -> list[Any]:
        """The schools at which the record stands, the one that speaks for it first. Reads them unless `read_schools` has."""
        assert self.sis is not None
        if self.sis.schools is None:
            return [record.school] if self.school_column else []
        if not hasattr(record, "its_schools"):
            self.read_schools([record])
        schools: list[Any] = record.its_schools
        return schools

    def read_schools(self, records: Iterable[Any]) -> None:
        """Of records that stand at several schools: reads these, once for the whole set."""
        assert self.sis is not None
        if self.sis.schools is None:
            return
        rows = list(records)
        schools = self.sis.schools([row.pk for row in rows])
        for row in rows:
            row.its_schools = schools.get(row.pk, [])

    def new_key(self, record: Any = None) -> str:
        """A key of our own for a record that PASI does not have yet, or the one by which the SIS knows it."""
        if self.sis is not None and self.sis.key:
            return str(getattr(record, self.sis.key) or "")
        assert self.key_is_ref_id
        return str(uuid4())

    def part_in(self, copy: Any, name: str) -> Any:
        """A part of the identity as the local copy has it; None where the kind has no such part."""
        column = next((part.column for part in self.identity if part.name == name), "")
        return getattr(copy, column) if column else None

    @property
    def display(self) -> Show:
        """Of the kinds that people meet: those with a SIS record."""
        assert self.show is not None
        return self.show

    def names(self, which: Callable[[Field], bool]) -> tuple[str, ...]:
        """Of the fields that PASI holds."""
        return tuple(field.name for field in self.exchanged if which(field))

    def label(self, name: str) -> str:
        """What people call the field: written once, at the column of the SIS record."""
        return label_of(self.sis.model if self.sis else self.copy, name)

    def help(self, name: str) -> str:
        """What people are told of the field, where it is entered and in the API's description."""
        return str(help_of(self.sis.model if self.sis else self.copy, name))

    def is_silent(self, names: Sequence[str]) -> bool:
        """A change to these fields alone does not concern PASI."""
        return bool(names) and set(names) <= self.kept_here

    def key_of(self, document: Document) -> str:
        """The record's key in the form in which we keep it: a RefId in lower case with hyphens."""
        value = str(document[self.key])
        return str(UUID(value)) if self.key_is_ref_id else value


def _read_of(field: Field) -> Read:
    outer, _slash, inner = field.member.partition("/")
    way = MANY if field.many else IN_LIST if field.in_list else INSIDE if inner else PLAIN
    return field.name, way, outer, inner, field.empty
