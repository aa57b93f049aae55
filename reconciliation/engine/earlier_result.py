"""What differs from an earlier result of the same kind: lines with another status now, or with none before.

A row is known by its key, and where the key repeats by its place among the rows of that key: rows of the first file come first,
by content. So whatever was corrected shows as moved, whatever else has changed in the files.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from reconciliation.engine.rows import MOVED, ROWS
from reconciliation.rules.statuses import ADDED

NOT_THERE = ""


def _lines(folder: Path, header: Sequence[str], keys: Sequence[str], contents: Sequence[str]) -> pl.DataFrame:
    """`line`, `status`, the key's columns and `nth`."""
    path, place = folder / ROWS, {name: str(number) for number, name in enumerate(header)}
    key = [pl.col(place[name]).alias(f"key {number}") for number, name in enumerate(keys)]
    names = [expression.meta.output_name() for expression in key]
    frame = pl.scan_parquet(path).select("line", "status", *key).collect(engine="streaming")
    repeats = frame.select(names).is_duplicated()
    single = frame.filter(~repeats).with_columns(pl.lit(0, dtype=pl.UInt32).alias("nth"))
    lines = frame.filter(repeats)["line"]
    several = (
        pl.scan_parquet(path)
        .filter(pl.col("line").is_in(lines.implode()))
        .select("line", "status", *key, *(pl.col(place[name]).alias(f"by {name}") for name in contents))
        .collect(engine="streaming")
        .sort(*names, pl.col("status") == ADDED, *(f"by {name}" for name in contents), "line")
        .with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).over(names).alias("nth"))
    )
    return pl.concat([single, several.select(single.columns)])


def write(
    folder: Path, header: Sequence[str], earlier: Path, earlier_header: Sequence[str], keys: Sequence[str]
) -> dict[str, int]:
    """Write `folder`/moved.parquet (`line`, `was`: the status before, null where the row was not there).

    Gives counts by "<status before>><status now>"; a row that is in one of the two only has nothing on that side.
    """
    shared = set(header) & set(earlier_header)
    # The whole first row before the second one: a row that is missing now has nothing there.
    contents = [name for side in (" (before)", " (after)") for name in header if name in shared and name.endswith(side)]
    now, then = _lines(folder, header, keys, contents), _lines(earlier, earlier_header, keys, contents)
    on = [name for name in now.columns if name not in ("line", "status")]
    both = now.join(then.rename({"status": "was"}).drop("line"), on=on, how="full", coalesce=True)
    moved = both.filter(pl.col("was").ne_missing(pl.col("status")))
    moved.filter(pl.col("line").is_not_null()).select("line", "was").sort("line").write_parquet(folder / MOVED)
    text = [pl.col(name).cast(pl.String).fill_null(NOT_THERE).alias(name) for name in ("was", "status")]
    counts = moved.select(text).group_by("was", "status").len().sort("was", "status")
    return {f"{was}>{status}": count for was, status, count in counts.iter_rows()}
