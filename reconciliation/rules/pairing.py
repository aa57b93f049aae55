"""Pairs the leftover rows of one key so that as few fields as possible differ.

Rows come in the order of their content; a row is the tuple of its compared values, None where a cell cannot be read (which
differs from everything). Where several pairings are equally good, the first row takes the earliest partner that any best
pairing gives it, then the second row, and so on: so the result hangs on the rows' contents and not on their places in a file.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

Row = Sequence[Hashable | None]
Pairs = list[tuple[int, int]]

MOST = 300  # leftover rows of one key, both files together, up to which the best pairing is sought


def differences(first: Row, second: Row) -> int:
    return sum(one is None or one != two for one, two in zip(first, second, strict=True))


def pair(before: Sequence[Row], after: Sequence[Row]) -> Pairs:
    """Places in `before` and `after` that belong together, as many as the shorter side has."""
    if len(before) + len(after) > MOST:
        return greedy(before, after)
    if len(before) == 1 == len(after):
        return [(0, 0)]
    return best([[differences(one, two) for two in after] for one in before])


def best(costs: Sequence[Sequence[int]]) -> Pairs:
    """The pairing with the smallest sum of costs (rows and columns both at least one)."""
    height, width = len(costs), len(costs[0])
    size = max(height, width)
    # Rows and columns that stand for "no partner" cost the same everywhere, so they decide nothing.
    square = [[*row, *[0] * (size - width)] for row in costs] + [[0] * size for _ in range(size - height)]
    partner, of_row, of_column = _assign(square)
    tight = [
        [column for column in range(size) if square[row][column] == of_row[row] + of_column[column]]
        for row in range(size)
    ]
    _earliest(partner, tight)
    return [(row, partner[row]) for row in range(height) if partner[row] < width]


def _assign(costs: list[list[int]]) -> tuple[list[int], list[int], list[int]]:
    """A best assignment of a square table with its prices: cost ≥ row price + column price, equal where assigned.

    Rows enter one by one; each finds its column by the cheapest way of moving others aside (Kuhn and Munkres; Dijkstra over
    reduced costs).
    """
    size = len(costs)
    of_row, of_column = [0] * size, [0] * size
    owner = [-1] * size  # of a column
    for entering in range(size):
        cheapest = [costs[entering][column] - of_row[entering] - of_column[column] for column in range(size)]
        came_from = [entering] * size
        fixed: list[int] = []
        open_columns = set(range(size))
        while True:
            column = min(open_columns, key=lambda place: (cheapest[place], place))
            open_columns.discard(column)
            fixed.append(column)
            row = owner[column]
            if row < 0:
                break
            base, prices = cheapest[column] - of_row[row], costs[row]
            for other in open_columns:
                price = base + prices[other] - of_column[other]
                if price < cheapest[other]:
                    cheapest[other], came_from[other] = price, row
        length = cheapest[column]
        of_row[entering] += length
        for other in fixed:
            gain = length - cheapest[other]
            of_column[other] -= gain
            if owner[other] >= 0:
                of_row[owner[other]] += gain
        _hand_on(owner, came_from, column, entering)
    partner = [0] * size
    for column, row in enumerate(owner):
        partner[row] = column
    return partner, of_row, of_column


def _hand_on(owner: list[int], came_from: list[int], column: int, entering: int) -> None:
    """Give the free column to the row that reached it, that row's former column to the one before, up to the new row."""
    held = {row: place for place, row in enumerate(owner) if row >= 0}
    while True:
        row = came_from[column]
        owner[column] = row
        if row == entering:
            return
        column = held[row]


def _earliest(partner: list[int], tight: list[list[int]]) -> None:
    """Change a best assignment into the best one in which row 0 has the smallest column, then row 1, and so on.

    Every best assignment lies on tight cells only. Row by row: which later rows could pass their column on, in a chain that
    ends at this row's own column? Of their columns the smallest is taken.
    """
    size = len(partner)
    rows_of: list[list[int]] = [[] for _ in range(size)]
    for row, columns in enumerate(tight):
        for column in columns:
            rows_of[column].append(row)
    for row in range(size):
        smaller = [column for column in tight[row] if column < partner[row]]
        if not smaller:
            continue
        passes_to: dict[int, int] = {}  # row -> the column that it takes when it gives its own away
        waiting = [partner[row]]
        while waiting:
            column = waiting.pop()
            for other in rows_of[column]:
                if other > row and other not in passes_to and partner[other] != column:
                    passes_to[other] = column
                    waiting.append(partner[other])
        owner = {partner[other]: other for other in passes_to}
        column = next((column for column in smaller if column in owner), -1)
        if column < 0:
            continue
        free, taker = partner[row], owner[column]
        partner[row] = column
        while True:
            taken = passes_to[taker]
            follower = owner.get(taken)
            partner[taker] = taken
            if taken == free or follower is None:
                break
            taker = follower


def greedy(before: Sequence[Row], after: Sequence[Row]) -> Pairs:
    """A quick pairing for very many rows: first those that differ in one column alone, column by column, then in order."""
    waiting, free = list(range(len(before))), list(range(len(after)))
    pairs: Pairs = []
    for column in range(len(before[0])):
        offers: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
        for place in reversed(free):
            offers[_without(after[place], column)].append(place)
        taken, left = set(), []
        for place in waiting:
            rest = _without(before[place], column)
            if None not in rest and offers.get(rest):
                partner = offers[rest].pop()
                taken.add(partner)
                pairs.append((place, partner))
            else:
                left.append(place)
        waiting, free = left, [place for place in free if place not in taken]
    return [*pairs, *zip(waiting, free, strict=False)]


def _without(row: Row, column: int) -> tuple[Hashable | None, ...]:
    return (*row[:column], *row[column + 1 :])
