"""What higher apps offer to lower ones. Each app registers in its `panels.py` and `jobs.py`, which are found at start.

A page of a lower app shows panels of higher apps without importing them; health asks probes; the tick runs chores and
the errands that nobody takes; a worker runs jobs.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import HttpRequest


@dataclass(frozen=True)
class NavItem:
    group: str
    order: int
    label: str
    url: str
    icon: str
    count: int | str | None = None
    attention: bool = False
    current: bool = False
    key: str = ""  # keyboard shortcut, as "g i"


@dataclass(frozen=True)
class Panel:
    """A rendered part of a page: `template` with `context`; lower `order` stands first."""

    order: int
    template: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Banner:
    """The state of the whole system under the top bar; `level` is attn or bad. `name` tells a second one from the first."""

    level: str
    title: str
    text: str
    url: str = ""
    label: str = ""
    name: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Right:
    """What work asks of a person: one of the permissions, and every one of the schools; None stands for all of the authority."""

    any_of: tuple[str, ...]
    schools: frozenset[str] | None


@dataclass(frozen=True)
class JobKind:
    """One kind of job. `run` takes an `operations.services.jobs.Running` and gives the job's result; `page` gives the
    address of what the job belongs to, for the link on its page; `approve` is the permission that releases it.

    `school`: the one school that the result is about, where it holds more than counts; "" for none.

    `done` and `total` count records, or `counts` says rows. `answer` says what a completed job has found, where that a record was
    looked at does not mean that all is well with it."""

    label: Any
    run: Callable[[Any], "dict[str, Any] | None"]
    right: Callable[[Any], Right]
    page: Callable[[Any], str] | None = None
    approve: str = "operations.approve"
    counts: Literal["records", "rows"] = "records"
    answer: Callable[[Any], str] | None = None
    school: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class FileColumn:
    """A column that a higher app adds to a list's file: `texts` gives the cells by the rows' ids."""

    label: Any
    texts: Callable[[Sequence[Any]], dict[int, str]]


@dataclass(frozen=True)
class Errand:
    """Work in rows that a message usually begins. What lies there untouched, the tick does itself (`operations.ticking`).

    `hands` gives how many could be at it now, 0 when nothing waits or all hands are busy; `mark` anything that changes whenever
    somebody is at work on it; `do` does some of it, in a thread of its own. `patience`: seconds, the setting's when None.
    """

    hands: Callable[[], int]
    mark: Callable[[], Any]
    do: Callable[[], Any]
    patience: float | None = None


@dataclass(frozen=True)
class Measure:
    """A figure of `/metrics`: its name without `pasi_connect_`, one English sentence, and values by label. No label is of a student."""

    name: str
    text: str
    samples: Sequence[tuple[dict[str, str], float]]


@dataclass(frozen=True)
class Retention:
    """Something that is kept for so many days. `remove` takes the moment before which it goes and how many rows at most, and gives
    how many went; it commits by itself. `setting`: its field on the settings page; else `days` says it, and where to change it."""

    label: Any
    remove: Callable[[dt.datetime, int], int]
    setting: str = ""
    days: Callable[[], int] | None = None


@dataclass(frozen=True)
class Deeds:
    """What can be done with a record beside editing it. `links`: what fits it now, {label, text, icon, url, why}; `why` says why
    one cannot be done now. `url`: the address of one by its name, whether it fits or not."""

    links: Callable[[Any], list[dict[str, Any]]] = lambda record: []
    url: Callable[[str, Any], str] = lambda name, record: ""


Navigation = Callable[[HttpRequest], list[NavItem]]
PanelMaker = Callable[[HttpRequest, Any], "Panel | None"]
FrameMaker = Callable[[HttpRequest], dict[str, Any]]
Probe = Callable[[], dict[str, Any]]
Chore = Callable[[], object]

navigation: list[Navigation] = []
panel_makers: dict[str, list[PanelMaker]] = defaultdict(list)
frame_makers: list[FrameMaker] = []
code_words: list[Callable[[str, str], str]] = []  # (field, code) -> what people call it; the first that answers
# (kind of record, school year or None for all) -> [(code, text)] by the name of the field, in the reader's language
code_lists: list[Callable[[str, Any], dict[str, list[tuple[str, str]]]]] = []
file_columns: dict[str, list[FileColumn]] = defaultdict(list)
probes: dict[str, Probe] = {}
chores: dict[str, Chore] = {}
measures: list[Callable[[], list[Measure]]] = []  # asked at each scrape: as cheap with 500,000 rows as with none
# what the page of words prints: (group, ((word, what it means), …))
glossary: list[tuple[Any, Sequence[tuple[Any, Any]]]] = []
# By type of record: the version outside that a person who looks at the record's form has before their eyes.
seen_versions: dict[str, Callable[[Any], int]] = {}
deeds: dict[str, Deeds] = defaultdict(Deeds)  # by type of record
# page -> whether its subject still asks something of this person, who then stays on it after saving
unfinished: dict[str, list[Callable[[HttpRequest, Any], bool]]] = defaultdict(list)
retention: dict[str, Retention] = {}
token_schools: list[
    Callable[[Any], list[tuple[str, str]]]
] = []  # (code, name) of the schools that a token of the person can have
named_anew: list[
    Callable[[], None]
] = []  # inside the transaction in which the name changes that PASI is told of somebody
errands: dict[str, Errand] = {}
stored_bytes: list[
    Callable[[Any], int]
] = []  # person's id -> bytes of files that the person has stored (`operations.bodies`)
jobs: dict[str, JobKind] = {}
# The codes of the schools that a person sees; None stands for all. The app that knows schools offers it.
school_codes: list[Callable[[Any], "list[str] | None"]] = []
# subject type of a job's row -> {row id: (name, address)} of the rows that the person may see
job_rows: dict[str, Callable[[HttpRequest, list[Any]], dict[int, tuple[str, str]]]] = {}
notices: dict[str, Callable[[dict[str, Any]], str]] = {}  # kind -> the sentence from what the notice was given
ways_to_tell: list[Callable[[Any, Any], None]] = []  # (person, notice): beside the notice's own page
# page of a list -> filters that a higher app adds to it, each for the person who asks: (name, a filter of django-filter)
list_filters: dict[str, list[Callable[[Any], tuple[str, Any]]]] = defaultdict(list)
# page of a list -> columns that a higher app adds to it and people can hide: (name, label)
list_columns: dict[str, list[tuple[str, Any]]] = defaultdict(list)
# page of a list -> what a higher app says of its rows, by the row's id; one maker sees all rows, so that it asks once
row_notes: dict[str, list[Callable[[HttpRequest, list[Any]], dict[int, list[str]]]]] = defaultdict(list)


def notice_text(kind: str, values: dict[str, Any]) -> str:
    """The sentence in the reader's language; a kind that nobody offers any more shows its own name."""
    make = notices.get(kind)
    return str(make(values)) if make else kind.replace("_", " ")


def codes_of(kind: str, year: Any = None) -> dict[str, list[tuple[str, str]]]:
    """The codes of the fields of a kind of record, in one reading; a field is absent while its codes have not come yet."""
    return {name: rows for lists in code_lists for name, rows in lists(kind, year).items()}


def code_word(field: str, value: Any) -> str:
    """A code of a field as people call it, where a higher app knows a word for it."""
    text = str(value or "")
    return next((word for name in code_words if (word := name(field, text))), text)


def panels(page: str, request: HttpRequest, subject: Any) -> list[Panel]:
    """The panels of `page` for `subject`, in their order."""
    results = [maker(request, subject) for maker in panel_makers[page]]
    return sorted((panel for panel in results if panel), key=lambda panel: panel.order)


def notes(page: str, request: HttpRequest, rows: list[Any]) -> dict[int, list[str]]:
    """Higher apps' remarks on the rows of a list, by the row's id."""
    by_id: dict[int, list[str]] = defaultdict(list)
    for maker in row_notes[page]:
        for pk, lines in maker(request, rows).items():
            by_id[pk] += lines
    return by_id
