"""The lines of result.csv for a piece of the matched rows: texts, differences and marks, column by column."""

from dataclasses import dataclass, field

import polars as pl

from operations.rules.formulas import IS_FINE, LOOKS_DANGEROUS, MARK, harmless
from reconciliation.engine.columns import Export
from reconciliation.engine.keys import key_values
from reconciliation.rules.statuses import ADDED, DIFFERENT, MATCH_STATUS, MISSING, PERFECT, STATUSES
from reconciliation.rules.types import Column, Kind, Type

BEFORE_ROW, AFTER_ROW, DIFFERENCES, REPAIRED = "Before Row", "After Row", "Differences", "Repaired"
BETWEEN = "; "


@dataclass
class Counts:
    """What the lines so far hold. `different_in` counts, by column, the pairs that differ there."""

    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    repaired: int = 0
    equal_after_normalising: int = 0
    different_in: dict[str, int] = field(default_factory=dict)


class Lines:
    """Builds lines from places in the two exports. Column names are those of result.csv, which are all different.

    A required column cannot be called as one of the first three columns; an extra one has its " (before)" behind it.
    """

    def __init__(self, kind: Type, compared: list[Column], before: Export, after: Export) -> None:
        self.kind, self.compared = kind, compared
        self.before, self.after = before, after
        self.header = [
            MATCH_STATUS,
            BEFORE_ROW,
            AFTER_ROW,
            *(column.name for column in kind.key),
            *(f"{harmless(column.name)} ({side})" for column in compared for side in ("before", "after")),
            DIFFERENCES,
            REPAIRED,
        ]
        self._dangerous = {
            (export.side, column.name): _is_dangerous(export.cells[column.name], column, export)
            for export in (before, after)
            for column in compared
        }
        self._dangerous_key = {
            column.name: any(_is_dangerous(key_values(one, column.name), column, one) for one in (before, after))
            for column in kind.key
        }

    def build(self, places: pl.DataFrame, counts: Counts) -> pl.DataFrame:
        """`places` has `before` and `after`; the lines come in the same order, all texts, none null."""
        sides = ((self.before, places["before"]), (self.after, places["after"]))
        here = [at.is_not_null() for _, at in sides]
        both = here[0] & here[1]
        texts = {
            (export.side, name): export.cells[name].gather(at) for export, at in sides for name in export.cells.columns
        }
        columns: dict[str, pl.Series] = {}
        for column in self.kind.key:
            first, second = (key_values(export, column.name).gather(at) for export, at in sides)
            key = pl.select(pl.coalesce(first, second)).to_series()
            columns[column.name] = _harmless(key, self._dangerous_key[column.name])
            counts.equal_after_normalising += int(
                (both & (texts["before", column.name] != texts["after", column.name])).sum()
            )
        differing: list[tuple[str, pl.Series]] = []
        for column in self.compared:
            first, second = texts["before", column.name], texts["after", column.name]
            differs = self._differs(column.name, first, second, sides, both, counts)
            if differs is not None:
                differing.append((harmless(column.name), differs))
                counts.different_in[column.name] = counts.different_in.get(column.name, 0) + int(differs.sum())
            for side, series in (("before", first), ("after", second)):
                text = _harmless(series, self._dangerous[side, column.name])
                columns[f"{harmless(column.name)} ({side})"] = text.fill_null("")
        repaired = self._repaired(sides, counts)
        differences = _joined(differing, places.height)
        status = _status(here, differences)
        for name, count in status.value_counts(name="n").iter_rows():
            counts.statuses[name] += count
        return pl.DataFrame(
            [
                status.alias(MATCH_STATUS),
                *(
                    export.rows.gather(at).cast(pl.String).fill_null("").alias(name)
                    for name, (export, at) in zip((BEFORE_ROW, AFTER_ROW), sides, strict=True)
                ),
                *(series.alias(name) for name, series in columns.items()),
                differences.alias(DIFFERENCES),
                _joined(repaired, places.height).alias(REPAIRED),
            ]
        )

    def _differs(
        self,
        name: str,
        first: pl.Series,
        second: pl.Series,
        sides: tuple[tuple[Export, pl.Series], ...],
        both: pl.Series,
        counts: Counts,
    ) -> pl.Series | None:
        """True where the pair's cells have not the same value; None if that is nowhere."""
        unequal = both & (first != second).fill_null(False)
        meanings = [export.meanings.get(name) for export, _ in sides]
        if any(meanings):
            values = [
                meaning.values.gather(at) if meaning else texts
                for meaning, texts, (_, at) in zip(meanings, (first, second), sides, strict=True)
            ]
            differs = both & (values[0] != values[1]).fill_null(False)
            for meaning, (_, at) in zip(meanings, sides, strict=True):
                if meaning and meaning.unreadable is not None:
                    differs = differs | (both & meaning.unreadable.gather(at).fill_null(False))
            counts.equal_after_normalising += int((unequal & ~differs).sum())
            unequal = differs
        return unequal if unequal.any() else None

    def _repaired(self, sides: tuple[tuple[Export, pl.Series], ...], counts: Counts) -> list[tuple[str, pl.Series]]:
        marks = []
        for column in (*self.kind.key, *self.compared):
            for export, at in sides:
                meaning = export.meanings.get(column.name)
                if meaning and meaning.foreign is not None:
                    mask = meaning.foreign.gather(at).fill_null(False)
                    if mask.any():
                        marks.append((f"{harmless(column.name)} ({export.side})", mask))
                        counts.repaired += int(mask.sum())
        return marks


def _is_dangerous(texts: pl.Series, column: Column, export: Export) -> bool:
    """Whether any text could have to be made harmless."""
    if column.kind is not Kind.TEXT and column.name in export.natural:
        return False
    return bool(texts.str.contains(LOOKS_DANGEROUS).any())


def _harmless(texts: pl.Series, is_dangerous: bool) -> pl.Series:
    if not is_dangerous:
        return texts
    text = pl.col("text")
    dangerous = text.str.contains(LOOKS_DANGEROUS) & ~text.str.contains(IS_FINE)
    return (
        pl.DataFrame({"text": texts}).select(pl.when(dangerous).then(pl.lit(MARK) + text).otherwise(text)).to_series()
    )


def _joined(marks: list[tuple[str, pl.Series]], height: int) -> pl.Series:
    """For each line the names whose mark is set, joined."""
    if not marks:
        return pl.repeat("", height, dtype=pl.String, eager=True)
    frame = pl.DataFrame([series.alias(str(place)) for place, (_, series) in enumerate(marks)])
    names = [pl.when(pl.col(str(place))).then(pl.lit(name)) for place, (name, _) in enumerate(marks)]
    # Few lines are marked, or few combinations occur: each combination is written once.
    combinations = frame.unique()
    if combinations.height * 4 < frame.height:
        texts = combinations.with_columns(pl.concat_str(names, separator=BETWEEN, ignore_nulls=True).alias("text"))
        return frame.join(texts, on=frame.columns, how="left", maintain_order="left")["text"]
    return frame.select(pl.concat_str(names, separator=BETWEEN, ignore_nulls=True)).to_series()


def _status(here: list[pl.Series], differences: pl.Series) -> pl.Series:
    return pl.select(
        pl.when(~pl.lit(here[1]))
        .then(pl.lit(MISSING))
        .when(~pl.lit(here[0]))
        .then(pl.lit(ADDED))
        .when(pl.lit(differences) != "")
        .then(pl.lit(DIFFERENT))
        .otherwise(pl.lit(PERFECT))
    ).to_series()
