"""Runs the engine over files and reads what it wrote."""

import csv
from dataclasses import dataclass
from pathlib import Path

from reconciliation.engine.outcome import Options, Outcome
from reconciliation.engine.running import Run

DATA = Path(__file__).resolve().parents[1] / "data"
QUIRKS = DATA / "quirks"


@dataclass(frozen=True)
class Result:
    outcome: Outcome
    folder: Path

    @property
    def header(self) -> list[str]:
        return self._rows("result.csv")[0]

    @property
    def lines(self) -> list[dict[str, str]]:
        header, *rows = self._rows("result.csv")
        return [dict(zip(header, row, strict=True)) for row in rows]

    @property
    def unusable(self) -> list[list[str]]:
        return self._rows("unusable.csv")

    @property
    def notes(self) -> set[str]:
        return {note.code for note in self.outcome.warnings}

    def _rows(self, name: str) -> list[list[str]]:
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))


def compare(before: Path, after: Path, folder: Path, kind: str = "CM", **options) -> Result:
    return Result(Run(Options(kind, **options))(before, after, folder), folder)


def write(path: Path, rows: list[list[str]], **how) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, **({"quoting": csv.QUOTE_ALL} | how)).writerows(rows)
    return path
