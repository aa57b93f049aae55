"""What became of the lines of a load."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sis.rules.loading import Difference
from sis.services.loading.definition import Line


@dataclass(frozen=True)
class Refused:
    line: int
    external_id: str
    errors: list[dict[str, str]]


@dataclass(frozen=True)
class Kept:
    """A value that the source delivers as before and that stands otherwise here. `record_id` is the record's."""

    line: int
    external_id: str
    record_id: int
    school_code: str
    difference: Difference


@dataclass
class Outcome:
    """What became of the lines."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return self.created + self.changed + self.unchanged + len(self.refused)

    def add(self, other: "Outcome") -> None:
        self.created += other.created
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.kept += other.kept


def refusal(line: Line, errors: Mapping[str, Sequence[str]]) -> Refused:
    rows = [{"field": name, "message": str(text)} for name, texts in errors.items() for text in texts]
    return Refused(line.number, line.external_id, rows)


def sift(done: Outcome, lines: Iterable[Line]) -> list[Line]:
    """The lines without a fault; the others are refused."""
    sound = []
    for line in lines:
        if line.errors:
            done.refused.append(refusal(line, line.errors))
        else:
            sound.append(line)
    return sound
