"""The lines of a result as a file that is read page by page: any page of a million lines in little memory.

`rows.parquet` has the column `line` (from 1, as in result.csv below its header), `status` (a place in STATUSES) and the cells of
result.csv in columns "0", "1", …; the caller keeps the header.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from reconciliation.engine.lines import BETWEEN, DIFFERENCES
from reconciliation.rules.statuses import MATCH_STATUS, STATUSES

ROWS, UNUSABLE_ROWS, MOVED = "rows.parquet", "unusable.parquet", "moved.parquet"
GROUP = 50_000  # lines that the file can skip without reading them
STATUS = pl.Enum(STATUSES)


def header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def _texts(path: Path, width: int) -> pl.LazyFrame:
    schema = {str(place): pl.String for place in range(width)}
    texts = pl.scan_csv(path, has_header=False, skip_rows=0, schema=schema).slice(1).fill_null("")
    return texts.with_row_index("line", offset=1)


def write(result: Path, path: Path) -> list[str]:
    """Write `path` from result.csv or unusable.csv; gives the header."""
    header = header_of(result)
    texts = _texts(result, len(header))
    if header[0] == MATCH_STATUS:
        texts = texts.with_columns(pl.col("0").cast(STATUS).alias("status"))
    texts.sink_parquet(path, row_group_size=GROUP)
    return header


@dataclass(frozen=True)
class Wanted:
    """Conditions on the lines; None or empty is no condition.

    `like` are numbers of lines: those with the same first key cell as one of these. `lines` are the only ones to look at.
    """

    status: str = ""
    field: str = ""
    course: str = ""
    asns: tuple[str, ...] = ()
    like: tuple[int, ...] = ()
    moved: bool = False
    was: str = ""


@dataclass(frozen=True)
class Lines:
    """A page of lines, each as {"line": number, "status": …, "0": text, …}, and whether there are more on either side."""

    rows: list[dict[str, object]]
    more_before: bool
    more_after: bool


class Reader:
    """Reads one result. `header` is that of its CSV file; `keys` are the names of its key columns."""

    def __init__(self, folder: Path, header: Sequence[str], keys: Sequence[str] = (), name: str = ROWS) -> None:
        self.folder, self.path, self.header, self.keys = folder, folder / name, list(header), list(keys)

    def _place(self, name: str) -> pl.Expr:
        return pl.col(str(self.header.index(name)))

    def _wanted(self, wanted: Wanted) -> pl.LazyFrame:
        lines = pl.scan_parquet(self.path)
        if wanted.moved or wanted.was:
            moved = pl.scan_parquet(self.folder / MOVED)
            if wanted.was:
                moved = moved.filter(pl.col("was") == wanted.was if wanted.was in STATUSES else pl.col("was").is_null())
            lines = lines.join(moved, on="line", how="semi")
        if wanted.status:
            lines = lines.filter(pl.col("status") == wanted.status)
        if wanted.field:
            names = pl.concat_str(pl.lit(BETWEEN), self._place(DIFFERENCES), pl.lit(BETWEEN))
            lines = lines.filter(names.str.contains(f"{BETWEEN}{wanted.field}{BETWEEN}", literal=True))
        if wanted.course:
            lines = lines.filter(
                self._place(self._course).str.to_uppercase().str.contains(wanted.course.upper(), literal=True)
            )
        asns = set(wanted.asns)
        if wanted.like:
            asns |= set(self.cells(self.keys[0], wanted.like).values())
        if asns or wanted.like:
            lines = lines.filter(self._place(self.keys[0]).is_in(sorted(asns)))
        return lines

    @property
    def _course(self) -> str:
        return next(name for name in self.keys if name in ("Code", "Courses Offered"))

    def count(self, wanted: Wanted) -> int:
        return int(self._wanted(wanted).select(pl.len()).collect(engine="streaming").item())

    def cells(self, name: str, lines: Sequence[int]) -> dict[int, str]:
        """The texts of one column by line."""
        rows = pl.scan_parquet(self.path).filter(pl.col("line").is_in(list(lines))).select("line", self._place(name))
        return dict(rows.collect(engine="streaming").iter_rows())

    def first_of(self, name: str, texts: Sequence[str]) -> list[int]:
        """For each of the texts that occurs in the column, its first line."""
        text = self._place(name)
        rows = pl.scan_parquet(self.path).filter(text.is_in(list(texts))).group_by(text).agg(pl.col("line").min())
        return sorted(rows.select("line").collect(engine="streaming").to_series().to_list())

    def page(self, wanted: Wanted, size: int, *, after: int | None = None, before: int | None = None) -> Lines:
        """The `size` lines after `after`, or the last `size` lines before `before`."""
        numbered = self._wanted(wanted).select("line")
        if before is not None:
            lines = numbered.filter(pl.col("line") < before).sort("line").tail(size + 1)
        else:
            lines = numbered.filter(pl.col("line") > (after or 0)).sort("line").head(size + 1)
        numbers: list[int] = lines.collect(engine="streaming").to_series().to_list()
        more = len(numbers) > size
        numbers = numbers[-size:] if before is not None else numbers[:size]
        if not numbers:
            return Lines([], False, False)
        rows = (
            pl.scan_parquet(self.path)
            .filter(pl.col("line").is_between(numbers[0], numbers[-1]), pl.col("line").is_in(numbers))
            .sort("line")
            .collect(engine="streaming")
            .to_dicts()
        )
        return Lines(rows, more if before is not None else after is not None, True if before is not None else more)
