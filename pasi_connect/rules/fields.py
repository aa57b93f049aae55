"""One field of one kind of record, as a row: everything that the engine, the forms and the pages know of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    TEXT = "text"
    CODE = "code"
    CODES = "codes"  # several, in one text with blanks between, each once, in order
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    COUNT = "count"  # a number that is 0 where none is given
    YEAR = "year"
    FLAG = "flag"


class Direction(StrEnum):
    BOTH = "both"
    FROM_PASI = "from_pasi"
    HERE = "here"  # PASI does not hold it


WITHOUT_VALUE: dict[Type, Any] = {
    Type.DAY: None,
    Type.MOMENT: None,
    Type.NUMBER: None,
    Type.YEAR: None,
    Type.FLAG: False,
    Type.COUNT: 0,
}


@dataclass(frozen=True)
class Field:
    """`name` is the column of the SIS record and of the local copy; `member` PASI's, or its path with slashes.

    `in_list`: a key of the record's list of keys and values. `code_class`: the list of PASI's that its codes are of. `carried`: a
    transfer takes it along. `judged`: rules over several records of a student look at it. `cut`: a longer text of PASI's is cut,
    where no person compares it. `spoken`: its codes are words, of which the description alone is shown. `organization`: the code of
    an authority, shown with its name. `part`: of a kind that is sent in parts, the one that carries it.
    """

    name: str
    member: str = ""
    type: Type = Type.TEXT
    in_list: bool = False
    code_class: str = ""
    direction: Direction = Direction.BOTH
    carried: bool = False
    judged: bool = False
    cut: bool = False
    spoken: bool = False
    organization: bool = False
    part: str = ""

    @property
    def empty(self) -> Any:
        return WITHOUT_VALUE.get(self.type, "")

    @property
    def compared(self) -> bool:
        return self.direction == Direction.BOTH

    @property
    def is_text(self) -> bool:
        """Free or coded text of ours that goes into messages."""
        return self.empty == ""

    @property
    def many(self) -> bool:
        return self.type == Type.CODES


def content(field: Field, most: int | None) -> str:
    """What decides on the content of the field's column in a local copy of so many characters, in one short text."""
    parts = (field.member, field.type, field.in_list, field.direction, field.cut, most)
    return _digest("|".join(str(part) for part in parts))[:8]


def version(contents: Mapping[str, str]) -> int:
    """Of a whole table of columns: a number that is another one as soon as anything in it is. Below 2 ** 60."""
    return int(_digest(" ".join(f"{name}={contents[name]}" for name in sorted(contents)))[:15], 16)


def unfilled(present: Mapping[str, str], before: Mapping[str, str]) -> frozenset[str]:
    """Names of the columns of `present` in which a row that was filled by the table `before` holds something else, or nothing."""
    return frozenset(name for name, text in present.items() if before.get(name) != text)


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
