"""Keys as whole numbers that sort like the keys' texts: comparing and joining numbers is what makes a million rows fast."""

import polars as pl

from reconciliation.engine.columns import Export
from reconciliation.rules.types import Column, Kind, Type

TOO_MANY = 2**63


def key_values(export: Export, name: str) -> pl.Series:
    """The normalized key cells of a column."""
    meaning = export.meanings.get(name)
    return meaning.values if meaning else export.cells[name]


def is_readable(export: Export, kind: Type) -> pl.Series:
    """True for the rows that hold a record, whose key can be read and whose cells stand under their headers."""
    mask = pl.repeat(True, export.height, dtype=pl.Boolean, eager=True)
    for column in kind.key:
        meaning = export.meanings.get(column.name)
        if meaning is not None and meaning.unreadable is not None:
            mask = mask & ~meaning.unreadable
    if export.totals:
        mask = mask & ~export.rows.is_in(export.totals)
    if export.sheet.long:
        mask = mask & ~export.rows.is_in(list(export.sheet.long))
    return mask


def numbered(kind: Type, exports: list[Export], taking_part: list[pl.Series]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """For both files the rows that take part, in line order: `place` among the cells, and the number of the `key`."""
    values = [
        pl.DataFrame({column.name: key_values(export, column.name).filter(mask) for column in kind.key})
        for export, mask in zip(exports, taking_part, strict=True)
    ]
    first, second = (
        pl.DataFrame({"key": key, "place": mask.arg_true().cast(pl.UInt32)})
        for key, mask in zip(numbers(kind, *values), taking_part, strict=True)
    )
    return first, second


def numbers(kind: Type, before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """A number for each row of both frames, which hold the normalized key columns of usable rows.

    Equal keys have equal numbers, and a smaller key (column by column, by code point) has a smaller one.
    """
    both = pl.concat(
        [before.select(column.name for column in kind.key), after.select(column.name for column in kind.key)]
    )
    result, size = pl.repeat(0, both.height, dtype=pl.UInt64, eager=True), 1
    for column in kind.key:
        ranks, count = _ranks(both[column.name], column)
        if size * count >= TOO_MANY:
            result = result.rank("dense").cast(pl.UInt64) - 1
            size = both.height
        result, size = result * count + ranks, size * count
    return result.head(before.height), result.tail(after.height)


def _ranks(values: pl.Series, column: Column) -> tuple[pl.Series, int]:
    if column.kind is Kind.ASN:
        digits = values.str.slice(0, 4) + values.str.slice(5, 4) + values.str.slice(10, 1)
        return digits.cast(pl.UInt64), 10**9
    texts = values.unique().sort()
    looked_up = pl.DataFrame({"text": texts, "rank": pl.int_range(texts.len(), dtype=pl.UInt64, eager=True)})
    ranks = pl.DataFrame({"text": values}).join(looked_up, on="text", how="left", maintain_order="left")
    return ranks["rank"], max(texts.len(), 1)
