"""Pairs the rows of two exports.

Almost every key occurs once in each file: those pair by a join. Rows of the other keys pair in three steps: byte-equal rows in
line order, rows of equal value in the order of their content, and then so that as few fields as possible differ
(rules/pairing.py), which is the only step that looks at rows one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import polars as pl

from reconciliation.engine.columns import Export
from reconciliation.rules import pairing
from reconciliation.rules.types import Column

SCHEMA = {"key": pl.UInt64, "before": pl.UInt32, "after": pl.UInt32}


@dataclass(frozen=True)
class Matched:
    """Lines of the result: the key's number, and the places of the rows in both exports' cells (null where there is none).

    `single` holds keys that stand at most once in each file, `repeated` all others; `greedy` counts the keys with too many
    leftover rows for the best pairing.
    """

    single: pl.DataFrame
    repeated: pl.DataFrame
    greedy: int


def match(
    before: Export,
    after: Export,
    keys: tuple[pl.DataFrame, pl.DataFrame],
    compared: list[Column],
    step: Callable[[], None],
) -> Matched:
    """`keys` are frames of the rows that take part: `key` and `place`, in line order."""
    ours, theirs = keys
    repeated = pl.concat([frame.filter(pl.col("key").is_duplicated()).select("key") for frame in keys]).unique()
    step()
    if repeated.height:
        singles = [frame.join(repeated, on="key", how="anti", maintain_order="left") for frame in keys]
        several = [frame.join(repeated, on="key", how="semi", maintain_order="left") for frame in keys]
    else:
        singles, several = list(keys), [ours.clear(), theirs.clear()]
    joined = (
        singles[0]
        .rename({"place": "before"})
        .join(singles[1].rename({"place": "after"}), on="key", how="full", coalesce=True)
    )
    step()
    lines, greedy = _repeated(before, after, several, compared, step) if repeated.height else (_lines([]), 0)
    return Matched(joined.select(*SCHEMA), lines, greedy)


def _lines(rows: list[tuple[int, int | None, int | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _repeated(
    before: Export, after: Export, several: list[pl.DataFrame], compared: list[Column], step: Callable[[], None]
) -> tuple[pl.DataFrame, int]:
    sides = [_with_content(export, frame, compared) for export, frame in zip((before, after), several, strict=True)]
    raw = [name for name in sides[0].columns if name.startswith("raw ")]
    means = [name for name in sides[0].columns if name.startswith("value ")]
    equal, sides = _in_turn(sides, ["key", *raw], [])
    step()
    # A cell that cannot be read is equal to nothing.
    unreadable = [side.filter(pl.any_horizontal(pl.col(name).is_null() for name in means)) for side in sides]
    readable = [side.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in means)) for side in sides]
    same, readable = _in_turn(readable, ["key", *means], [*raw, "place"])
    step()
    left = [pl.concat(pair).sort("key", *raw, "place") for pair in zip(readable, unreadable, strict=True)]
    both = left[0].select("key").unique().join(left[1].select("key").unique(), on="key")
    alone = [side.join(both, on="key", how="anti") for side in left]
    leftover = [side.join(both, on="key", how="semi", maintain_order="left") for side in left]
    paired, greedy = _best(leftover, means, step)
    return pl.concat(
        [
            equal,
            same,
            alone[0].select("key", pl.col("place").alias("before"), pl.lit(None, pl.UInt32).alias("after")),
            alone[1].select("key", pl.lit(None, pl.UInt32).alias("before"), pl.col("place").alias("after")),
            paired,
        ]
    ), greedy


def _with_content(export: Export, frame: pl.DataFrame, compared: list[Column]) -> pl.DataFrame:
    """key and place with the row's texts ("raw …") and its compared values ("value …", null where unreadable)."""
    places = frame["place"]
    columns = {f"raw {name}": export.cells[name].gather(places) for name in export.cells.columns}
    for column in compared:
        meaning = export.meanings.get(column.name)
        if meaning is None:
            columns[f"value {column.name}"] = columns[f"raw {column.name}"]
            continue
        values = pl.DataFrame({"value": meaning.values.gather(places)})
        if meaning.unreadable is not None:
            values = values.select(pl.when(~meaning.unreadable.gather(places)).then("value").alias("value"))
        columns[f"value {column.name}"] = values["value"]
    return frame.with_columns(series.alias(name) for name, series in columns.items())


def _in_turn(sides: list[pl.DataFrame], equal: list[str], order: list[str]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Pair the n-th row with the n-th among rows with the same `equal` columns, sorted by `order`; and what is left."""
    turn = pl.int_range(pl.len()).over(equal).alias("turn")
    counted = [(side.sort(order) if order else side).with_columns(turn) for side in sides]
    on = [*equal, "turn"]
    pairs = (
        counted[0]
        .select(*on, pl.col("place").alias("before"))
        .join(counted[1].select(*on, pl.col("place").alias("after")), on=on)
    )
    left = [
        side.drop("turn").join(pairs.select(pl.col(name).alias("place")), on="place", how="anti", maintain_order="left")
        for side, name in zip(counted, ("before", "after"), strict=True)
    ]
    return pairs.select(*SCHEMA), left


def _best(leftover: list[pl.DataFrame], means: list[str], step: Callable[[], None]) -> tuple[pl.DataFrame, int]:
    """The third step. Both frames are sorted by key and content, and hold the same keys."""
    rows: list[tuple[int, int | None, int | None]] = []
    greedy = 0
    groups = [groupby(side.select("key", "place", *means).iter_rows(), itemgetter(0)) for side in leftover]
    for (key, ours), (_, theirs) in zip(*groups, strict=True):
        sides = [[(row[1], row[2:]) for row in group] for group in (ours, theirs)]
        greedy += len(sides[0]) + len(sides[1]) > pairing.MOST
        pairs = pairing.pair(*([content for _, content in side] for side in sides))
        rows += [(key, sides[0][one][0], sides[1][two][0]) for one, two in pairs]
        paired = ({one for one, _ in pairs}, {two for _, two in pairs})
        rows += [(key, place, None) for at, (place, _) in enumerate(sides[0]) if at not in paired[0]]
        rows += [(key, None, place) for at, (place, _) in enumerate(sides[1]) if at not in paired[1]]
        step()
    return _lines(rows), greedy
