"""One field of one kind of record, as a row: everything that the engine, the forms and the pages know of it."""

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
}


@dataclass(frozen=True)
class Field:
    """`name` is the column of the SIS record and of the local copy; `member` PASI's, or its path with slashes.

    `listed`: a key of the record's list of keys and values. `code_class`: the list of PASI's that its codes are of. `carried`: a
    transfer takes it along. `judged`: rules over several records of a student look at it. `cut`: a longer text of PASI's is cut,
    where no person compares it.
    """

    name: str
    member: str = ""
    type: Type = Type.TEXT
    listed: bool = False
    code_class: str = ""
    direction: Direction = Direction.BOTH
    carried: bool = False
    judged: bool = False
    cut: bool = False

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
