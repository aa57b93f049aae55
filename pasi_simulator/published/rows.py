"""How published things are written down, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass

SIMULATED, PARTLY, NOT = "simulated", "partly", "not"
STATES = (SIMULATED, PARTLY, NOT)
NOT_SEEN = "(words not seen)"


@dataclass(frozen=True, slots=True)
class Service:
    """`entity` is the one that a Get service hands out: the service is no more complete than that."""

    name: str
    source: str
    what: str
    entity: str = ""
    lacks: str = ""
    inferred: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """`type_name` in the WSDL. `members` in PASI's names where those are published, else in words; a word is lacking."""

    name: str
    source: str
    type_name: str = ""
    members: tuple[str, ...] = ()
    lacks: str = ""
    inferred: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How PASI behaves. `where` is the file that behaves so; empty when nothing does."""

    name: str
    source: str
    where: str = ""
    lacks: str = ""
    inferred: str = ""


@dataclass(frozen=True, slots=True)
class CodeClass:
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Number:
    """A rule number. `title` is empty where the simulator's own table has it, or where its words were not seen."""

    number: str
    source: str
    title: str = ""
    lacks: str = ""
    inferred: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `state` is one of STATES; `lacks` says what keeps it from being simulated in full."""

    name: str
    what: str
    state: str
    lacks: str
    source: str
    inferred: str


@dataclass(frozen=True, slots=True)
class Section:
    """`said` is an introducing sentence or two."""

    title: str
    intro: str
    rows: tuple[Row, ...]

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)


LEVELS = {"R": "Rejection", "W": "Warning", "A": "Advice", "U": "User error", "?": ""}


def spread(text: str) -> list[str]:
    """The numbers of "10002-10004 10009": 10002, 10003, 10004, 10009."""
    texts = []
    for part in text.split():
        first, _, last = part.partition("-")
        texts += [str(number) for number in range(int(first), int(last or first) + 1)]
    return texts


def numbers(text: str, source: str) -> tuple[Number, ...]:
    """One line a number, or several in a row: the number, its level (with * when it is inferred), its words when they were seen."""
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        place, level, *words = line.split(maxsplit=2)
        level_name = LEVELS[level.removesuffix("*")]
        title = f"{level_name or 'Level not seen'}: {words[0] if words else NOT_SEEN}"
        inferred = "the level" if level.endswith("*") else ""
        rows += [Number(number, source, title, inferred=inferred) for number in spread(place)]
    return tuple(rows)
