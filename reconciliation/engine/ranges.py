"""Row numbers as people write them."""

import re
from collections.abc import Iterable

import polars as pl

RANGES = 6  # that are named; the others are counted


def ranges(rows: pl.Series) -> str:
    """ "2-413, 420, 511-520" of ascending row numbers; after a few ranges only how many rows there are more."""
    begins = rows - rows.shift(1) != 1
    starts = rows.filter(begins.fill_null(True))
    ends = rows.filter(begins.shift(-1).fill_null(True))
    named = [
        str(start) if start == end else f"{start}-{end}"
        for start, end in zip(starts.head(RANGES).to_list(), ends.head(RANGES).to_list(), strict=True)
    ]
    if starts.len() > RANGES:
        named.append(f"… {ends[-1]}")
    return ", ".join(named)


def ranges_of(numbers: list[int]) -> str:
    return ranges(pl.Series(numbers, dtype=pl.UInt32))


def letters_of(columns: Iterable[tuple[int, int]], last: int) -> tuple[int, str]:
    """How many columns, counted from 1, lie in the spans up to the last one, and "C, F-H" as a spreadsheet calls them."""
    numbers = sorted({number for start, end in columns for number in range(start, min(end, last) + 1)})
    return len(numbers), re.sub(r"\d+", lambda match: _letters(int(match[0])), ranges_of(numbers)) if numbers else ""


def _letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
