"""The parts of an entity: how its records are fetched and sent, whose they are, the SIS side, the display."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.db import models
from django.urls import reverse

from pasi_connect.rules.fields import Type

Document = Mapping[str, Any]
SELF = "self"


@dataclass(frozen=True)
class Get:
    """How records are fetched by their keys: `request` is the list of keys in the message, `key` a key's member in it."""

    operation: str
    request: str
    record: str  # PASI's name of one record
    key: str = "Key"


@dataclass(frozen=True)
class Submit:
    """How one record is sent; `stamps` are members that PASI sets itself and ignores on input.

    `batch`: the list in which records stand, where PASI takes several in one call and answers for each; `most`: how many go in
    one. `list_member` and `list_name`: the list of keys and values that holds the fields that are `in_list`.
    """

    operation: str
    record: str
    batch: str = ""
    most: int = 1
    stamps: tuple[str, ...] = ("EffectiveUtc", "LastUpdate")
    list_member: str = ""
    list_name: str = ""

    def request(self, documents: Sequence[Document]) -> dict[str, Any]:
        """The members of the message that sends these records; one where PASI takes no more in a call."""
        return {self.batch: list(documents)} if self.batch else {self.record: documents[0]}


@dataclass(frozen=True)
class Part:
    """A part of a record's identity: whose it is, where, when. `column` is the copy's; `path` leads to it from the SIS record."""

    name: str
    column: str
    member: str
    path: str  # in the spelling of the ORM: it is read from records and in statements
    type: Type = Type.TEXT

    @cached_property
    def _reader(self) -> Callable[[Any], Any]:
        return attrgetter(self.path.replace("__", "."))

    def of(self, record: Any) -> Any:
        """ "" where the SIS record does not say."""
        return self._reader(record) or ""


@dataclass(frozen=True)
class Message:
    """One call that sends: its operation, the members of the request, and the RefId of the part that it writes ("0": a new one)."""

    operation: str
    request: dict[str, Any]
    item: str = ""


@dataclass(frozen=True)
class AggregatePart:
    """A part of a record that shares PASI's version with the others and is submitted by operations of its own.

    `message` gives the call that brings the part from PASI's record to the one that is wanted; both are whole records. `item`: the
    RefId of the part in a record of PASI's, "" where it does not say. `answered` gives the record that was sent with what follows
    from the RefId that PASI answered with, so that the next change is laid on what PASI holds and not on what it held before.
    """

    name: str
    label: Any
    message: Callable[[Document, Document], Message]
    operations: tuple[str, ...]
    item: Callable[[Document], str]
    answered: Callable[[Document, str], dict[str, Any]] = lambda document, item: dict(document)


@dataclass(frozen=True)
class Sis:
    """The SIS's side. `related`: what the engine reads along with a record, as for `select_related`.

    `create`, `change`, `change_many`: the doors for new records and for new values of existing ones; `create` takes whose it is as
    {"student", "school", "school_year"}, and None stands for a kind whose records are neither made nor missed by comparing.
    `twins`: what an undo to such values would run into, by id. `needed`: why records can no longer be taken away, by id. `nearest`:
    what the SIS can hold of PASI's values of a year. `student`, `year`: names of the attributes, "" where there is none; SELF where
    the record is the student.
    `switch`: the column of the school that says whether its records take part. `setting`: the synchronization setting that does so
    for the whole kind. `key`: the column that holds PASI's key, where the SIS knows it by itself. `schools`: of records that stand
    at several schools, these by id, that on whose behalf PASI is called first; `at`: ids of the records that stand at one of these
    schools.
    """

    model: type[models.Model]
    create: Callable[..., Any] | None
    change: Callable[..., Any]
    change_many: Callable[..., Any]
    twins: Callable[[Mapping[int, Any]], Mapping[int, str]] | None = None
    needed: Callable[[Collection[int]], Mapping[int, str]] | None = None
    nearest: Callable[[Mapping[str, Any], Any], dict[str, Any]] | None = None
    related: tuple[str, ...] = ()
    student: str = "student"
    year: str = "school_year"
    switch: str = "enrolment_sync"
    setting: str = ""
    key: str = ""
    schools: Callable[[Collection[int]], Mapping[int, list[Any]]] | None = None
    at: Callable[[Collection[str]], "models.QuerySet[Any]"] | None = None


@dataclass(frozen=True)
class Show:
    """How people meet a record. `title` and `list_title` name a SIS record, in lists that are sorted by it the second way.

    `page` and `page_of`: the address of its page and the attribute that stands in it, `page_label` what the link says; `edit` and
    `edit_label`: the address of its form, by its id, and what that link says. `in_pasiprep`: the pattern of the settings leads to
    its page in PASIprep. `sentences`: what is said of it otherwise than of any record (`views.change_text`).
    """

    name: Any
    title: Callable[[Any], str]
    list_title: Callable[[Any], str]
    page: str
    page_of: str
    page_label: Any
    edit: str
    edit_label: Any
    in_pasiprep: bool = False
    sentences: Mapping[str, Any] = with_default(default_factory=dict)

    def url(self, record: Any) -> str:
        return reverse(self.page, args=[getattr(record, self.page_of)])
